//! What goes, what stays, and that it ends there.

use super::*;

fn redacted(text: &str) -> String {
    let home = Path::new("/home/ann");
    let once = redact(text, home);
    assert_eq!(redact(&once, home), once, "a second time changes {text:?}");
    once
}

#[test]
fn secrets_go() {
    let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl";
    let table = [
        ("API_KEY=abc123", "API_KEY=[redacted]"),
        (
            "export DB_PASSWORD='a b c' PORT=1",
            "export DB_PASSWORD='[redacted]' PORT=1",
        ),
        ("TOKEN=\"a\\\"b\" x", "TOKEN=\"[redacted]\" x"),
        ("TOKEN = abc", "TOKEN = [redacted]"),
        ("TOKEN='unclosed abc\nnext", "TOKEN='[redacted]\nnext"),
        (
            r#"{"apiKey": "abc", "port": 1}"#,
            r#"{"apiKey": "[redacted]", "port": 1}"#,
        ),
        (
            r#"{\"token\":\"abc\",\"a\":1}"#,
            r#"{\"token\":\"[redacted]\",\"a\":1}"#,
        ),
        (
            "{ password: 'abc', a: 1 }",
            "{ password: '[redacted]', a: 1 }",
        ),
        ("  password: hunter2", "  password: [redacted]"),
        ("client_secret: abc", "client_secret: [redacted]"),
        ("Authorization: Bearer abc.def", "Authorization: [redacted]"),
        (
            "-H 'Authorization: Basic dTpw' x",
            "-H 'Authorization: [redacted]' x",
        ),
        (
            "> Cookie: a=b; c=d\n> Host: x",
            "> Cookie: [redacted]\n> Host: x",
        ),
        ("AUTH=Bearer abc def", "AUTH=[redacted] def"),
        ("sent Bearer abcdef123456", "sent Bearer [redacted]"),
        (
            "mysql --password hunter2 -u x",
            "mysql --password [redacted] -u x",
        ),
        ("mysql --password=hunter2", "mysql --password=[redacted]"),
        (
            "//r.example/:_authToken=abc",
            "//r.example/:_authToken=[redacted]",
        ),
        (
            "process.env['SECRET'] = 'abc'",
            "process.env['SECRET'] = '[redacted]'",
        ),
        ("npm_0123456789abcdefghijABCDEFGHIJ012345", "[redacted]"),
        ("(ghp_0123456789abcdefABCD)", "([redacted])"),
        ("a,AKIAIOSFODNN7EXAMPLE,b", "a,[redacted],b"),
        ("sk-proj-0123456789abcdefghij", "[redacted]"),
        (jwt, "[redacted]"),
        ("https://ann:pa@ss@host/x", "https://[redacted]@host/x"),
        ("https://ann:pa/ss@host/x", "https://[redacted]@host/x"),
        ("https://ghtoken@host/x", "https://[redacted]@host/x"),
        (
            "postgres://u:p@db:5432/n?x=1",
            "postgres://[redacted]@db:5432/n?x=1",
        ),
        (
            "http://h/?access_token=a&b=c#key=d",
            "http://h/?access_token=[redacted]&b=c#key=[redacted]",
        ),
        ("TOK\u{1b}[32mEN=abc\u{1b}[0mdef", "TOKEN=[redacted]"),
        (
            "a -----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY----- b",
            "a [redacted] b",
        ),
        ("-----BEGIN PRIVATE KEY-----\nMII (cut off)", "[redacted]"),
        ("Your password: hunter2", "Your password: [redacted]"),
        ("  The token: 3f9a5c0e1b7d2468", "  The token: [redacted]"),
        (
            "http://h/cb?code=4/0AX4XfWh&page=3#ticket=ST-1",
            "http://h/cb?code=[redacted]&page=3#ticket=[redacted]",
        ),
        ("PHPSESSID=abc; a=b", "PHPSESSID=[redacted] a=b"),
        (
            "to https://hooks.slack.com/services/T0/B0/x now",
            "to https://hooks.slack.com/services/[redacted] now",
        ),
        (
            "http://localhost:5173/@fs/home/ann/shop/a.js",
            "http://localhost:5173/@fs~/shop/a.js",
        ),
        ("at /home/ann/shop/a.js", "at ~/shop/a.js"),
        ("file:///home/ann/x /home/ann", "file://~/x ~"),
    ];
    for (text, expected) in table {
        assert_eq!(redacted(text), expected);
    }
}

