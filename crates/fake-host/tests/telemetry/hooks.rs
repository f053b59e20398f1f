//! Hooks of real sidecars.

use std::sync::mpsc;
use std::time::Duration;

use fake_host::testing::{DEADLINE, Setup};
use sidecar_lifecycle::{CrashInfo, Phase, SidecarInfo, StateChange, Wanted};

use crate::support::{WEB, engine, fake, until};

#[test]
fn a_crash_hook_has_code_attempt_and_last_lines() {
    let setup = Setup::new();
    let engine = engine(&setup);
    let (tx, crashes) = mpsc::channel::<CrashInfo>();
    let config = fake(&setup.family("pids"), "--lines 30 --exit-early 7")
        .auto_restart(true)
        .max_restart_attempts(2)
        .on_crash(move |crash| tx.send(crash).expect("the test waits"))
        .build()
        .expect("a configuration");
    let mut events = engine.events();
    engine.declare(WEB, config).expect("declared");
    engine.start(WEB).expect("started");
    until(&mut events, "failed");
    drop(engine);
    let crashes: Vec<CrashInfo> = crashes.try_iter().collect();
    let attempts: Vec<u32> = crashes.iter().map(|c| c.restart_attempt).collect();
    assert_eq!(
        attempts,
        [1, 2],
        "all was delivered before the drop returned"
    );
    for crash in &crashes {
        assert_eq!((crash.exit_code, crash.signal), (Some(7), None));
        assert_eq!((crash.id.as_str(), crash.max_attempts), (WEB, 2));
        assert_eq!(crash.last_lines.len(), 20);
    }
    assert!(crashes[0].run < crashes[1].run);
}

#[test]
fn a_crash_hook_has_the_signal_of_a_killed_leader() {
    let setup = Setup::new();
    let engine = engine(&setup);
    let (tx, crashes) = mpsc::channel::<CrashInfo>();
    let family = setup.family("pids");
    let config = fake(&family, "")
        .on_crash(move |crash| tx.send(crash).expect("the test waits"))
        .build()
        .expect("a configuration");
    engine.declare(WEB, config).expect("declared");
    engine.start(WEB).expect("started");
    family.wait_for(1)[0].kill();
    let crash = crashes.recv_timeout(DEADLINE).expect("it crashed");
    assert_eq!((crash.exit_code, crash.signal), (None, Some(libc::SIGKILL)));
}

#[test]
fn healthy_and_state_hooks_come_in_the_order_of_events() {
    let setup = Setup::new();
    let engine = engine(&setup);
    let (tx, told) = mpsc::channel::<Told>();
    let (healthy, change) = (tx.clone(), tx);
    let config = fake(&setup.family("pids"), "")
        .on_healthy(move |info| healthy.send(Told::Healthy(info)).expect("the test waits"))
        .on_state_change(move |c| change.send(Told::Change(c)).expect("the test waits"))
        .build()
        .expect("a configuration");
    engine.declare(WEB, config).expect("declared");
    engine.start(WEB).expect("started");
    let mut all = Vec::new();
    while !all.iter().any(|t| matches!(t, Told::Healthy(_))) {
        all.push(told.recv_timeout(DEADLINE).expect("it becomes healthy"));
    }
    let Some(Told::Healthy(info)) = all.pop() else {
        panic!("healthy is the last one");
    };
    assert!(info.is_healthy && info.is_running && info.pid.is_some() && info.run.is_some());
    assert_eq!((info.id.as_str(), info.state), (WEB, Phase::Ready));
    drop(engine);
    all.extend(told.try_iter());
    let phases: Vec<Phase> = all.iter().map(phase_after).collect();
    let expected = [
        Phase::Preparing,
        Phase::Starting,
        Phase::Ready,
        Phase::Stopping,
        Phase::Idle,
    ];
    assert_eq!(phases, expected, "delivered to the last one");
    let Some(Told::Change(last)) = all.last() else {
        panic!("the last one is a change");
    };
    assert_eq!(last.wanted, Wanted::Down);
}

