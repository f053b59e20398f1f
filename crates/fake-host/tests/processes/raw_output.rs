//! A raw stdout under a guardian, whose hands it does not pass through.

use std::fs;

use fake_host::testing::{Setup, eventually, is_wine};

use crate::support::{assert_nothing_left, shut_down, start};

/// Wine's pipes are slow.
fn mib() -> u64 {
    if is_wine() { 20 } else { 200 }
}

#[test]
fn every_byte_reaches_the_host_whether_or_not_there_is_a_log() {
    for flags in ["--raw", "--raw --log log", "--raw --no-guardian --log log"] {
        let setup = Setup::new();
        let log = setup.path("log");
        let flags = flags.replace("--log log", &format!("--log {}", log.display()));
        let sidecar = format!(
            "--no-listen --source {}M --exit-early 0 --flood 1k/stderr",
            mib()
        );
        let (mut host, family) = start(&setup, &flags, &sidecar);
        host.next("ready");
        let much = mib() << 20;
        host.order(&format!("read {}", 2 * much));
        assert_eq!(host.next("read")["bytes"], much, "{flags}");
        assert_eq!(host.wait_for("exited")["code"], 0);
        host.wait_for("stopped");
        if flags.contains("--log") {
            let logged = fs::read(&log).expect("a log");
            assert!(
                logged.starts_with(b"flood "),
                "{:?}",
                logged.first_chunk::<9>()
            );
            assert_eq!(logged.len(), 1024, "stderr alone");
        }
        shut_down(&mut host, &setup, &family);
    }
}

#[test]
fn a_host_that_dies_while_nobody_reads_leaves_nothing() {
    let setup = Setup::new();
    let (mut host, family) = start(
        &setup,
        "--raw --grace 300",
        "--no-listen --source 200M --setsid",
    );
    host.next("ready");
    // Ready means no more than spawned here: before they are written down, nobody seems to live.
    family.wait_for(2);
    host.kill();
    host.end();
    eventually("all have ended", || family.living().is_empty());
    assert_nothing_left(&setup, &family);
}

#[cfg(target_os = "linux")]
#[test]
fn many_of_them_need_no_thread_of_their_own() {
    use std::ffi::OsString;

    use crate::support::start_command;
    use fake_host::testing::{fake_sidecar, reaches};

    let setup = Setup::new();
    let command: Vec<OsString> = ["--no-listen", "--max-life", "3m", "--source", "64k"]
        .map(Into::into)
        .into();
    let command = std::iter::once(fake_sidecar().into()).chain(command);
    let threads = |count: usize| {
        let flags = format!("--raw --count {count}");
        let mut host = start_command(&setup, &flags, command.clone().collect());
        reaches("all are ready", count, || host.count("ready"));
        host.order("read 1000");
        host.next("read");
        let tasks = format!("/proc/{}/task", host.process.pid);
        let threads = fs::read_dir(tasks).expect("it runs").count();
        host.order("shutdown");
        host.end();
        threads
    };
    let (one, many) = (threads(1), threads(50));
    assert!(many <= one, "{many} instead of {one}");
}
