//! The end of one very run, by force, and whose a pid is.

use fake_host::testing::{Process, eventually};
use sidecar_lifecycle::{Error, Phase, RunId, StdinError, StdinMode, Wanted};

use crate::support::{Bench, fake, script, wait};

fn run_of(event: &serde_json::Value) -> RunId {
    RunId(event["run"].as_u64().expect("a run"))
}

#[test]
fn a_run_that_is_killed_is_gone_with_its_tree_and_none_follows() {
    let mut bench = Bench::new();
    let pidfile = bench.path("pids");
    let flags = format!(
        "--no-listen --ignore-term --setsid --escapee-ignores-term --pidfile {}",
        pidfile.display()
    );
    let ready = bench.run("deaf", fake(&flags).auto_restart(true));
    eventually("its family is up", || {
        std::fs::read_to_string(&pidfile).is_ok_and(|f| f.contains("leader"))
    });
    let file = std::fs::read_to_string(&pidfile).expect("it is there");
    let pids = file.lines().filter_map(|line| line.split_once(' '));
    let family: Vec<Process> = pids
        .filter_map(|(_, pid)| Process::of(pid.parse().expect("a pid")))
        .collect();
    assert!(family.len() >= 2, "{file}");
    wait(bench.engine.kill("deaf", run_of(&ready))).expect("killed");
    assert!(family.iter().all(|p| !p.lives()), "all of it");
    let info = bench.engine.info("deaf").expect("it ran");
    assert_eq!((info.state, info.wanted), (Phase::Idle, Wanted::Down));
    bench.next("deaf", "stopped");
    assert_eq!(bench.count("deaf", "crashed"), 0);
}

#[test]
fn a_run_that_has_ended_is_not_mistaken_for_the_present_one() {
    let mut bench = Bench::new();
    let first = bench.run("web", fake("--no-listen"));
    bench.run("other", fake("--no-listen"));
    bench.engine.restart("web", "test").expect("asked");
    let second = bench.next("web", "ready");
    let stale = |id: &str, run: RunId| {
        let killed = wait(bench.engine.kill(id, run));
        assert!(matches!(killed, Err(Error::StaleRun { .. })), "{killed:?}");
    };
    stale("web", run_of(&first));
    stale("other", run_of(&second));
    stale("nobody", run_of(&second));
    stale("web", RunId(0));
    assert!(bench.engine.info("web").expect("it ran").is_healthy);
    assert!(bench.engine.info("other").expect("it ran").is_healthy);
    bench.stop("web");
    let killed = wait(bench.engine.kill("web", run_of(&second)));
    assert!(matches!(killed, Err(Error::StaleRun { .. })), "{killed:?}");
}

#[test]
fn a_kill_cuts_a_grace_short() {
    let mut bench = Bench::new();
    let hour = std::time::Duration::from_hours(1);
    let ready = bench.run_armed("deaf", "--ignore-term", |deaf| {
        deaf.graceful_shutdown_timeout(hour)
    });
    bench.engine.stop("deaf", "test").expect("asked");
    bench.next("deaf", "stopping");
    wait(bench.engine.kill("deaf", run_of(&ready))).expect("killed");
    assert_eq!(bench.next("deaf", "stopped")["survivors"], 0);
}

#[test]
fn who_had_a_pid_is_remembered() {
    let mut bench = Bench::new();
    let ready = bench.run("web", fake("--no-listen"));
    let pid = u32::try_from(ready["pid"].as_u64().expect("a pid")).expect("it fits");
    let leader = bench.engine.leader(pid).expect("it is ours");
    assert_eq!((leader.id.as_str(), leader.run), ("web", run_of(&ready)));
    assert!(leader.is_alive());
    bench.stop("web");
    let ended = bench.engine.leader(pid).expect("it was ours");
    assert_eq!(ended, leader);
    assert!(!ended.is_alive());
    assert_eq!(bench.engine.leader(std::process::id()), None);
}

#[test]
fn a_writer_of_one_run_does_not_reach_the_next() {
    let mut bench = Bench::new();
    let copy = bench.path("copy");
    let text = format!("exec cat >>{}", copy.display());
    let first = bench.run("cat", script(&text).stdin(StdinMode::Piped));
    let stdin = bench.engine.stdin("cat").expect("declared");
    let of_first = stdin.clone().of_run(run_of(&first));
    wait(of_first.write_all("one ")).expect("written");
    eventually("it has arrived", || {
        std::fs::read(&copy).is_ok_and(|c| c == b"one ")
    });
    bench.engine.restart("cat", "test").expect("asked");
    let second = bench.next("cat", "ready");
    for refused in [wait(of_first.write_all("lost")), wait(of_first.close())] {
        let stale =
            matches!(&refused, Err(StdinError::StaleRun { run, .. }) if *run == run_of(&first));
        assert!(stale, "{refused:?}");
    }
    let of_second = stdin.of_run(run_of(&second));
    wait(of_second.write_all("two")).expect("written");
    wait(of_second.close()).expect("closed");
    assert_eq!(bench.next("cat", "exited")["code"], 0);
    assert_eq!(std::fs::read(&copy).expect("a file"), b"one two");
}

#[test]
fn what_is_declared_is_listed_before_it_is_started() {
    let mut bench = Bench::new();
    let config = fake("--no-listen").build().expect("it is right");
    bench.engine.declare("web", config).expect("declared");
    bench.run("api", fake("--no-listen"));
    assert_eq!(bench.engine.declared(), ["api", "web"]);
    assert_eq!(bench.engine.list().len(), 1);
}
