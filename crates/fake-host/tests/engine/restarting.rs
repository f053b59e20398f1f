//! What follows an end that nobody asked for.

use std::fs;
use std::time::Duration;

use sidecar_lifecycle::{HealthCheck, Restart};

use crate::support::{Bench, script};

#[test]
fn an_exit_code_that_is_final_is_not_tried_again() {
    let mut bench = Bench::new();
    let sidecar = script("exit 78").auto_restart(true);
    bench.begin("web", sidecar.permanent_exit_codes([78, 125]));
    let failed = bench.next("web", "failed");
    assert_eq!(failed["reason"], "ended with code 78, which is final");
    assert_eq!(
        (
            bench.count("web", "spawned"),
            bench.count("web", "restarting")
        ),
        (1, 0)
    );
}

#[test]
fn an_exit_code_of_the_success_set_is_no_crash() {
    let mut bench = Bench::new();
    let sidecar = script("exit 3").restart(Restart::OnFailure);
    bench.begin("job", sidecar.success_exit_codes([0, 3]));
    bench.next("job", "stopped");
    assert_eq!(bench.count("job", "crashed"), 0);
}

#[test]
fn it_is_given_up_after_so_many_crashes_in_the_window_and_a_start_begins_anew() {
    let mut bench = Bench::new();
    let flag = bench.path("mended");
    let text = format!("test -e {} || exit 1; exec sleep 1000", flag.display());
    let sidecar = script(&text)
        .auto_restart(true)
        .max_restart_attempts(3)
        .restart_backoff(Duration::from_millis(5));
    bench.begin(
        "web",
        sidecar.health_check(HealthCheck::custom(|_| async { true })),
    );
    bench.next("web", "failed");
    let attempts: Vec<_> = bench
        .seen
        .iter()
        .filter(|e| e["event"] == "crashed")
        .collect();
    let counted: Vec<_> = attempts
        .iter()
        .map(|e| (e["attempt"].clone(), e["max"].clone()))
        .collect();
    assert_eq!(
        counted,
        [
            (1.into(), 3.into()),
            (2.into(), 3.into()),
            (3.into(), 3.into())
        ]
    );
    fs::write(&flag, "").expect("written");
    bench.engine.start("web").expect("asked");
    bench.next("web", "ready");
}

#[test]
fn no_delay_is_longer_than_its_step_nor_than_the_cap() {
    let mut bench = Bench::new();
    let sidecar = script("exit 1")
        .auto_restart(true)
        .max_restart_attempts(6)
        .restart_backoff(Duration::from_millis(4))
        .restart_backoff_cap(Duration::from_millis(10));
    bench.begin("web", sidecar);
    bench.next("web", "failed");
    let delays: Vec<f64> = bench
        .seen
        .iter()
        .filter(|e| e["event"] == "restarting")
        .map(|e| e["delay_ms"].as_f64().expect("a number"))
        .collect();
    let steps = [4.0, 8.0, 10.0, 10.0, 10.0];
    assert_eq!(delays.len(), steps.len());
    for (delay, step) in delays.iter().zip(steps) {
        assert!((0.0..=step).contains(delay), "{delays:?}");
    }
}

/// A server that crashes now and then is not one that cannot run.
#[test]
fn crashes_that_lie_further_apart_than_the_window_do_not_add_up() {
    let mut bench = Bench::new();
    // At the most one crash lies within the window beside another one, on a slow machine fewer.
    let sidecar = script("sleep 0.3; exit 1")
        .auto_restart(true)
        .max_restart_attempts(3)
        .restart_window(Duration::from_millis(500))
        .restart_backoff(Duration::from_millis(5));
    bench.begin("web", sidecar);
    for _ in 0..6 {
        bench.next("web", "restarting");
    }
    let attempts = numbers(&bench, "web", "crashed", "attempt");
    assert!(attempts.iter().all(|n| *n <= 2.0), "{attempts:?}");
    assert_eq!(bench.count("web", "failed"), 0);
}

