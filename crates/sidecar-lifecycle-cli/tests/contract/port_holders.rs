//! `sidecar port` about holders of each kind.

use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use fake_host::testing::{Setup, fake_sidecar, free_port};
use serde_json::{Value, json};

use crate::port::free_addresses;
use crate::support::ask;

/// A server that no engine has started, in a folder.
struct Stranger(Child, u16);

impl Stranger {
    fn start(setup: &Setup, folder: &Path) -> Stranger {
        let (port, family) = (free_port(), setup.family("stranger"));
        let mut command = Command::new(fake_sidecar());
        command.args(["--max-life", "3m", "--port", &port.to_string(), "--pidfile"]);
        command
            .arg(family.file())
            .current_dir(folder)
            .stdout(Stdio::null());
        let child = command.spawn().expect("it starts");
        let up = || TcpStream::connect(("127.0.0.1", port)).is_ok();
        fake_host::testing::eventually("it listens", up);
        Stranger(child, port)
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        // It may have ended; then there is nothing to end or to wait for.
        let _ = self.0.kill().and_then(|()| self.0.wait());
    }
}

#[test]
fn a_stranger_is_told_from_the_same_project_by_the_folder() {
    let setup = Setup::new();
    let (project, elsewhere) = (setup.path("project"), setup.path("elsewhere"));
    let below = project.join("packages/web");
    std::fs::create_dir_all(&below).expect("made");
    std::fs::create_dir_all(&elsewhere).expect("made");
    let stranger = Stranger::start(&setup, &below);
    let port = stranger.1.to_string();
    let asked_in =
        |folder: &Path| ask(folder, &["port", &port, "--json"]).json()["holders"][0].clone();
    let same = asked_in(&project);
    assert_eq!(
        (&same["kind"], &same["sidecar"]),
        (&json!("same_project"), &Value::Null)
    );
    assert_eq!(same["pid"], stranger.0.id());
    let other = asked_in(&elsewhere);
    assert_eq!(other["kind"], "stranger");
    let real = below.canonicalize().expect("it exists");
    assert_eq!(other["cwd"], real.to_string_lossy().as_ref());
    let text = ask(&elsewhere, &["port", &port]).stdout;
    for words in [
        format!("port {port} is held by "),
        format!("pid {}, user ", stranger.0.id()),
        format!("in {}\n", real.display()),
        "started ".into(),
        "a stranger: no sidecar, and not from this folder\n".into(),
    ] {
        assert!(text.contains(&words), "{words}: {text}");
    }
}

#[test]
fn who_is_only_connected_is_no_holder() {
    let server = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = server.local_addr().expect("bound");
    let client = TcpStream::connect(address).expect("connected");
    let (served, _) = server.accept().expect("accepted");
    let port = address.port().to_string();
    let held = ask(Path::new("/"), &["port", &port, "--json"]).json();
    assert_eq!(held["holders"].as_array().map(Vec::len), Some(1));
    assert_eq!(held["holders"][0]["pid"], std::process::id());
    let client_port = client.local_addr().expect("connected").port().to_string();
    let answer = ask(Path::new("/"), &["port", &client_port, "--json"]).json();
    assert_eq!(
        answer["holders"],
        json!([]),
        "an ephemeral port has no listener"
    );
    drop((client, served));
}

#[test]
fn who_listens_on_ipv6_alone_is_seen_and_hinders_nobody_on_ipv4() {
    let server = TcpListener::bind("[::1]:0").expect("a port");
    let port = server.local_addr().expect("bound").port().to_string();
    let answer = ask(Path::new("/"), &["port", &port, "--json"]);
    assert_eq!(answer.code, 1, "a browser would meet it under localhost");
    let json = answer.json();
    assert_eq!(json["holders"][0]["addresses"], json!(["::1"]));
    // macOS gives a port's other addresses away beside a listener, `::` too: it compares them to
    // the letter.
    let free: &[&str] = if cfg!(target_os = "macos") {
        &["127.0.0.1", "0.0.0.0", "::"]
    } else {
        &["127.0.0.1", "0.0.0.0"]
    };
    assert_eq!(free_addresses(&json), free);
    let text = ask(Path::new("/"), &["port", &port]).stdout;
    assert!(text.contains("listens on ::1\n"), "{text}");
    let last = format!("still free on {}\n", free.join(", "));
    assert!(text.ends_with(&last), "{text}");
}

#[test]
fn one_process_on_two_addresses_is_one_holder() {
    let four = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = four.local_addr().expect("bound").port();
    let six = TcpListener::bind(("::1", port)).expect("the same port");
    let answer = ask(Path::new("/"), &["port", &port.to_string(), "--json"]).json();
    assert_eq!(
        answer["holders"].as_array().map(Vec::len),
        Some(1),
        "{answer}"
    );
    assert_eq!(
        answer["holders"][0]["addresses"],
        json!(["127.0.0.1", "::1"])
    );
    drop((four, six));
}

#[cfg(target_os = "linux")]
#[test]
fn a_port_that_is_bound_without_a_listener_has_no_holder_and_is_not_free() {
    use std::net::{Ipv4Addr, SocketAddr};

    use socket2::{Domain, Socket, Type};

    // The system names the port: a plain bind, which keeps probes out, also takes offence at the
    // closed connections of servers that have had a port lately.
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    let any: SocketAddr = (Ipv4Addr::LOCALHOST, 0).into();
    socket.bind(&any.into()).expect("a port");
    let bound = socket.local_addr().ok().and_then(|it| it.as_socket());
    let port = bound.expect("an address").port();
    let answer = ask(Path::new("/"), &["port", &port.to_string()]);
    assert_eq!(answer.code, 1);
    let words = format!("port {port} cannot be had, and nobody is seen to listen on it\n");
    assert!(answer.stdout.starts_with(&words), "{}", answer.stdout);
    drop(socket);
}

/// Only root can become another user; elsewhere there is nobody to play that part.
#[cfg(target_os = "linux")]
#[test]
fn another_users_process_is_not_guessed() {
    use std::os::unix::fs::PermissionsExt as _;

    use crate::support::{Answer, SIDECAR};

    // SAFETY: it has no failure and no argument.
    if unsafe { libc::geteuid() } != 0 {
        return;
    }
    let setup = Setup::new();
    let readable = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(setup.folder(), readable.clone()).expect("ours");
    let program = setup.path("sidecar");
    std::fs::copy(SIDECAR, &program).expect("copied");
    std::fs::set_permissions(&program, readable).expect("ours");
    let server = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = server.local_addr().expect("bound").port().to_string();
    let as_nobody = |args: &[&str]| {
        let mut command = Command::new("setpriv");
        command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups"]);
        Answer::of(command.arg(&program).args(args).current_dir("/"))
    };
    let answer = as_nobody(&["port", &port, "--json"]);
    assert_eq!(answer.code, 1, "{}", answer.stderr);
    let holder = &answer.json()["holders"][0];
    for key in ["pid", "command", "cwd", "started", "sidecar"] {
        assert_eq!(holder[key], Value::Null, "{key}");
    }
    assert_eq!(
        (&holder["uid"], &holder["user"]),
        (&json!(0), &json!("root"))
    );
    assert_eq!(holder["kind"], "stranger");
    let text = as_nobody(&["port", &port]).stdout;
    let words = format!("port {port} is held by another user's process\n  user root\n");
    assert!(text.starts_with(&words), "{text}");
    let none = as_nobody(&["ps"]);
    assert_eq!(
        (none.code, none.stdout.as_str()),
        (0, "No sidecars are running.\n")
    );
}
