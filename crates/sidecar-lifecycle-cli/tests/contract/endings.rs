//! How it ends, and with which code.

use std::net::TcpListener;

use fake_host::testing::{Setup, free_port};

use crate::support::{SIDECAR, args, code, run, server, shell};

#[test]
fn a_good_end_is_0() {
    let setup = Setup::new();
    assert_eq!(code(&mut run(&setup, "--json", shell("exit 0"))), 0);
}

#[test]
fn bad_usage_is_2_and_says_why_on_stderr() {
    for flags in [
        "--grace 5",
        "--port 0",
        "--port 90-80",
        "--restart sometimes",
        "--http / --tcp --port auto",
        "--http /",
        "--http no-slash --port auto",
        "--liveness 1s",
        "--cwd /no/such/folder",
        "--json-log",
        "--no-such-flag",
        "--config /no/such/file",
    ] {
        let output = std::process::Command::new(SIDECAR)
            .args(args(flags, shell("exit 0")))
            .output();
        let output = output.expect("it runs");
        assert_eq!(output.status.code(), Some(2), "{flags}");
        assert!(
            output.stdout.is_empty() && !output.stderr.is_empty(),
            "{flags}"
        );
    }
    let output = std::process::Command::new(SIDECAR)
        .arg("run")
        .output()
        .expect("it runs");
    assert_eq!(output.status.code(), Some(2), "without a command");
}

#[test]
fn a_program_that_does_not_exist_is_1() {
    let setup = Setup::new();
    let mut host = run(&setup, "--json", vec!["no-such-program-anywhere".into()]);
    assert_eq!(code(&mut host), 1);
    assert!(
        host.next_after_end("failed")["reason"]
            .to_string()
            .contains("was not found")
    );
}

#[test]
fn a_fixed_port_that_a_stranger_holds_is_1_and_the_stranger_is_named() {
    let setup = Setup::new();
    let family = setup.family("pids");
    let port = free_port();
    let stranger = TcpListener::bind(("127.0.0.1", port)).expect("it is free");
    // Wine names the owner of a socket only once one of its options was asked for.
    stranger.ttl().expect("it is open");
    let mut host = run(
        &setup,
        &format!("--json --tcp --port {port}"),
        server(&family, ""),
    );
    assert_eq!(code(&mut host), 1);
    let held = host.next_after_end("port_held");
    assert_eq!(held["holder"]["pid"], std::process::id());
    let user: &[&str] = if cfg!(unix) { &["uid"] } else { &[] };
    for field in ["command", "cwd", "started", "kind"].iter().chain(user) {
        assert!(!held["holder"][field].is_null(), "{field} in {held}");
    }
    assert!(
        host.next_after_end("failed")["reason"]
            .to_string()
            .contains(&port.to_string())
    );
    assert!(family.written().is_empty());
}

#[test]
fn a_killed_command_leaves_nothing() {
    let setup = Setup::new();
    let family = setup.family("pids");
    let flags = "--json --tcp --port auto --grace 200ms";
    let mut host = run(
        &setup,
        flags,
        server(&family, "--fork 2 --setsid --double-fork"),
    );
    host.next("ready");
    host.kill();
    host.end();
    host.wait_until_empty();
    assert!(family.living().is_empty());
}