#[test]
fn all_hooks_of_a_crash_come_in_one_order() {
    let setup = Setup::new();
    let engine = engine(&setup);
    let (tx, told) = mpsc::channel::<String>();
    let say = move || {
        let tx = tx.clone();
        move |word: String| tx.send(word).expect("the test waits")
    };
    let (crash, healthy, change) = (say(), say(), say());
    let family = setup.family("pids");
    let config = fake(&family, "")
        .auto_restart(true)
        .on_crash(move |c| crash(format!("crash {}", c.restart_attempt)))
        .on_healthy(move |_| healthy("healthy".to_owned()))
        .on_state_change(move |c| change(format!("{:?}", c.to)))
        .build()
        .expect("a configuration");
    engine.declare(WEB, config).expect("declared");
    engine.start(WEB).expect("started");
    family.wait_for(1)[0].kill();
    let mut all = Vec::new();
    while all.iter().filter(|w| *w == "healthy").count() < 2 {
        all.push(
            told.recv_timeout(DEADLINE)
                .expect("it becomes healthy again"),
        );
    }
    drop(engine);
    all.extend(told.try_iter());
    let life = ["Preparing", "Starting", "healthy", "Ready"];
    let crash = ["crash 1", "Stopping", "Waiting"];
    let end = ["Stopping", "Idle"];
    let expected: Vec<&str> = [&life[..], &crash, &life, &end].concat();
    assert_eq!(all, expected);
}

enum Told {
    Healthy(SidecarInfo),
    Change(StateChange),
}

fn phase_after(told: &Told) -> Phase {
    match told {
        Told::Healthy(info) => panic!("healthy twice: {info:?}"),
        Told::Change(change) => change.to,
    }
}

#[test]
fn a_hook_that_blocks_keeps_neither_the_sidecar_nor_the_end_waiting() {
    let setup = Setup::new();
    let engine = engine(&setup);
    let (release, stuck) = mpsc::channel::<()>();
    let stuck = std::sync::Mutex::new(stuck);
    let config = fake(&setup.family("pids"), "--exit-after 20ms --exit-code 1")
        .auto_restart(true)
        .max_restart_attempts(3)
        .on_crash(move |_| {
            // Until the test is over.
            let _ = stuck.lock().map(|stuck| stuck.recv());
        })
        .build()
        .expect("a configuration");
    let mut events = engine.events();
    engine.declare(WEB, config).expect("declared");
    engine.start(WEB).expect("started");
    let seen = until(&mut events, "failed");
    let crashes = seen.iter().filter(|e| crate::support::name(e) == "crashed");
    assert_eq!(crashes.count(), 3, "its restarts went on");
    drop(engine); // Comes back although the hook does not.
    drop(release);
}

#[test]
fn a_hook_may_hold_the_last_handle_of_its_engine() {
    let setup = Setup::new();
    let engine = engine(&setup);
    let held = std::sync::Mutex::new(Some(engine.clone()));
    let (tx, done) = mpsc::channel();
    let (go, gate) = mpsc::channel::<()>();
    let gate = std::sync::Mutex::new(gate);
    let config = fake(&setup.family("pids"), "")
        .on_healthy(move |_| {
            let waited = gate.lock().map(|gate| gate.recv_timeout(DEADLINE));
            assert_eq!(waited.ok(), Some(Ok(())), "the test has dropped its own");
            drop(held.lock().map(|mut held| held.take()));
            tx.send(()).expect("the test waits");
        })
        .build()
        .expect("a configuration");
    engine.declare(WEB, config).expect("declared");
    engine.start(WEB).expect("started");
    drop(engine);
    go.send(()).expect("the hook waits");
    let within = DEADLINE + Duration::from_secs(5);
    assert_eq!(done.recv_timeout(within), Ok(()));
    assert!(setup.survivors().is_empty());
}

#[cfg(target_os = "linux")]
#[test]
fn a_host_without_hooks_has_no_thread_for_them() {
    let setup = Setup::new();
    let mut args: Vec<std::ffi::OsString> = vec!["--state-dir".into(), setup.state_dir().into()];
    args.extend(["--".into(), fake_host::testing::fake_sidecar().into()]);
    args.extend(["--max-life", "3m"].map(Into::into));
    let mut host = setup.start(fake_host::testing::fake_host(), args);
    host.next("ready");
    let threads = crate::support::threads_of(host.process.pid);
    assert!(threads.iter().any(|name| name == "sidecar-engine"));
    assert!(!threads.iter().any(|name| name == "sidecar-hooks"));
    host.order("shutdown");
    host.end();
}
