//! Numbers of real sidecars, against their events.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fake_host::testing::Setup;
use sidecar_lifecycle::metrics::{Counter, Telemetry, Timing};
use sidecar_lifecycle::{Engine, Phase, Protection};

use crate::support::{WEB, engine, fake, name, until};

#[derive(Default)]
struct Noted {
    counts: Mutex<BTreeMap<Counter, u64>>,
    lengths: Mutex<Vec<(Timing, Duration)>>,
    phases: Mutex<Vec<Phase>>,
}

impl Telemetry for Noted {
    fn count(&self, sidecar: &str, counter: Counter, by: u64) {
        assert_eq!(sidecar, WEB);
        *self
            .counts
            .lock()
            .expect("whole")
            .entry(counter)
            .or_default() += by;
    }

    fn duration(&self, _: &str, timing: Timing, length: Duration) {
        self.lengths.lock().expect("whole").push((timing, length));
    }

    fn phase(&self, _: &str, phase: Phase) {
        self.phases.lock().expect("whole").push(phase);
    }
}

#[test]
fn the_snapshot_the_telemetry_and_the_events_agree() {
    let setup = Setup::new();
    let noted = Arc::new(Noted::default());
    let engine = Engine::builder("fake-host.telemetry", setup.state_dir())
        .telemetry(noted.clone())
        .build()
        .expect("an engine");
    let mut events = engine.events();
    let config = fake(&setup.family("pids"), "--lines 10 --exit-early 3")
        .auto_restart(true)
        .max_restart_attempts(2)
        .build()
        .expect("a configuration");
    engine.declare(WEB, config).expect("declared");
    assert_eq!(engine.metrics().declared, 1);
    assert_eq!(
        engine.metrics().sidecars[WEB].counters.get(Counter::Starts),
        0
    );
    engine.start(WEB).expect("started");
    let mut seen = until(&mut events, "failed");
    seen.extend(until(&mut events, "phase_changed"));
    let metrics = engine.metrics();
    assert_eq!(metrics.events, seen.len() as u64);
    assert_eq!(metrics.protection, Protection::BestEffort);
    let web = &metrics.sidecars[WEB];
    let count = |wanted: &str| seen.iter().filter(|e| name(e) == wanted).count() as u64;
    for (counter, event, times) in [
        (Counter::Starts, "spawned", 2),
        (Counter::Ready, "ready", 2),
        (Counter::Crashes, "crashed", 2),
        (Counter::Restarts, "restarting", 1),
        (Counter::Stops, "stopped", 2),
        (Counter::Failures, "failed", 1),
    ] {
        assert_eq!((count(event), web.counters.get(counter)), (times, times));
    }
    assert_eq!(web.counters.get(Counter::LogLines), 20);
    assert_eq!(
        (web.start.count, web.stop.count, web.backoff.count),
        (2, 2, 1)
    );
    assert_eq!(
        (web.up, web.healthy, web.phase),
        (false, false, Phase::Failed)
    );
    assert_eq!(web.restart_count, 1);
    let counts = noted.counts.lock().expect("whole");
    for (counter, value) in web.counters.iter() {
        assert_eq!(
            counts.get(&counter).copied().unwrap_or(0),
            value,
            "{counter:?}"
        );
    }
    assert_eq!(noted.lengths.lock().expect("whole").len(), 5);
    assert_eq!(
        noted.phases.lock().expect("whole").last(),
        Some(&Phase::Failed)
    );
}

#[test]
fn a_deaf_tree_is_a_forced_stop() {
    let setup = Setup::new();
    let engine = engine(&setup);
    let mut events = engine.events();
    let family = setup.family("pids");
    let config = fake(&family, "--ignore-term")
        .graceful_shutdown_timeout(Duration::from_millis(50))
        .build()
        .expect("a configuration");
    engine.declare(WEB, config).expect("declared");
    engine.start(WEB).expect("started");
    until(&mut events, "ready");
    family.wait_for(1); // Its last line is written when it is deaf.
    assert!(engine.metrics().sidecars[WEB].up);
    engine.stop(WEB, "the test").expect("stopped");
    until(&mut events, "stopped");
    let web = &engine.metrics().sidecars[WEB];
    assert_eq!(web.counters.get(Counter::ForcedStops), 1);
    assert!(!web.up);
}

#[test]
fn answers_of_health_checks_are_counted() {
    let setup = Setup::new();
    let engine = engine(&setup);
    let mut events = engine.events();
    let config = fake(&setup.family("pids"), "")
        .args(["--max-life", "3m"]) // The port comes from PORT.
        .port(sidecar_lifecycle::ports::PortWish::Auto)
        .health_check(sidecar_lifecycle::HealthCheck::http("/"))
        .liveness(Duration::from_millis(5))
        .build()
        .expect("a configuration");
    engine.declare(WEB, config).expect("declared");
    engine.start(WEB).expect("started");
    until(&mut events, "ready");
    fake_host::testing::eventually("checks go on", || {
        engine.metrics().sidecars[WEB]
            .counters
            .get(Counter::HealthChecks)
            >= 3
    });
    let web = &engine.metrics().sidecars[WEB];
    assert_eq!(web.counters.get(Counter::HealthCheckFailures), 0);
    assert!(web.healthy && web.uptime_seconds > 0.0);
}

#[test]
fn a_rolling_restart_changes_neither_the_phase_nor_what_is_up() {
    let setup = Setup::new();
    let engine = engine(&setup);
    let (tx, changes) = std::sync::mpsc::channel();
    let config = fake(&setup.family("pids"), "")
        .args(["--max-life", "3m"]) // The port comes from PORT.
        .port(sidecar_lifecycle::ports::PortWish::Auto)
        .health_check(sidecar_lifecycle::HealthCheck::http("/"))
        .on_state_change(move |change| tx.send(change.to).expect("the test waits"))
        .build()
        .expect("a configuration");
    let mut events = engine.events();
    engine.declare(WEB, config).expect("declared");
    engine.start(WEB).expect("started");
    until(&mut events, "ready");
    engine.roll(WEB, "the test").expect("rolled");
    let seen = until(&mut events, "stopped");
    let told = |event: &&sidecar_lifecycle::Event| name(event) == "phase_changed";
    let ready = seen.iter().filter(told).count();
    assert_eq!(ready, 1, "it becomes ready, and stays it: {seen:#?}");
    let web = &engine.metrics().sidecars[WEB];
    assert_eq!(web.counters.get(Counter::Starts), 2);
    assert_eq!((web.phase, web.up, web.healthy), (Phase::Ready, true, true));
    assert_eq!(engine.info(WEB).map(|info| info.state), Some(Phase::Ready));
    drop(engine);
    let phases: Vec<Phase> = changes.try_iter().collect();
    let expected = [
        Phase::Preparing,
        Phase::Starting,
        Phase::Ready,
        Phase::Stopping,
        Phase::Idle,
    ];
    assert_eq!(phases, expected);
}
