//! How a sidecar is asked to end.

use std::fs;
use std::time::Duration;

use fake_host::testing::eventually;
use sidecar_lifecycle::{HealthCheck, Phase, Wanted};

use crate::support::{Bench, script, wait};

/// Notes each signal and goes on; ends on INT.
const NOTES: &str = "trap 'echo TERM >>$NOTES' TERM; trap 'echo INT >>$NOTES; exit 0' INT; \
                     echo up >>$NOTES; while :; do read line || sleep 0.01; done";

#[test]
fn the_signal_of_choice_is_sent_and_no_other() {
    let mut bench = Bench::new();
    let notes = bench.path("notes");
    bench.run(
        "web",
        script(NOTES).env("NOTES", &notes).stop_signal(libc::SIGINT),
    );
    eventually("it listens to signals", || fs::read(&notes).is_ok());
    bench.stop("web");
    assert_eq!(fs::read_to_string(&notes).expect("notes"), "up\nINT\n");
}

#[test]
fn a_word_on_stdin_asks_it_to_end_and_no_signal_does() {
    let mut bench = Bench::new();
    let notes = bench.path("notes");
    let text = "trap 'echo TERM >>$NOTES' TERM; echo up >>$NOTES; read word; \
                echo \"$word\" >>$NOTES; read more || echo end >>$NOTES";
    bench.run("web", script(text).env("NOTES", &notes).stop_input("q\n"));
    eventually("it waits for a word", || fs::read(&notes).is_ok());
    assert_eq!(bench.stop("web")["survivors"], 0);
    assert_eq!(fs::read_to_string(&notes).expect("notes"), "up\nq\nend\n");
    let exited = bench.seen.iter().find(|e| e["event"] == "exited");
    assert_eq!(exited.expect("it exited")["code"], 0);
}

#[test]
fn who_does_not_listen_to_the_word_is_ended_after_the_grace() {
    let mut bench = Bench::new();
    let sidecar = script("exec sleep 1000").stop_input("q\n");
    let grace = Duration::from_millis(100);
    bench.run("web", sidecar.graceful_shutdown_timeout(grace));
    assert_eq!(bench.stop("web")["survivors"], 0);
    let exited = bench.seen.iter().find(|e| e["event"] == "exited");
    assert_eq!(exited.expect("it exited")["signal"], libc::SIGKILL);
}

#[test]
fn the_rest_of_the_tree_gets_the_signal_once_the_leader_has_heard_the_word() {
    let mut bench = Bench::new();
    let notes = bench.path("notes");
    let text = "(trap 'echo TERM >>$NOTES; exit' TERM; echo up >>$NOTES; \
                while :; do sleep 0.01; done) & read word";
    bench.run("web", script(text).env("NOTES", &notes).stop_input("q\n"));
    eventually("its child is up", || fs::read(&notes).is_ok());
    bench.stop("web");
    assert_eq!(fs::read_to_string(&notes).expect("notes"), "up\nTERM\n");
}

#[test]
fn a_stop_while_it_starts_waits_for_no_check() {
    let mut bench = Bench::new();
    let never = HealthCheck::custom(|_| std::future::pending::<bool>());
    bench.begin("web", script("exec sleep 1000").health_check(never));
    bench.next("web", "spawned");
    assert_eq!(bench.stop("web")["survivors"], 0);
    assert_eq!(
        bench.count("web", "ready") + bench.count("web", "crashed"),
        0
    );
}

#[test]
fn a_stop_during_the_backoff_ends_it_and_nothing_follows() {
    let mut bench = Bench::new();
    let sidecar = script("exit 1").auto_restart(true);
    // So long that no run follows by itself while the test runs, whatever the jitter says.
    let hour = Duration::from_hours(1);
    let sidecar = sidecar.restart_backoff(hour).restart_backoff_cap(hour);
    bench.begin("web", sidecar);
    bench.next("web", "restarting");
    bench
        .engine
        .stop("web", "asked by the test")
        .expect("asked");
    let info = wait(bench.engine.wait_down("web")).expect("down");
    assert_eq!((info.state, info.wanted), (Phase::Idle, Wanted::Down));
    assert_eq!(bench.count("web", "spawned"), 1);
}

#[test]
fn a_stop_and_a_start_during_a_stop_end_as_the_last_wish_says() {
    let mut bench = Bench::new();
    let notes = bench.path("notes");
    let slow = "trap 'echo TERM >>$NOTES' TERM; echo up >>$NOTES; \
                while ! test -e $NOTES.go; do sleep 0.01; done";
    bench.run("web", script(slow).env("NOTES", &notes));
    eventually("it listens to signals", || fs::read(&notes).is_ok());
    bench.engine.stop("web", "first").expect("asked");
    bench.next("web", "stopping");
    bench.engine.stop("web", "second").expect("asked");
    bench.engine.start("web").expect("asked");
    fs::write(bench.path("notes.go"), "").expect("written");
    bench.next("web", "ready");
    let told = fs::read_to_string(&notes).expect("notes");
    assert!(
        told.starts_with("up\nTERM\nup\n"),
        "one signal for the first: {told:?}"
    );
    assert_eq!(bench.count("web", "stopping"), 1);
}
