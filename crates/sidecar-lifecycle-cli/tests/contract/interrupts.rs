//! Signals, and a reader that goes.

use std::path::Path;
use std::time::{Duration, Instant};

use fake_host::testing::{Setup, eventually};

use crate::support::{SIDECAR, args, code, run, server};

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
