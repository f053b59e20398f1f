//! Ports between sidecars, engines and launches.

use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use fake_host::testing::two_free_ports;
use sidecar_lifecycle::ports::PortWish;
use sidecar_lifecycle::{Engine, EventKind, HealthCheck};

use crate::support::{Bench, fake, script, wait};

#[test]
fn a_server_that_finds_its_port_taken_gets_another_and_has_not_crashed() {
    let mut bench = Bench::new();
    let (first, second) = two_free_ports();
    let text = format!(
        "if [ $PORT = {first} ]; then echo \"Error: listen EADDRINUSE: address already in use :::$PORT\" >&2; \
         exit 1; fi; exec {} --max-life 3m",
        fake_host::testing::fake_sidecar().display()
    );
    let sidecar = script(&text).port_range(first..=second);
    let ready = bench.run("web", sidecar.health_check(HealthCheck::http("/")));
    assert_eq!(ready["port"], second);
    assert_eq!(
        (
            bench.count("web", "port_taken"),
            bench.count("web", "crashed")
        ),
        (1, 0)
    );
    assert_eq!(bench.count("web", "restarting"), 0, "it does not wait");
}

#[test]
fn arguments_get_the_port_that_was_chosen() {
    let mut bench = Bench::new();
    let (first, second) = two_free_ports();
    let notes = bench.path("arguments");
    // The server takes no `auto`, and no PORT from us.
    let text = format!(
        "printf '%s\\n' \"$@\" >{}; unset PORT; exec {} --max-life 3m \"$1\" \"$2\"",
        notes.display(),
        fake_host::testing::fake_sidecar().display()
    );
    let arguments = ["--port", "auto", "--port=auto", "x{port}y", "auto"];
    let arguments = ["-c", &text, "sh"].into_iter().chain(arguments);
    let sidecar = script(&text).args(arguments).port_range(first..=second);
    let ready = bench.run("web", sidecar.health_check(HealthCheck::http("/")));
    let port = ready["port"].as_u64().expect("a port");
    let seen = std::fs::read_to_string(&notes).expect("it was told");
    let seen: Vec<&str> = seen.lines().collect();
    let (both, inside) = (format!("--port={port}"), format!("x{port}y"));
    let port = port.to_string();
    assert_eq!(seen, ["--port", &port, &both, &inside, "auto"]);
}

#[test]
fn a_server_that_waits_for_its_stolen_port_is_moved_too() {
    let (first, second) = two_free_ports();
    let thief = Arc::new(Mutex::new(None));
    let place = thief.clone();
    let mut bench = Bench::calling(move |event| {
        // Between the pick and the bind: this is called on the engine's own thread.
        if let EventKind::Spawned {
            port: Some(port), ..
        } = event.kind
            && port == first
        {
            let stolen = TcpListener::bind(("127.0.0.1", port)).expect("it was free");
            *place.lock().expect("no panic") = Some(stolen);
        }
    });
    // Waits for a change of its files, as `node --watch` does.
    let text = format!(
        "if [ $PORT = {first} ]; then echo \"Error: listen EADDRINUSE: address already in use 127.0.0.1:$PORT\"; \
         exec sleep 1000; fi; exec {} --max-life 3m",
        fake_host::testing::fake_sidecar().display()
    );
    let sidecar = script(&text).port_range(first..=second);
    let ready = bench.run("web", sidecar.health_check(HealthCheck::http("/")));
    assert_eq!(ready["port"], second);
    assert_eq!(
        (
            bench.count("web", "port_taken"),
            bench.count("web", "crashed")
        ),
        (1, 0)
    );
}

#[test]
fn a_fixed_port_that_is_taken_under_way_is_a_crash_that_says_so() {
    let mut bench = Bench::new();
    let (port, _) = two_free_ports();
    let text = "echo \"OSError: [Errno 98] Address already in use\" >&2; exit 1";
    let sidecar = script(text).port(PortWish::Fixed(port));
    bench.begin("web", sidecar.health_check(HealthCheck::tcp()));
    let crashed = bench.next("web", "crashed");
    let expected = format!("ended with code 1 before it was ready: port {port} is taken");
    assert_eq!(crashed["reason"], expected);
}

#[test]
fn engines_that_start_together_share_a_range() {
    let (mut one, mut two) = (Bench::new(), Bench::new());
    let (first, second) = two_free_ports();
    let slow = || {
        fake("--listen-after 300ms")
            .port_range(first..=second)
            .health_check(HealthCheck::http("/"))
    };
    one.begin("web", slow());
    two.begin("web", slow());
    let mut ports = [one.next("web", "ready"), two.next("web", "ready")]
        .map(|ready| ready["port"].as_u64().expect("a port"));
    ports.sort_unstable();
    assert_eq!(ports, [u64::from(first), u64::from(second)]);
}

#[test]
fn the_next_launch_and_the_next_run_ask_for_the_last_port_first() {
    let folder = tempfile::tempdir().expect("a folder");
    let (first, second) = two_free_ports();
    let launch = || {
        let engine = Engine::builder("engine-tests", folder.path())
            .build()
            .expect("an engine");
        let config = fake("")
            .port_range(first..=second)
            .health_check(HealthCheck::http("/"))
            .build()
            .expect("a good configuration");
        let info = wait(engine.ensure_running("web", config)).expect("ready");
        (engine, info.port)
    };
    let holder = TcpListener::bind(("127.0.0.1", first)).expect("it was free");
    let (engine, port) = launch();
    assert_eq!(port, Some(second));
    drop(holder);
    engine.restart("web", "test").expect("asked");
    let down_and_up = wait(engine.wait_ready("web")).expect("ready again");
    assert_eq!(down_and_up.port, Some(second));
    drop(engine);
    let (_engine, port) = launch();
    assert_eq!(port, Some(second), "although the first one is free");
}
