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
