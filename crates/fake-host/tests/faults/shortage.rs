//! Something runs out while the engine works: descriptors, memory, the disk.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;

use fake_host::testing::{Host, Process, Setup, eventually, fake_sidecar};

use crate::limits::{RLIMIT_AS, RLIMIT_FSIZE, RLIMIT_NOFILE, descriptors, lower};
use crate::support::{HOST, args_for, shut_down, start};

/// Waits for whichever of these comes first.
fn either(host: &Host, from: usize, events: &[&str]) -> String {
    let mut found = None;
    eventually(&format!("one of {events:?}"), || {
        let lines = host.lines();
        let parsed = lines.iter().skip(from);
        let mut names = parsed
            .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
            .filter_map(|e| Some(e["event"].as_str()?.to_owned()));
        found = names.find(|name| events.contains(&name.as_str()));
        found.is_some()
    });
    found.expect("it was found")
}

/// With few descriptors left a tree once could not be seen, and what is not seen was reported as
/// gone; and the descriptors of two orders were mixed up.
#[test]
fn the_guardian_has_few_descriptors_left() {
    let setup = Setup::new();
    let log = setup.path("log");
    let flags = format!("--port auto --http / --log {} --grace 100", log.display());
    let (mut host, family) = start(&setup, &flags, "--setsid --escapee-ignores-term");
    host.ready();
    let guardian = host.guardian();
    let mut outcomes = Vec::new();
    for room in [0, 2, 5, 9, 14, 18, 22, 26, 32] {
        host.order("stop");
        host.next("stopped");
        assert!(family.living().is_empty(), "with the limit back");
        let lowered = lower(
            &guardian,
            RLIMIT_NOFILE,
            (descriptors(&guardian) + room) as u64,
        );
        let from = host.lines().len();
        host.order("start");
        let outcome = either(&host, from, &["ready", "failed"]);
        if outcome == "ready" {
            host.next("ready");
            // Under the same shortage it sees whom it has to end, and ends them.
            host.order("stop");
            let stopped = host.next("stopped");
            assert_eq!(stopped["survivors"], 0);
        } else {
            let reason = host.next("failed")["reason"]
                .as_str()
                .expect("a reason")
                .to_owned();
            assert!(reason.contains("Too many open files"), "{reason}");
            assert!(reason.contains("ulimit -n"), "{reason}");
        }
        assert!(
            family.living().is_empty(),
            "room for {room}: {:#?}",
            family.living()
        );
        lowered.restore();
        outcomes.push(outcome);
        host.order("start");
        host.ready();
    }
    assert_eq!(outcomes[0], "failed");
    assert_eq!(outcomes.last().map(String::as_str), Some("ready"));
    shut_down(&mut host, &setup, &family);
}

/// The host's own shortage once counted as the sidecar's failure.
#[test]
fn the_host_has_no_descriptors_left() {
    let setup = Setup::new();
    let (mut host, family) = start(&setup, "--port auto --http / --liveness 5", "");
    host.ready();
    let members = family.living();
    let lowered = lower(&host.process, RLIMIT_NOFILE, 3);
    let asked_in_vain = |host: &Host| {
        let said = host.all("logged");
        let vain = |e: &&serde_json::Value| {
            e["text"]
                .as_str()
                .is_some_and(|t| t.contains("its health is not known"))
        };
        said.iter().filter(vain).count()
    };
    // More often than failures count as lost.
    eventually("it asks in vain", || asked_in_vain(&host) > 5);
    assert!(host.all("crashed").is_empty(), "{:#?}", host.lines());
    host.order("restart");
    let reason = host.next("failed")["reason"]
        .as_str()
        .expect("a reason")
        .to_owned();
    assert!(reason.contains("too many files are open"), "{reason}");
    assert!(members.iter().all(|m| !m.lives()));
    lowered.restore();
    host.order("start");
    host.ready();
    shut_down(&mut host, &setup, &family);
}

