//! How it ends, and with which code.

use std::net::TcpListener;
use std::path::Path;
use std::time::{Duration, Instant};

use fake_host::testing::{Setup, eventually, free_port};

use crate::support::{SIDECAR, args, code, run, server, shell};

#[test]
fn a_good_end_is_0() {
    let setup = Setup::new();
    assert_eq!(code(&mut run(&setup, "--json", shell("exit 0"))), 0);
}

#[test]
fn an_asked_for_stop_is_0_however_it_is_asked_for() {
    for signal in [libc::SIGTERM, libc::SIGINT, libc::SIGHUP] {
        let setup = Setup::new();
        let family = setup.family("pids");
        let mut host = run(
            &setup,
            "--json --tcp --port auto",
            server(&family, "--setsid"),
        );
        host.next("ready");
        host.signal(signal);
        assert_eq!(code(&mut host), 0);
        assert!(family.living().is_empty());
    }
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
    let _stranger = TcpListener::bind(("127.0.0.1", port)).expect("it is free");
    let mut host = run(
        &setup,
        &format!("--json --tcp --port {port}"),
        server(&family, ""),
    );
    assert_eq!(code(&mut host), 1);
    let held = host.next_after_end("port_held");
    assert_eq!(held["holder"]["pid"], std::process::id());
    for field in ["uid", "command", "cwd", "started", "kind"] {
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
fn a_second_interrupt_forces_with_130() {
    let setup = Setup::new();
    let family = setup.family("pids");
    let deaf = "--ignore-term --fork 1 --setsid --escapee-ignores-term";
    let mut host = run(
        &setup,
        "--json --tcp --port auto --grace 2m",
        server(&family, deaf),
    );
    host.next("ready");
    family.wait_for(3);
    host.signal(libc::SIGINT);
    host.next("stopping");
    let began = Instant::now();
    host.signal(libc::SIGINT);
    assert_eq!(code(&mut host), 130);
    assert!(
        began.elapsed() < Duration::from_mins(1),
        "it did not wait for the grace"
    );
    assert!(family.living().is_empty());
    assert_eq!(host.next_after_end("stopped")["survivors"], 0);
}

/// The reader takes one line and goes, and the server has nothing more to say.
#[test]
fn when_nobody_reads_any_more_the_fleet_ends() {
    let setup = Setup::new();
    let family = setup.family("pids");
    let script = r#""$@" | head -1"#;
    let mut words: Vec<std::ffi::OsString> = ["-c", script, "sh", SIDECAR].map(Into::into).into();
    words.extend(args(
        "--json --grace 300ms",
        server(&family, "--no-listen --setsid"),
    ));
    let mut shell = setup.start(Path::new("sh"), words);
    shell.end();
    assert_eq!(shell.lines().len(), 1);
    eventually("nothing is left", || {
        family.living().is_empty() && setup.survivors().is_empty()
    });
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