#[test]
fn the_rest_stays() {
    for text in [
        "",
        "  VITE v8.0.1  ready in 412 ms\n  ➜  Local:   http://localhost:5173/",
        "SyntaxError: Unexpected token: } in JSON at position 3",
        "Unexpected token: identifier; exit code=4, code: 'ENOENT'",
        "Error: listen EADDRINUSE: address already in use 127.0.0.1:5173",
        "npm_config_manage_package_manager_versions=false npm_lifecycle_event=dev",
        "bearer of news, Basic configuration",
        "PORT=5173 NODE_ENV=development",
        "/home/anna/x /home/ann-b/x /home/ann.old/x /mnt/home/ann/x",
        "http://[::1]:5173/@vite/client",
        "http://localhost:5173/@fs/a.js",
        "https://example.com/a@b",
        "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----",
        "ssh-agent sk-learn AKIA eyJ ghp_short",
        "größe=1 ключ=2 🔑=3",
    ] {
        assert_eq!(redacted(text), text);
    }
}

#[test]
fn windows_homes_are_found_in_each_spelling() {
    let home = Path::new(r"C:\Users\Ann Lee");
    for (text, expected) in [
        (r"C:\Users\Ann Lee\shop", r"~\shop"),
        (r#""C:\\Users\\Ann Lee\\shop""#, r#""~\\shop""#),
        ("file:///C:/Users/Ann%20Lee/shop", "file:///~/shop"),
        ("C:/Users/Ann Lee/shop", "~/shop"),
    ] {
        assert_eq!(redact(text, home), expected);
    }
}

#[test]
fn a_hostile_text_takes_no_hostile_time() {
    for piece in [
        "://",
        "://a:b",
        "eyJ-",
        "key:",
        "-----BEGIN ",
        "TOKEN=\"",
        "/home/ann",
        "\u{1b}[",
    ] {
        let begun = std::time::Instant::now();
        redacted(&piece.repeat(10_000));
        assert!(
            begun.elapsed().as_secs() < 20,
            "{piece}: {:?}",
            begun.elapsed()
        );
    }
}

#[test]
fn no_home_is_no_home() {
    for home in ["", "/", "C:\\"] {
        assert_eq!(redact("/usr/bin C:\\x", Path::new(home)), "/usr/bin C:\\x");
    }
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config {
        failure_persistence: None,
        ..Default::default()
    })]

    /// Pieces that mean something to some rule, in any order, find more than random characters do.
    #[test]
    fn any_text_is_done_after_once(pieces in proptest::collection::vec(piece(), 0..24)) {
        redacted(&pieces.concat());
    }

    #[test]
    fn a_secret_never_survives(
        before in proptest::collection::vec(piece(), 0..8),
        after in proptest::collection::vec(piece(), 0..8),
    ) {
        let text = format!("{}\nAPI_TOKEN=hunter2hunter2\n{}", before.concat(), after.concat());
        proptest::prop_assert!(!redacted(&text).contains("hunter2"));
    }
}

fn piece() -> impl proptest::strategy::Strategy<Value = String> {
    use proptest::prelude::*;
    let known = [
        "TOKEN",
        "password",
        "Authorization",
        "Cookie",
        "Bearer",
        "Basic",
        "--token",
        "_authToken",
        "=",
        ":",
        ": ",
        " ",
        "\n",
        "\"",
        "'",
        "\\",
        "`",
        "{",
        "}",
        "&",
        "?",
        "#",
        "@",
        "/",
        "://",
        "https://u:p@h",
        "[redacted]",
        "[",
        "]",
        ",",
        "-----BEGIN ",
        "PRIVATE KEY-----",
        "-----END PRIVATE KEY-----",
        "eyJhbGciOiJIUzI1NiJ9",
        ".",
        "ghp_0123456789abcdefgh",
        "npm_",
        "AKIAIOSFODNN7EXAMPLE",
        "/home/ann",
        "~",
        "\u{1b}[31m",
        "\u{1b}",
        "\u{9b}",
        "\u{1b}]0;t",
        "é",
        "🔑",
        "\0",
        "\t",
        "\r\n",
        "a1b2c3d4",
    ];
    prop_oneof![
        4 => proptest::sample::select(known.to_vec()).prop_map(str::to_owned),
        1 => any::<String>(),
    ]
}
