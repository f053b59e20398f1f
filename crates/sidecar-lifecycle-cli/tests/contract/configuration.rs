//! `--config FILE`.

use std::fs;
use std::process::Command;

use fake_host::testing::{Setup, fake_sidecar};
use serde_json::json;

use crate::support::{SIDECAR, args, code, printed, run, shell};

fn write(setup: &Setup, text: &str) -> String {
    let path = setup.path("sidecar.json");
    fs::write(&path, text).expect("written");
    path.display().to_string()
}

#[test]
fn a_file_says_all_that_flags_say() {
    let setup = Setup::new();
    let family = setup.family("pids");
    let config = json!({
        "$schema": "./sidecar.schema.json",
        "command": [fake_sidecar(), "--pidfile", family.file(), "--max-life", "3m", "--port", "{port}"],
        "name": "shop", "cwd": ".", "port": "auto", "portEnv": "NOT_PORT", "http": "/",
        "readyTimeout": "30s", "liveness": "1m", "grace": "300ms", "restart": "on-failure",
        "maxRestarts": 2, "backoff": "10ms", "log": "server.log", "loginEnv": false,
    });
    let file = write(&setup, &config.to_string());
    let mut host = run(&setup, &format!("--json --config {file}"), vec![]);
    let ready = host.next("ready");
    assert_eq!(ready["sidecar"], "shop");
    host.signal(libc::SIGTERM);
    assert_eq!(code(&mut host), 0);
    assert!(
        setup.path("server.log").exists(),
        "a path counts from the file's folder"
    );
}

#[test]
fn flags_win() {
    let setup = Setup::new();
    let config = r#"{"command": ["false"], "name": "file", "port": 1, "http": "/"}"#;
    let file = write(&setup, config);
    let flags = format!(
        "--json --json-log --config {file} --name flag --port auto --tcp --ready-timeout 10s"
    );
    let family = setup.family("pids");
    let mut host = run(&setup, &flags, crate::support::server(&family, ""));
    let ready = host.next("ready");
    assert_eq!(ready["sidecar"], "flag");
    assert!(ready["url"].is_null(), "the check is the flag's: {ready}");
    host.signal(libc::SIGTERM);
    assert_eq!(code(&mut host), 0);
    assert!(!printed(&host).is_empty());
}

#[test]
fn errors_name_the_key_and_the_line() {
    let setup = Setup::new();
    for (text, parts) in [
        ("{\n  \"prot\": 5173\n}", &["line 2", "`prot`"][..]),
        ("{\n\n  \"port\": \"many\"\n}", &["line 3", "`port`"]),
        ("{\"port\": 0}", &["line 1", "`port`"]),
        ("{\n  \"grace\": 5\n}", &["line 2", "`grace`"]),
        (
            "{\n  \"grace\": \"5 parsecs\"\n}",
            &["line 2", "`grace`", "250ms"],
        ),
        (
            "{\n  \"command\": \"pnpm dev\"\n}",
            &["line 2", "`command`"],
        ),
        (
            "{\n  \"restart\": \"sometimes\"\n}",
            &["line 2", "`restart`", "on-failure"],
        ),
        ("{\n  \"http\": \"/\",\n", &["line 3"]),
        ("[]", &["object"]),
        ("{\"http\": \"/\", \"tcp\": true}", &["http", "tcp"]),
        ("{} {}", &["line 1"]),
    ] {
        let file = write(&setup, text);
        let words = args(&format!("--config {file}"), shell("exit 0"));
        let output = Command::new(SIDECAR).args(words).output().expect("it runs");
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{text}");
        for part in parts.iter().chain(&["sidecar.json"]) {
            assert!(told.contains(part), "`{part}` is not in: {told}");
        }
    }
}

#[test]
fn a_file_without_a_command_needs_one_behind_the_flags() {
    let setup = Setup::new();
    let file = write(&setup, r#"{"name": "web"}"#);
    let flags = format!("--json --config {file}");
    assert_eq!(run(&setup, &flags, vec![]).end().code(), Some(2));
    assert_eq!(code(&mut run(&setup, &flags, shell("exit 0"))), 0);
}
