//! How a sidecar is asked to end.

use std::fs;
use std::time::Duration;

use fake_host::testing::eventually;
use sidecar_lifecycle::{HealthCheck, Phase, SidecarBuilder, Wanted};

use crate::support::{Bench, fake, script, wait};

/// Longer than any test takes: whoever waits for it is found by the deadline.
const HOUR: Duration = Duration::from_hours(1);

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
    let sidecar = sidecar.restart_backoff(HOUR).restart_backoff_cap(HOUR);
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
    eventually("it was asked", || {
        fs::read_to_string(&notes).is_ok_and(|n| n.contains("TERM"))
    });
    fs::write(bench.path("notes.go"), "").expect("written");
    bench.next("web", "ready");
    let told = || fs::read_to_string(&notes).expect("notes");
    eventually("the second run has begun", || {
        told().matches("up\n").count() == 2
    });
    assert_eq!(told(), "up\nTERM\nup\n", "one signal for the first");
    assert_eq!(bench.count("web", "stopping"), 1);
}

#[test]
fn no_call_waits_for_what_it_asks_for() {
    let mut bench = Bench::new();
    let patient = |web: SidecarBuilder| web.graceful_shutdown_timeout(HOUR);
    bench.run_armed("web", "--ignore-term", patient);
    bench.engine.restart("web", "test").expect("asked");
    bench.engine.roll("web", "test").expect("asked");
    bench.engine.stop("web", "test").expect("asked");
    bench.engine.start("web").expect("asked");
    bench.engine.stop_all("test").expect("asked");
    bench.next("web", "stopping");
    let info = bench.engine.info("web").expect("it runs");
    assert!(info.is_running, "its tree lives: {info:?}");
    bench.engine.force();
    bench.next("web", "stopped");
}

#[test]
fn the_info_names_the_run_whose_processes_live() {
    let mut bench = Bench::new();
    let run = |bench: &Bench| bench.engine.info("web").and_then(|info| info.run);
    for _ in 0..2 {
        let ready = bench.run("web", fake("--no-listen"));
        assert_eq!(run(&bench).map(|r| r.0), ready["run"].as_u64());
        bench.stop("web");
        eventually("no run is named", || run(&bench).is_none());
    }
}

/// Servers of the Model Context Protocol end when their input ends, and some hear nothing else.
#[test]
fn a_stop_ends_the_input_of_who_hears_nothing_else() {
    let mut bench = Bench::new();
    let patient = |mcp: SidecarBuilder| mcp.graceful_shutdown_timeout(HOUR);
    bench.run_armed("mcp", "--ignore-term --exit-on-stdin-eof", patient);
    assert_eq!(bench.stop("mcp")["survivors"], 0);
    let exited = bench.seen.iter().find(|e| e["event"] == "exited");
    assert_eq!(exited.expect("it exited")["code"], 0);
}

/// A package runner that passes the signal on gives it twice; we give it once.
#[cfg(target_os = "linux")]
#[test]
fn each_of_the_tree_is_asked_once() {
    let mut bench = Bench::new();
    let notes = bench.path("notes");
    // Each goes on for a while after the signal, in which a second one would come.
    let text = "note() { trap \"echo $1 >>$NOTES\" TERM; echo up >>$NOTES; \
                until test -e $NOTES.go; do sleep 0.01; done; }; \
                (note child) & (setsid sh -c \"trap 'echo escapee >>$NOTES' TERM; \
                echo up >>$NOTES; until test -e $NOTES.go; do sleep 0.01; done\") & note leader";
    bench.run(
        "web",
        script(text)
            .env("NOTES", &notes)
            .graceful_shutdown_timeout(HOUR),
    );
    let lines = || {
        let text = fs::read_to_string(&notes).unwrap_or_default();
        text.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    eventually("all three are up", || lines().len() == 3);
    bench.engine.stop("web", "first").expect("asked");
    eventually("all three were asked", || lines().len() == 6);
    // Whoever is in the tree is looked at again and again while it ends.
    bench.run("other", script("exec sleep 1000"));
    bench.stop("other");
    fs::write(bench.path("notes.go"), "").expect("written");
    bench.next("web", "stopped");
    let mut told = lines();
    told.sort_unstable();
    assert_eq!(told, ["child", "escapee", "leader", "up", "up", "up"]);
}

#[test]
fn a_new_run_begins_when_the_whole_tree_of_the_last_one_is_gone() {
    let mut bench = Bench::new();
    let notes = bench.path("notes");
    // The leader goes at once, as npm does; its server takes its time.
    let text = "(trap 'until test -e $NOTES.go; do sleep 0.01; done; echo gone >>$NOTES; exit' TERM; \
                echo up >>$NOTES; while :; do sleep 0.01; done) & exec sleep 1000";
    let slow = script(text).env("NOTES", &notes);
    bench.run("web", slow.graceful_shutdown_timeout(HOUR));
    eventually("the server is up", || fs::read(&notes).is_ok());
    bench.engine.restart("web", "test").expect("asked");
    bench.next("web", "exited");
    fs::write(bench.path("notes.go"), "").expect("written");
    bench.next("web", "ready");
    eventually("the new server is up", || {
        fs::read_to_string(&notes).is_ok_and(|n| n == "up\ngone\nup\n")
    });
}

/// A leader that never looks after its children leaves them dead in the table as long as it lives,
/// and here for longer: nobody reaps for init on this machine, perhaps.
#[cfg(target_os = "linux")]
#[test]
fn the_dead_are_not_counted_as_running() {
    let mut bench = Bench::new();
    let pid = bench.path("pid");
    let text = format!(
        "exec perl -e 'if (!fork) {{ exit }} open F, \">{}\"; print F $$; close F; sleep 1000'",
        pid.display()
    );
    bench.run("web", script(&text).graceful_shutdown_timeout(HOUR));
    eventually("it has a dead child", || {
        let leader = fs::read_to_string(&pid).unwrap_or_default();
        let list = format!("/proc/{leader}/task/{leader}/children");
        let children = fs::read_to_string(list).unwrap_or_default();
        let mut pids = children.split_whitespace().filter_map(|p| p.parse().ok());
        pids.next()
            .is_some_and(|child| fake_host::testing::Process::of(child).is_none())
    });
    assert_eq!(bench.stop("web")["survivors"], 0);
    assert_eq!(bench.count("web", "stopped"), 1);
}
