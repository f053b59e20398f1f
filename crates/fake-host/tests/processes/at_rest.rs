//! At rest nothing wakes up.

use std::collections::BTreeMap;
use std::fs;

use fake_host::testing::{Process, Setup, eventually};

use crate::support::start;

/// How often each thread has gone to sleep or was interrupted: what wakes up counts here.
fn switches(processes: &[&Process]) -> BTreeMap<(i32, String), String> {
    let mut counts = BTreeMap::new();
    for process in processes {
        let tasks = fs::read_dir(format!("/proc/{}/task", process.pid)).expect("it runs");
        for task in tasks.flatten() {
            let status = fs::read_to_string(task.path().join("status")).unwrap_or_default();
            let lines = status.lines().filter(|l| l.contains("ctxt_switches"));
            let name = fs::read_to_string(task.path().join("comm")).unwrap_or_default();
            let thread = format!("{} {}", task.file_name().display(), name.trim());
            counts.insert((process.pid, thread), lines.collect::<Vec<_>>().join(" "));
        }
    }
    counts
}

/// Neither host nor guardian runs at all while another host starts and stops its sidecar many
/// times, which takes about a second and wakes everybody who looks around now and then.
fn not_woken(flags: &str, sidecar: &str) {
    not_woken_in(&Setup::new(), flags, sidecar);
}

fn not_woken_in(setup: &Setup, flags: &str, sidecar: &str) {
    let (mut quiet, _family) = start(setup, flags, sidecar);
    quiet.next("ready");
    let guardian = quiet.guardian();
    let at = || switches(&[&quiet.process, &guardian]);
    // The helpers of its start go away, and what it has told of is written down.
    let mut last = at();
    eventually("it has come to rest", || {
        let now = at();
        let helpers = now.keys().any(|(_, thread)| thread.contains("tokio"));
        now == std::mem::replace(&mut last, now.clone()) && !helpers
    });

    let other = Setup::new();
    let (mut busy, _family) = start(&other, "--port auto --http / --grace 300", "");
    busy.ready();
    let before = at();
    for _ in 0..20 {
        busy.order("restart");
        busy.next("stopped");
        busy.ready();
    }
    assert_eq!(at(), before, "somebody woke up");
    busy.order("shutdown");
    busy.end();
    quiet.order("shutdown");
    quiet.end();
}

#[test]
fn one_that_is_ready_and_not_checked_wakes_nobody() {
    not_woken("--port auto --http /", "--setsid --fork 1");
}

/// It waits for room in its pipe, and nobody waits for it.
#[test]
fn nor_does_one_whose_stdout_nobody_reads() {
    not_woken("--raw", "--no-listen --source 200M");
}

/// It writes its log by itself, and the host follows.
#[test]
fn nor_does_one_that_outlives_its_host() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("log");
    let flags = format!("--leftovers adopt --log {}", log.display());
    let setup = Setup::new();
    not_woken_in(&setup, &flags, "--no-listen");
    for left in setup.survivors() {
        left.kill();
    }
    eventually("it is gone", || setup.survivors().is_empty());
}

#[test]
fn nor_does_one_that_is_logged() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("log");
    not_woken(&format!("--log {} --restart", log.display()), "--no-listen");
}
