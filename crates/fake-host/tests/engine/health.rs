//! Startup, readiness and liveness, each by a check of its own.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use fake_host::testing::{Process, eventually};
use sidecar_lifecycle::{HealthCheck, Phase, Probe};

use crate::support::{Bench, fake, script, wait};

const SOON: Duration = Duration::from_millis(5);

/// A check that says what the test wants, and how often it was asked.
#[derive(Clone, Default)]
struct Gate {
    open: Arc<AtomicBool>,
    asked: Arc<AtomicU32>,
}

impl Gate {
    fn check(&self) -> HealthCheck {
        let gate = self.clone();
        HealthCheck::custom(move |_| {
            gate.asked.fetch_add(1, Ordering::SeqCst);
            let open = gate.open.load(Ordering::SeqCst);
            async move { open }
        })
    }

    fn set(&self, open: bool) {
        self.open.store(open, Ordering::SeqCst);
    }

    fn asked(&self) -> u32 {
        self.asked.load(Ordering::SeqCst)
    }
}

#[test]
fn a_closure_says_when_it_is_ready() {
    let mut bench = Bench::new();
    let gate = Gate::default();
    bench.begin("web", fake("--no-listen").health_check(gate.check()));
    bench.next("web", "spawned");
    eventually("it is asked again and again", || gate.asked() > 3);
    let info = bench.engine.info("web").expect("it was started");
    assert!(
        !info.is_healthy && info.last_health_check.is_none(),
        "{info:?}"
    );
    gate.set(true);
    bench.next("web", "ready");
    let info = wait(bench.engine.wait_ready("web")).expect("ready");
    assert!(
        info.is_healthy && info.last_health_check.is_some(),
        "{info:?}"
    );
    let asked = gate.asked();
    bench.stop("web");
    assert_eq!(gate.asked(), asked, "nobody asks on without a probe");
}

#[test]
fn a_closure_knows_whom_it_is_asked_about() {
    let mut bench = Bench::new();
    let (tx, heard) = mpsc::channel();
    let tx = Mutex::new(tx);
    let check = HealthCheck::custom(move |context| {
        let told = (context.id.clone(), context.pid, context.port);
        tx.lock()
            .expect("no panic")
            .send(told)
            .expect("the test listens");
        async { Ok::<(), String>(()) }
    });
    let auto = "auto".parse().expect("a wish");
    let ready = bench.run("web", fake("--no-listen").port(auto).health_check(check));
    let (id, pid, port) = heard.recv().expect("it was asked");
    assert_eq!((id.as_str(), pid.into()), ("web", ready["pid"].clone()));
    assert_eq!(port.map(Into::into), Some(ready["port"].clone()));
}

#[test]
fn a_closure_that_hangs_is_dropped_when_its_time_is_up() {
    let mut bench = Bench::new();
    let (asked, held) = (Arc::new(AtomicU32::new(0)), Arc::new(()));
    let (count, hold) = (asked.clone(), held.clone());
    let check = HealthCheck::custom(move |_| {
        let hangs = count.fetch_add(1, Ordering::SeqCst) < 2;
        let hangs = hangs.then(|| hold.clone());
        async move {
            if hangs.is_some() {
                std::future::pending::<()>().await;
            }
            true
        }
    });
    let sidecar = fake("--no-listen").health_check(check).check_timeout(SOON);
    bench.run("web", sidecar);
    // On a busy machine a good answer may be too late as well, and is asked for again.
    assert!(asked.load(Ordering::SeqCst) >= 3, "two of them hung");
    let of_the_test_and_the_closure = || Arc::strong_count(&held) == 2;
    eventually("those are dropped", of_the_test_and_the_closure);
}

#[test]
fn a_closure_that_blocks_holds_up_neither_others_nor_a_stop() {
    let mut bench = Bench::new();
    let (begun, begins) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let ends = Mutex::new((begun, released));
    let check = HealthCheck::custom(move |_| {
        let ends = ends.lock().expect("no panic");
        ends.0.send(()).expect("the test listens");
        let _ = ends.1.recv(); // Until the test drops its end.
        async { true }
    });
    bench.begin("stuck", fake("--no-listen").health_check(check));
    begins.recv().expect("it was asked");
    let auto = "auto".parse().expect("a wish");
    bench.run(
        "web",
        fake("").port(auto).health_check(HealthCheck::http("/")),
    );
    bench.stop("stuck");
    bench.stop("web");
    drop(release);
}

#[test]
fn a_closure_that_panics_is_a_failed_check() {
    let mut bench = Bench::new();
    let asked = Arc::new(AtomicU32::new(0));
    let count = asked.clone();
    let check = HealthCheck::custom(move |_| {
        let first = count.fetch_add(1, Ordering::SeqCst) == 0;
        async move {
            assert!(!first, "this is meant to be seen in the output of a test");
            true
        }
    });
    bench.run("web", fake("--no-listen").health_check(check));
}

