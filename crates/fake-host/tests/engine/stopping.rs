//! How a sidecar is asked to end.

use std::fs;

use fake_host::testing::eventually;

use crate::support::{Bench, script};

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
    let grace = std::time::Duration::from_millis(100);
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