/// What is told of it with this kind, as numbers.
fn numbers(bench: &Bench, id: &str, kind: &str, key: &str) -> Vec<f64> {
    let of_it = |e: &&serde_json::Value| e["sidecar"] == id && e["event"] == kind;
    let told = bench.seen.iter().filter(of_it);
    told.map(|e| e[key].as_f64().expect("a number")).collect()
}

/// With full jitter a delay is anything from nothing to its step: a fleet that crashes together
/// does not come back together.
#[test]
fn delays_are_kept_and_lie_anywhere_up_to_their_step() {
    const RUNS: u32 = 30;
    const CAP: f64 = 20.0;
    let mut bench = Bench::new();
    for id in ["one", "two"] {
        let cap = Duration::from_millis(CAP as u64);
        let sidecar = script("exit 1")
            .auto_restart(true)
            .max_restart_attempts(RUNS)
            .restart_backoff(cap)
            .restart_backoff_cap(cap);
        bench.begin(id, sidecar);
    }
    bench.next("one", "failed");
    if bench.count("two", "failed") == 0 {
        bench.next("two", "failed");
    }
    let drawn = ["one", "two"].map(|id| {
        let delays = numbers(&bench, id, "restarting", "delay_ms");
        assert_eq!(delays.len(), RUNS as usize - 1);
        assert!(delays.iter().all(|d| (0.0..=CAP).contains(d)), "{delays:?}");
        // By chance 29 lie on one side once in half a billion times.
        let halves = [0.0..CAP / 2.0, CAP / 2.0..CAP + 1.0];
        let met = halves.map(|half| delays.iter().any(|d| half.contains(d)));
        assert_eq!(met, [true, true], "{delays:?}");
        // The delay counts from the decision, which comes after `crashed` and before `restarting`
        // is told: the system may take its time between the two.
        let crashed = numbers(&bench, id, "crashed", "mono_ms");
        let spawned = numbers(&bench, id, "spawned", "mono_ms");
        for ((crashed, delay), spawned) in crashed.iter().zip(&delays).zip(&spawned[1..]) {
            assert!(
                spawned - crashed >= *delay,
                "{delay} ms were not waited for"
            );
        }
        delays
    });
    assert_ne!(drawn[0], drawn[1], "each draws for itself");
}

/// Ten seconds of ready time are asked for, and no test can shorten them.
#[test]
fn a_run_that_was_ready_for_long_enough_clears_the_record() {
    let mut bench = Bench::new();
    for (id, lives) in [("proven", "13"), ("fickle", "1")] {
        // Two runs end at once, the third after a while.
        let runs = bench.path(id);
        let text = format!(
            "echo >>{runs}; [ $(wc -l <{runs}) != 3 ] || sleep {lives}; exit 1",
            runs = runs.display()
        );
        let sidecar = script(&text)
            .auto_restart(true)
            .max_restart_attempts(4)
            .restart_backoff(Duration::from_millis(5));
        bench.begin(id, sidecar);
    }
    bench.next("proven", "failed");
    let counted = |id| numbers(&bench, id, "crashed", "attempt");
    assert_eq!(counted("proven"), [1.0, 2.0, 1.0, 2.0, 3.0, 4.0]);
    assert_eq!(counted("fickle"), [1.0, 2.0, 3.0, 4.0]);
    let delays = numbers(&bench, "proven", "restarting", "delay_ms");
    let after = delays[2];
    assert!(
        after <= 5.0,
        "the first step again, not the third: {delays:?}"
    );
}

#[test]
fn restarting_one_does_not_touch_the_others() {
    let mut bench = Bench::new();
    let first = bench.run("one", script("exec sleep 1000"));
    bench.run("two", script("exec sleep 1000"));
    bench
        .engine
        .restart("two", "asked by the test")
        .expect("asked");
    bench.next("two", "stopped");
    bench.next("two", "ready");
    let info = bench.engine.info("one").expect("it runs");
    assert_eq!(info.pid.map(Into::into), Some(first["pid"].clone()));
    assert_eq!((info.restart_count, bench.count("one", "stopping")), (0, 0));
}