#[test]
fn so_many_passes_in_a_row_are_needed() {
    let mut bench = Bench::new();
    let answers = Arc::new(Mutex::new(vec![true, true, true, false, true, true, false]));
    let left = answers.clone();
    let check = HealthCheck::custom(move |_| {
        let answer = left.lock().expect("no panic").pop();
        async move { answer.unwrap_or(false) }
    });
    let sidecar = fake("--no-listen").health_check(check).success_threshold(3);
    bench.run("web", sidecar);
    assert!(answers.lock().expect("no panic").is_empty());
}

/// The whole answer to a GET.
fn get(port: &serde_json::Value) -> String {
    let port = port.as_u64().and_then(|port| u16::try_from(port).ok());
    let mut server = TcpStream::connect(("127.0.0.1", port.expect("a port"))).expect("it listens");
    server
        .write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .expect("it reads");
    let mut answer = String::new();
    server.read_to_string(&mut answer).expect("text");
    answer
}

#[test]
fn a_server_has_to_answer_well_so_many_times_in_a_row() {
    let mut bench = Bench::new();
    let auto = "auto".parse().expect("a wish");
    let sidecar = fake("--status 200,200,503,200,200,200,503").port(auto);
    let sidecar = sidecar.health_check(HealthCheck::http("/"));
    let ready = bench.run("web", sidecar.success_threshold(3));
    let answer = get(&ready["port"]);
    assert!(answer.ends_with("answer 7\n"), "not after six: {answer}");
}

#[test]
fn a_command_that_hangs_is_ended_with_all_that_it_started() {
    let mut bench = Bench::new();
    let (flag, pids) = (bench.path("flag"), bench.path("pids"));
    let text = format!(
        "test -e {flag} && exit 7; sleep 1000 & echo $! >>{pids}; wait",
        flag = flag.display(),
        pids = pids.display()
    );
    let check = HealthCheck::Command {
        cmd: "sh".into(),
        args: vec!["-c".into(), text],
        expected_exit: 7,
    };
    let sidecar = fake("--no-listen").health_check(check);
    // Long for a command that ends by itself, on a busy machine too.
    bench.begin("web", sidecar.check_timeout(Duration::from_millis(500)));
    let sleepers = || -> Vec<i32> {
        let text = std::fs::read_to_string(&pids).unwrap_or_default();
        text.lines().filter_map(|line| line.parse().ok()).collect()
    };
    eventually("two commands were ended", || sleepers().len() > 2);
    std::fs::write(&flag, "").expect("written");
    bench.next("web", "ready");
    eventually("nothing is left of them", || {
        sleepers().into_iter().all(|pid| Process::of(pid).is_none())
    });
}

#[test]
fn a_command_may_print_as_much_as_it_likes() {
    let mut bench = Bench::new();
    let text = "yes | head -c 1000000; echo well";
    let check = HealthCheck::command("sh", ["-c", text]);
    bench.run("web", fake("--no-listen").health_check(check));
}

#[test]
fn the_reason_has_the_last_word_of_a_command() {
    let mut bench = Bench::new();
    let check = HealthCheck::command("sh", ["-c", "echo trying; echo no database >&2; exit 3"]);
    let watch = Probe::every(SOON).check(check).failure_threshold(1);
    bench.run("web", fake("--no-listen").readiness(watch));
    let unhealthy = bench.next("web", "unhealthy");
    assert_eq!(
        unhealthy["reason"],
        "the command ended with code 3: no database"
    );
}

#[test]
fn a_stop_ends_a_command_that_checks() {
    let mut bench = Bench::new();
    let pid = bench.path("pid");
    let text = format!("echo $$ >{}; exec sleep 1000", pid.display());
    let check = HealthCheck::command("sh", ["-c", &text]);
    bench.begin("web", fake("--no-listen").health_check(check));
    let mut sleeper = None;
    eventually("the command runs", || {
        let text = std::fs::read_to_string(&pid).unwrap_or_default();
        sleeper = text.trim().parse().ok();
        sleeper.is_some()
    });
    bench.stop("web");
    let sleeper = sleeper.expect("a pid");
    eventually("the command has ended", || Process::of(sleeper).is_none());
}

#[test]
fn lost_readiness_marks_it_and_ends_nothing() {
    let mut bench = Bench::new();
    let gate = Gate::default();
    gate.set(true);
    let probe = Probe::every(SOON).check(gate.check()).failure_threshold(2);
    let ready = bench.run("web", fake("--no-listen").readiness(probe));
    gate.set(false);
    let unhealthy = bench.next("web", "unhealthy");
    assert_eq!(unhealthy["reason"], "the custom check said no");
    let asked = gate.asked();
    eventually("it is asked on", || gate.asked() > asked + 3);
    let info = bench.engine.info("web").expect("it runs");
    assert_eq!((info.state, info.is_healthy), (Phase::Unhealthy, false));
    gate.set(true);
    let again = bench.next("web", "ready");
    assert_eq!(
        (&again["pid"], &again["run"]),
        (&ready["pid"], &ready["run"])
    );
    assert_eq!(bench.count("web", "spawned"), 1);
    assert_eq!(bench.count("web", "crashed"), 0);
}

