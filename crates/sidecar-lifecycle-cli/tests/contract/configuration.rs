//! `--config FILE` with one sidecar in it.

use std::fs;
use std::process::Command;

use fake_host::testing::{Setup, fake_sidecar};
use serde_json::json;

use crate::support::{SIDECAR, args, code, printed, run, shell, stop};

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
        "program": fake_sidecar(),
        "args": ["--pidfile", family.file(), "--max-life", "3m", "--port", "{port}"],
        "cwd": ".", "port": "auto", "portVariable": "NOT_PORT", "healthCheck": "/",
        "readyTimeout": "30s", "liveness": "1m", "gracefulShutdownTimeout": "300ms",
        "restart": "on-failure", "maxRestartAttempts": 2, "restartBackoff": "10ms",
        "logFile": "server.log",
    });
    let file = write(&setup, &config.to_string());
    let mut host = run(&setup, &format!("--json --config {file}"), vec![]);
    let ready = host.next("ready");
    assert_eq!(
        ready["sidecar"], "fake-sidecar",
        "it is called as its program"
    );
    assert!(!ready["url"].is_null());
    stop(&mut host);
    assert!(
        setup.path("server.log").exists(),
        "a path counts from the file's folder"
    );
}

#[test]
fn flags_win() {
    let setup = Setup::new();
    let config = r#"{"name": "false", "port": 1, "healthCheck": "/", "readyTimeout": "1ms"}"#;
    let file = write(&setup, config);
    let flags = format!(
        "--json --json-log --config {file} --name flag --port auto --tcp --ready-timeout 10s"
    );
    let family = setup.family("pids");
    let mut host = run(&setup, &flags, crate::support::server(&family, ""));
    let ready = host.next("ready");
    assert_eq!(ready["sidecar"], "flag");
    assert!(ready["url"].is_null(), "the check is the flag's: {ready}");
    host.wait_for("log"); // On Windows it is killed.
    stop(&mut host);
    assert!(!printed(&host).is_empty());
}

/// Nobody would read it, and it would stand still.
#[test]
fn a_protocol_is_for_programs_that_read_it() {
    let setup = Setup::new();
    let file = write(&setup, r#"{"name": "cat", "stdout": "raw"}"#);
    let words = args(&format!("--config {file}"), vec![]);
    let output = Command::new(SIDECAR).args(words).output().expect("it runs");
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("cat: `stdout` is `raw`"), "{told}");
}

#[test]
fn errors_name_the_key_and_the_line() {
    let setup = Setup::new();
    for (text, parts) in [
        (
            "{\n  \"prot\": 5173\n}",
            &["line 2", "`prot`", "`port`"][..],
        ),
        ("{\n\n  \"port\": \"many\"\n}", &["line 3", "`port`"]),
        ("{\"port\": 0}", &["line 1", "`port`"]),
        (
            "{\n  \"gracefulShutdownTimeout\": 5\n}",
            &["line 2", "`gracefulShutdownTimeout`"],
        ),
        (
            "{\n  \"liveness\": \"5 parsecs\"\n}",
            &["line 2", "`liveness`", "250ms"],
        ),
        ("{\n  \"args\": \"dev\"\n}", &["line 2", "`args`"]),
        (
            "{\n  \"restart\": \"sometimes\"\n}",
            &["line 2", "`restart`", "on-failure"],
        ),
        ("{\n  \"port\": 1,\n", &["line 3"]),
        ("[]", &["object"]),
        (
            "{\"healthCheck\": \"/\"}",
            &["line 1", "`healthCheck`", "port"],
        ),
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
        assert_eq!(told.lines().count(), 1, "nothing follows from it: {told}");
    }
}

#[test]
fn a_file_without_a_program_needs_a_command_behind_the_flags() {
    let setup = Setup::new();
    let file = write(&setup, r#"{"readyTimeout": "1s"}"#);
    let flags = format!("--json --config {file}");
    assert_eq!(run(&setup, &flags, vec![]).end().code(), Some(2));
    assert_eq!(code(&mut run(&setup, &flags, shell("exit 0"))), 0);
}

#[cfg(unix)]
#[test]
fn it_runs_in_the_files_folder_unless_told_otherwise() {
    let setup = Setup::new();
    fs::create_dir(setup.path("elsewhere")).expect("made");
    let file = write(&setup, r#"{"name": "sh", "args": ["-c", "pwd -P"]}"#);
    let folder = fs::canonicalize(setup.folder()).expect("it exists");
    let elsewhere = folder.join("elsewhere");
    for (more, folder) in [
        (String::new(), &folder),
        (format!("--cwd {}", elsewhere.display()), &elsewhere),
    ] {
        let flags = format!("--json --json-log --config {file} {more}");
        let mut host = run(&setup, &flags, vec![]);
        assert_eq!(code(&mut host), 0);
        assert_eq!(printed(&host), [folder.to_string_lossy()]);
    }
}
