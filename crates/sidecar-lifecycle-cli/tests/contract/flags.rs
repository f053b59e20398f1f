//! What each flag does.

use std::fs;
use std::path::Path;

use fake_host::testing::{Setup, fake_sidecar};

use crate::support::{SIDECAR, args, ask, code, printed, run, server, shell, stop, variable};

#[test]
fn the_port_is_in_the_argument_and_in_the_variable() {
    let setup = Setup::new();
    let (mine, own) = (variable("MY_PORT"), variable("PORT"));
    let flags = "--json --json-log --port 21000-21999 --port-env MY_PORT";
    let mut host = run(&setup, flags, shell(&format!("echo {{port}} {mine} {own}")));
    assert_eq!(code(&mut host), 0);
    let port = host.next_after_end("port_chosen")["port"].clone();
    assert_eq!(printed(&host), [format!("{port} {port} {port}")]);
    let setup = Setup::new();
    let mut host = run(
        &setup,
        "--json --json-log --port auto",
        shell(&format!("echo {own}")),
    );
    assert_eq!(code(&mut host), 0);
    assert_eq!(
        printed(&host),
        [host.next_after_end("port_chosen")["port"].to_string()]
    );
}

#[test]
fn liveness_without_a_check_names_the_flags_that_are_missing() {
    let words = ["run", "--liveness", "5s", "--", "true"];
    let answer = ask(Path::new("/"), &words);
    assert_eq!(answer.code, 2);
    assert_eq!(
        answer.stderr,
        "sidecar: --liveness repeats a check: add --http, --tcp or --check-cmd\n"
    );
}

#[test]
fn a_check_is_a_line_as_typed_in_a_terminal() {
    let setup = Setup::new();
    let (family, told) = (setup.family("pids"), setup.path("it was checked"));
    let check = format!(
        "\"{}\" --exit-early 0 && echo {}> \"{}\"",
        fake_sidecar().display(),
        variable("PORT"),
        told.display()
    );
    let mut words = args("--json --port auto --ready-timeout 20s --check-cmd", vec![]);
    words.extend([check.into(), "--".into()]);
    words.extend(server(&family, ""));
    let mut host = setup.start(Path::new(SIDECAR), words);
    let port = host.ready().to_string();
    assert_eq!(fs::read_to_string(&told).expect("written").trim(), port);
    stop(&mut host);
}

#[test]
fn failures_are_followed_by_runs_until_there_are_too_many() {
    let setup = Setup::new();
    let flags = "--json --restart on-failure --max-restarts 3 --backoff 10ms";
    let mut host = run(&setup, flags, shell("exit 4"));
    assert_eq!(code(&mut host), 1);
    let attempts: Vec<_> = host
        .all("crashed")
        .iter()
        .map(|e| e["attempt"].clone())
        .collect();
    assert_eq!(attempts, [1, 2, 3]);
    assert!(host.all("crashed").iter().all(|e| e["max"] == 3));
    let delays = host.all("restarting");
    assert_eq!(delays.len(), 2);
    assert!(
        delays
            .iter()
            .all(|e| e["delay_ms"].as_f64().is_some_and(|ms| ms <= 20.0)),
        "{delays:?}"
    );
    let runs: Vec<_> = host
        .all("spawned")
        .iter()
        .map(|e| e["run"].clone())
        .collect();
    assert_eq!(runs, [1, 2, 3]);
}

#[cfg(unix)]
#[test]
fn on_failure_a_good_end_is_the_end_and_always_means_always() {
    let setup = Setup::new();
    let mut host = run(
        &setup,
        "--json --restart on-failure --backoff 10ms",
        shell("exit 0"),
    );
    assert_eq!(code(&mut host), 0);
    assert_eq!(host.all("spawned").len(), 1);
    let mut host = run(
        &setup,
        "--json --restart always --backoff 1ms",
        shell("exit 0"),
    );
    for _ in 0..3 {
        host.next("spawned");
    }
    host.signal(libc::SIGTERM);
    assert_eq!(code(&mut host), 0);
    assert!(host.all("crashed").is_empty(), "{:#?}", host.lines());
}

#[test]
fn who_is_not_ready_in_time_has_failed() {
    let setup = Setup::new();
    let family = setup.family("pids");
    let flags = "--json --http / --port auto --ready-timeout 300ms";
    let mut host = run(&setup, flags, server(&family, "--hang --setsid"));
    assert_eq!(code(&mut host), 1);
    assert!(
        host.next_after_end("failed")["reason"]
            .to_string()
            .contains("300ms")
    );
    assert!(family.living().is_empty());
}

#[test]
fn the_log_begins_anew_and_the_last_one_is_kept() {
    let setup = Setup::new();
    let log = setup.path("out/server.log");
    let flags = format!("--json --log {}", log.display());
    for launch in 1..=2 {
        assert_eq!(
            code(&mut run(
                &setup,
                &flags,
                shell(&format!("echo launch {launch}"))
            )),
            0
        );
    }
    let read = |path| fs::read_to_string(path).expect("it is there");
    assert_eq!(read(log.clone()).trim_end(), "launch 2");
    assert_eq!(
        read(setup.path("out/server.log.prev")).trim_end(),
        "launch 1"
    );
}