#[test]
fn lost_liveness_is_a_crash() {
    let mut bench = Bench::new();
    let (ready, live) = (Gate::default(), Gate::default());
    ready.set(true);
    live.set(true);
    let sidecar = fake("--no-listen")
        .health_check(ready.check())
        .liveness(Probe::every(SOON).check(live.check()).failure_threshold(2))
        .auto_restart(true);
    let first = bench.run("web", sidecar);
    live.set(false);
    let crashed = bench.next("web", "crashed");
    assert_eq!(crashed["reason"], "liveness lost: the custom check said no");
    live.set(true);
    let second = bench.next("web", "ready");
    assert_ne!(first["pid"], second["pid"]);
    assert_eq!(bench.count("web", "stopped"), 1);
}

#[test]
fn startup_comes_before_liveness() {
    let mut bench = Bench::new();
    let (start, live) = (Gate::default(), Gate::default());
    let sidecar = fake("--no-listen")
        .health_check(start.check())
        .liveness(Probe::every(SOON).check(live.check()).failure_threshold(1));
    bench.begin("web", sidecar);
    eventually("the start is checked for a while", || start.asked() > 10);
    assert_eq!(live.asked(), 0, "a slow start is no dead server");
    live.set(true);
    start.set(true);
    bench.next("web", "ready");
    eventually("from then on it is asked", || live.asked() > 0);
}

#[test]
fn a_listener_in_another_tree_counts_only_where_that_is_wished_for() {
    let mut bench = Bench::new();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("its address").port();
    let check = || HealthCheck::Tcp {
        port: Some(port),
        timeout: Duration::from_secs(5),
    };
    let ours = script("exec sleep 1000").health_check(check());
    bench.begin("ours", ours.ready_timeout(Duration::from_millis(300)));
    let crashed = bench.next("ours", "crashed");
    assert_eq!(crashed["reason"], "not ready within 300ms");
    let container = script("exec sleep 1000").health_check(check());
    bench.run("container", container.own_listener(false));
}

/// The times at which a check was asked.
#[derive(Clone, Default)]
struct Asked(Arc<Mutex<Vec<Instant>>>);

impl Asked {
    fn check(&self) -> HealthCheck {
        let asked = self.clone();
        HealthCheck::custom(move |_| {
            asked.0.lock().expect("no panic").push(Instant::now());
            async { true }
        })
    }

    fn count(&self) -> usize {
        self.0.lock().expect("no panic").len()
    }

    /// Never sooner than it was told; later is the machine's business.
    #[track_caller]
    fn assert_apart(&self, interval: Duration) {
        // A timer of whole milliseconds.
        let least = interval.saturating_sub(Duration::from_millis(2));
        let asked = self.0.lock().expect("no panic");
        for pair in asked.windows(2) {
            let pause = pair[1].duration_since(pair[0]);
            assert!(pause >= least, "asked again after {pause:?}");
        }
    }
}

#[test]
fn intervals_are_kept_on_the_way_up_and_afterwards() {
    let mut bench = Bench::new();
    let (start, ready, live) = (Asked::default(), Asked::default(), Asked::default());
    let (slow, slower) = (Duration::from_millis(40), Duration::from_millis(60));
    let sidecar = fake("--no-listen")
        .health_check(start.check())
        .startup_interval(slow)
        .success_threshold(4)
        .readiness(Probe::every(slow).check(ready.check()))
        .liveness(Probe::every(slower).check(live.check()));
    bench.run("web", sidecar);
    assert_eq!(start.count(), 4, "as often as it has to pass");
    eventually("both are asked on", || {
        ready.count() > 3 && live.count() > 3
    });
    start.assert_apart(slow);
    ready.assert_apart(slow);
    live.assert_apart(slower);
    assert_eq!(start.count(), 4, "and no more once it is ready");
}

#[test]
fn liveness_is_lost_with_the_last_of_so_many_failures_and_not_before() {
    let mut bench = Bench::new();
    // Newest last: two failures, a pass, and then three failures.
    let script = vec![false, false, false, true, false, false];
    let left = Arc::new(Mutex::new(script));
    let answers = left.clone();
    let check = HealthCheck::custom(move |_| {
        let answer = answers.lock().expect("no panic").pop();
        async move { answer.unwrap_or(true) }
    });
    let probe = Probe::every(SOON).check(check).failure_threshold(3);
    bench.run("web", fake("--no-listen").liveness(probe));
    bench.next("web", "crashed");
    assert!(left.lock().expect("no panic").is_empty());
}
