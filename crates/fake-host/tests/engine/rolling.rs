//! Rolling restarts: a server is replaced, and its clients never notice.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;

use fake_host::testing::{eventually, free_port};
use sidecar_lifecycle::ports::PortWish;
use sidecar_lifecycle::{HandOver, HealthCheck, SidecarBuilder};

use crate::support::{Bench, fake};

fn server(flags: &str) -> SidecarBuilder {
    fake(flags)
        .port(PortWish::Auto)
        .health_check(HealthCheck::http("/"))
}

/// Asks the server, and answers whether it has answered.
fn answers(port: u16) -> bool {
    let ask = || -> std::io::Result<usize> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
        stream.read_to_end(&mut Vec::new())
    };
    ask().is_ok_and(|n| n > 0)
}

#[test]
fn clients_that_follow_the_hand_over_meet_a_server_at_any_time() {
    let mut bench = Bench::new();
    let target = Arc::new(Mutex::new(0));
    let place = target.clone();
    let hook = move |change: HandOver| {
        *place.lock().expect("no panic") = change.port.expect("it has a port");
        async { Ok::<(), String>(()) }
    };
    let first = bench.run("web", server("").on_hand_over(hook));
    *target.lock().expect("no panic") = first["port"].as_u64().expect("a port") as u16;
    let (done, asked) = (Arc::new(AtomicBool::new(false)), target.clone());
    let over = done.clone();
    let client = thread::spawn(move || {
        let (mut good, mut bad) = (0, 0);
        while !over.load(Ordering::SeqCst) {
            let port = asked.lock().expect("no panic");
            // While it is looked at, the port does not change: what counts is the server there.
            if answers(*port) {
                good += 1;
            } else {
                bad += 1;
            }
        }
        (good, bad)
    });
    for _ in 0..3 {
        let before = bench.engine.info("web").and_then(|info| info.port);
        bench.roll("web", "a new build");
        let ready = bench.next("web", "ready");
        // Not the first one: nobody holds that any more when the third successor chooses.
        assert_ne!(before.map(u64::from), ready["port"].as_u64());
        bench.next("web", "stopped");
    }
    done.store(true, Ordering::SeqCst);
    let (good, bad) = client.join().expect("it ran");
    assert!(good > 3 && bad == 0, "{good} answers, {bad} failures");
    let info = bench.engine.info("web").expect("it runs");
    assert_eq!(
        (info.port, info.restart_count),
        (Some(*target.lock().expect("no panic")), 3)
    );
    bench.stop("web");
    assert_eq!(bench.count("web", "spawned"), bench.count("web", "stopped"));
}

#[test]
fn a_new_run_that_fails_leaves_the_old_one_serving() {
    let mut bench = Bench::new();
    let flag = bench.path("broken");
    let text = format!(
        "test -e {} && exit 5; exec {} --max-life 3m",
        flag.display(),
        fake_host::testing::fake_sidecar().display()
    );
    let sidecar = crate::support::script(&text)
        .port(PortWish::Auto)
        .health_check(HealthCheck::http("/"));
    let ready = bench.run("web", sidecar);
    std::fs::write(&flag, "").expect("written");
    bench.roll("web", "a broken build");
    let failed = bench.next("web", "roll_failed");
    let reason = failed["reason"].as_str().expect("a reason");
    assert!(
        reason.contains("ended with code 5 before it was ready"),
        "{reason}"
    );
    let info = bench.engine.info("web").expect("it runs");
    assert!(info.is_healthy);
    assert_eq!(
        Some(u64::from(info.pid.expect("a pid"))),
        ready["pid"].as_u64()
    );
    assert!(answers(info.port.expect("a port")));
}

#[test]
fn a_hand_over_that_fails_leaves_the_old_one_serving() {
    let mut bench = Bench::new();
    let sidecar = server("").on_hand_over(|_| async { Err("the proxy did not answer") });
    let ready = bench.run("web", sidecar);
    bench.roll("web", "test");
    let failed = bench.next("web", "roll_failed");
    assert_eq!(
        failed["reason"],
        "the hand-over failed: the proxy did not answer"
    );
    bench.next("web", "stopped");
    let info = bench.engine.info("web").expect("it runs");
    assert_eq!(
        Some(u64::from(info.pid.expect("a pid"))),
        ready["pid"].as_u64()
    );
}

#[test]
fn with_a_fixed_port_it_is_a_restart_that_says_so() {
    let mut bench = Bench::new();
    let port = free_port();
    let sidecar = fake("").port(PortWish::Fixed(port));
    bench.run("web", sidecar.health_check(HealthCheck::http("/")));
    bench.roll("web", "test");
    assert_eq!(
        bench.next("web", "roll_degraded")["reason"],
        "its port is fixed"
    );
    bench.next("web", "stopped");
    assert_eq!(bench.next("web", "ready")["port"], port);
}

#[test]
fn a_stop_in_the_midst_of_it_leaves_neither() {
    let mut bench = Bench::new();
    let (begun, begins) = mpsc::channel();
    let begun = Mutex::new(begun);
    let sidecar = server("").on_hand_over(move |_| {
        begun
            .lock()
            .expect("no panic")
            .send(())
            .expect("the test listens");
        std::future::pending::<Result<(), String>>()
    });
    bench.run("web", sidecar);
    bench.roll("web", "test");
    begins.recv().expect("the hand-over has begun");
    bench.engine.stop("web", "enough").expect("asked");
    bench.next("web", "stopped");
    bench.next("web", "stopped");
    let info = bench.engine.info("web").expect("it was started");
    eventually("nothing of it runs", || {
        !bench.engine.info("web").is_some_and(|i| i.is_running)
    });
    assert!(info.pid.is_none() || !info.is_healthy, "{info:?}");
}

#[test]
fn those_that_depend_on_it_are_not_touched() {
    let mut bench = Bench::new();
    bench.run("api", server(""));
    bench.run("web", fake("--no-listen").depends_on("api"));
    bench.roll("api", "test");
    bench.next("api", "ready");
    bench.next("api", "stopped");
    assert_eq!(bench.count("web", "stopping"), 0);
    bench.engine.stop_all("enough").expect("asked");
    bench.next("web", "stopped");
    bench.next("api", "stopped");
}

#[test]
fn a_stop_while_the_new_run_starts_leaves_neither() {
    let mut bench = Bench::new();
    let flag = bench.path("silent");
    let text = format!(
        "test -e {} && exec sleep 1000; exec {} --max-life 3m",
        flag.display(),
        fake_host::testing::fake_sidecar().display()
    );
    let sidecar = crate::support::script(&text)
        .port(PortWish::Auto)
        .health_check(HealthCheck::http("/"));
    bench.run("web", sidecar);
    std::fs::write(&flag, "").expect("written");
    bench.roll("web", "a build that never answers");
    bench.next("web", "spawned");
    bench.engine.stop("web", "enough").expect("asked");
    bench.next("web", "stopped");
    bench.next("web", "stopped");
    assert_eq!(bench.count("web", "ready"), 1, "the old one alone");
    assert_eq!(bench.count("web", "crashed"), 0);
}