#[test]
fn the_host_has_no_descriptors_for_a_while() {
    let setup = Setup::new();
    let flags = "--port auto --http / --restart --restart-backoff 500";
    let (mut host, family) = start(&setup, flags, "");
    host.ready();
    let lowered = lower(&host.process, RLIMIT_NOFILE, 3);
    host.order("restart");
    let crashed = host.next("crashed");
    let reason = crashed["reason"].as_str().expect("a reason");
    assert!(reason.contains("too many files are open"), "{reason}");
    host.next("restarting");
    lowered.restore();
    host.ready();
    assert_eq!(host.all("failed").len(), 0, "{:#?}", host.lines());
    shut_down(&mut host, &setup, &family);
}

/// Without a guardian it is the host's table that has to be read for its trees.
#[test]
fn a_host_without_a_guardian_and_without_descriptors_reports_nobody_as_gone() {
    let setup = Setup::new();
    let flags = "--no-guardian --port auto --http / --grace 300";
    let (mut host, family) = start(&setup, flags, "--fork 1 --ignore-term");
    let leader = host.next("spawned")["pid"].clone();
    host.ready();
    let members = family.wait_for(2);
    let lowered = lower(&host.process, RLIMIT_NOFILE, 3);
    host.order("stop");
    let stopped = host.next("stopped");
    // It cannot see whom it would signal, so it signals nobody, and says who is left.
    assert_eq!(stopped["survivors"], serde_json::json!([leader]));
    assert!(members.iter().all(Process::lives), "{:#?}", host.lines());
    lowered.restore();
    eventually("it goes on once it can", || family.living().is_empty());
    shut_down(&mut host, &setup, &family);
}

/// Where an allocation fails, the guardian dies of it: that is one of the ends it may come to.
#[test]
fn the_guardian_gets_no_more_memory() {
    let setup = Setup::new();
    let (mut host, family) = start(&setup, "--port auto --http / --grace 300", "--setsid");
    host.ready();
    family.wait_for(2);
    let lowered = lower(&host.guardian(), RLIMIT_AS, 4096);
    let from = host.lines().len();
    host.order("restart");
    either(&host, from, &["ready", "failed", "protection_lost"]);
    lowered.restore();
    eventually("it runs again", || {
        if host.all("ready").len() < 2 {
            host.order("start");
        }
        host.all("ready").len() >= 2
    });
    shut_down(&mut host, &setup, &family);
}

/// Files of no length at all: what a full disk is. Writing past the limit once ended the host by a signal.
#[test]
fn nothing_can_be_written() {
    let setup = Setup::new();
    let log = setup.path("log");
    let flags = format!("--port auto --http / --grace 300 --log {}", log.display());
    // No pidfile: the sidecar inherits the limit.
    let mut command = vec![fake_sidecar().into()];
    command.extend(["--max-life", "3m", "--setsid", "--lines", "10"].map(Into::into));
    let arguments = args_for(&setup, &flags, command);
    let mut host = setup.start_with(Path::new(HOST), arguments, |command| {
        let none = libc::rlimit {
            rlim_cur: 0,
            rlim_max: libc::RLIM_INFINITY,
        };
        let limit = move || {
            // SAFETY: `none` is valid and lives through the call.
            match unsafe { libc::setrlimit(RLIMIT_FSIZE, &raw const none) } {
                0 => Ok(()),
                _ => Err(std::io::Error::last_os_error()),
            }
        };
        // SAFETY: `limit` is async-signal-safe and allocates nothing.
        unsafe { command.pre_exec(limit) };
    });
    host.ready();
    let said = host.all("logged");
    let told = |e: &serde_json::Value| e["text"].as_str().is_some_and(|t| t.contains("state file"));
    assert_eq!(
        said.iter().filter(|e| told(e)).count(),
        1,
        "told once: {said:#?}"
    );
    host.wait_for("log_trouble");
    host.order("restart");
    host.ready();
    host.order("shutdown");
    assert!(host.end().success());
    host.wait_until_empty();
    let left = fs::read_dir(setup.state_dir()).expect("a folder").flatten();
    let left: Vec<_> = left.map(|e| e.file_name()).collect();
    assert!(left.is_empty(), "litter: {left:?}");
}
