//! The guardian lives and does nothing: it is stopped.

use std::fs;
use std::path::Path;

use fake_host::testing::{Family, Host, Setup, eventually};

use crate::support::{HOST, args, assert_nothing_left, start};
use crate::trees;

/// Everything that was told of one kind.
fn count(host: &Host, event: &str) -> usize {
    host.all(event).len()
}

fn silence_is_told(host: &mut Host) {
    let told = host.next("guardian_silent");
    let reason = told["reason"].as_str().expect("words");
    assert!(reason.contains("has not answered for 5s"), "{reason}");
}

fn goes_on(host: &mut Host) {
    host.guardian().signal(libc::SIGCONT);
    let waited = host.next("guardian_answers")["waited_ms"].as_f64();
    assert!(waited.is_some_and(|ms| ms >= 5000.0), "{waited:?}");
}

fn ready(host: &mut Host, count: usize) {
    for _ in 0..count {
        host.ready();
    }
}

fn ends(setup: &Setup, mut host: Host, family: &Family) {
    host.order("shutdown");
    host.end();
    assert_nothing_left(setup, family);
}

#[test]
fn a_stop_is_done_when_it_goes_on() {
    let setup = Setup::new();
    let (mut host, family) = start(&setup, "--port auto --http / --grace 60000", "--fork 1");
    host.ready();
    host.guardian().signal(libc::SIGSTOP);
    host.order("stop");
    silence_is_told(&mut host);
    assert_eq!(count(&host, "stopped"), 0);
    assert_eq!(family.living().len(), 2);
    goes_on(&mut host);
    assert_eq!(host.next("stopped")["survivors"], 0);
    ends(&setup, host, &family);
}

#[test]
fn a_start_is_done_once_when_it_goes_on() {
    let setup = Setup::new();
    let (mut host, family) = start(&setup, "--port auto --http /", "");
    host.ready();
    host.order("stop");
    host.next("stopped");
    host.guardian().signal(libc::SIGSTOP);
    host.order("start");
    silence_is_told(&mut host);
    host.order("start");
    goes_on(&mut host);
    host.ready();
    assert_eq!(count(&host, "spawned"), 2, "one before, one after");
    assert_eq!(family.living().len(), 1, "nothing is started twice");
    ends(&setup, host, &family);
}

/// An order that was larger than the socket's room blocked the engine for five seconds, and its
/// rest was never sent.
#[test]
fn what_did_not_fit_into_the_socket_is_sent_when_it_goes_on() {
    let setup = Setup::new();
    let family = setup.family("pids");
    let big = "x".repeat(100_000);
    let mut host = setup.start_with(
        Path::new(HOST),
        args(&setup, "--port auto --http / --count 4", &family, ""),
        |command| {
            command.envs((0..12).map(|n| (format!("BIG_{n}"), &big)));
        },
    );
    ready(&mut host, 4);
    host.order("stop");
    for _ in 0..4 {
        host.next("stopped");
    }
    host.guardian().signal(libc::SIGSTOP);
    host.order("start");
    silence_is_told(&mut host);
    host.guardian().signal(libc::SIGCONT);
    ready(&mut host, 4);
    assert_eq!(family.living().len(), 4);
    ends(&setup, host, &family);
}

/// Nobody can say that the tree is gone then: it was told as gone, with no survivors.
#[test]
fn a_tree_out_of_reach_is_not_told_as_gone() {
    let setup = Setup::new();
    let (mut host, family) = start(
        &setup,
        "--port auto --http / --grace 1500",
        trees::DEAF.flags,
    );
    host.ready();
    family.wait_for(trees::DEAF.size);
    let (leader, guardian) = (family.living_as("leader").remove(0), host.guardian());
    leader.kill();
    host.next("exited");
    guardian.signal(libc::SIGSTOP);
    let survivors = host.next("stopped")["survivors"].clone();
    host.next("failed");
    let mut living: Vec<i64> = family.living().iter().map(|p| p.pid.into()).collect();
    living.sort_unstable();
    assert_eq!(survivors, serde_json::json!(living));
    let recorded = || {
        let folder = fs::read_dir(setup.state_dir()).expect("the state folder");
        let mut files = folder.map(|file| file.expect("a file").path());
        files.any(|file| fs::read_to_string(file).is_ok_and(|text| text.contains("\"leader\"")))
    };
    assert!(recorded(), "the next start has to know of them");
    host.guardian().signal(libc::SIGCONT);
    // It had been given up; that it is gone now is noted all the same.
    eventually("the state file forgets it", || !recorded());
    host.order("shutdown");
    host.end();
    host.wait_until_empty();
}

/// Each successor was forgotten while the list that it stood in was gone through, and the engine
/// went on beyond that list's end: its thread panicked.
#[test]
fn it_dies_while_two_are_rolled() {
    let setup = Setup::new();
    let (mut host, family) = start(&setup, "--port auto --http / --count 2", "");
    ready(&mut host, 2);
    let guardian = host.guardian();
    guardian.signal(libc::SIGSTOP);
    host.order("roll");
    for _ in 0..2 {
        silence_is_told(&mut host); // Both new runs are ordered, and neither was spawned.
    }
    guardian.kill();
    for _ in 0..2 {
        let reason = host.next("roll_failed")["reason"].clone();
        let reason = reason.as_str().expect("words");
        assert!(reason.contains("the guardian died"), "{reason}");
    }
    for _ in 0..2 {
        host.next("failed"); // The old ones died with the guardian.
    }
    host.order("start");
    ready(&mut host, 2);
    ends(&setup, host, &family);
}
