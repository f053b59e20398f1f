//! Another configuration of the same sidecar, declared while one of its runs begins.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};

use fake_host::testing::{DEADLINE, eventually};
use sidecar_lifecycle::ports::PortWish;
use sidecar_lifecycle::{Error, Event, EventKind, HealthCheck, Phase, SidecarBuilder};

use crate::support::{Bench, script};

/// An engine that stands still once this sidecar is being prepared, until it is released.
struct Held {
    bench: Bench,
    begun: mpsc::Receiver<()>,
    release: mpsc::Sender<()>,
}

fn held_while_preparing(id: &'static str) -> Held {
    let (tell, begun) = mpsc::channel();
    let (release, released) = mpsc::channel();
    let released = Mutex::new(released);
    let bench = Bench::calling(move |event: &Event| {
        let preparing = matches!(
            event.kind,
            EventKind::PhaseChanged {
                to: Phase::Preparing,
                ..
            }
        );
        if preparing && event.sidecar == id {
            let _ = tell.send(()); // Only the first is waited for.
            let released = released.lock().expect("no panic");
            let _ = released.recv_timeout(DEADLINE); // Once the test has failed nobody releases it.
        }
    });
    Held {
        bench,
        begun,
        release,
    }
}

/// Writes down that it runs, with an argument of its own and a variable.
fn witness(file: &Path, name: &str) -> SidecarBuilder {
    let text = format!(
        "echo {name} of $CONFIGURATION >> {}; exec sleep 1000",
        file.display()
    );
    script(&text)
        .env("CONFIGURATION", name)
        .port(PortWish::Auto)
}

/// A run that has begun with the first configuration, while the second one is declared.
struct Both {
    bench: Bench,
    file: PathBuf,
    /// Whether the check that the second one has was asked.
    checked: Arc<AtomicBool>,
}

impl Both {
    fn new() -> Both {
        let Held {
            mut bench,
            begun,
            release,
        } = held_while_preparing("other");
        let file = bench.path("witness");
        bench.begin("other", script("exec sleep 1000"));
        begun.recv_timeout(DEADLINE).expect("it is being prepared");
        // All three wait for the engine's thread, which has seen none of them yet.
        bench.begin("web", witness(&file, "first"));
        let checked = Arc::new(AtomicBool::new(false));
        let seen = checked.clone();
        let second = witness(&file, "second").health_check(HealthCheck::custom(move |_| {
            seen.store(true, Ordering::SeqCst);
            async { true }
        }));
        let second = second.build().expect("good");
        let answer = bench.engine.declare("web", second);
        drop(release);
        answer.expect("nothing of it has begun as far as anybody knows");
        bench.next("web", "ready");
        Both {
            bench,
            file,
            checked,
        }
    }

    /// The runs so far have written this, and the second one's check was asked or not.
    fn assert(&self, expected: &str, checked: bool) {
        let read = || fs::read_to_string(&self.file).unwrap_or_default();
        eventually("it has written down that it runs", || {
            read().lines().count() == expected.lines().count()
        });
        assert_eq!(read(), expected);
        assert_eq!(self.checked.load(Ordering::SeqCst), checked);
    }
}

/// It was the first one's program, on the first one's port, with the second one's arguments,
/// environment and checks.
#[test]
fn a_run_keeps_the_configuration_that_it_began_with() {
    let mut both = Both::new();
    both.assert("first of first\n", false);
    both.bench.stop("web");
    both.bench.engine.start("web").expect("asked");
    both.bench.next("web", "ready");
    both.assert("first of first\nsecond of second\n", true);
}

#[test]
fn a_roll_brings_the_whole_of_another_configuration() {
    let mut both = Both::new();
    both.assert("first of first\n", false);
    both.bench.roll("web", "another configuration");
    both.bench.next("web", "ready");
    both.bench.next("web", "stopped");
    both.assert("first of first\nsecond of second\n", true);
}

/// It was accepted, and the run that was promised was another one than that which came.
#[test]
fn another_configuration_is_refused_while_a_run_is_being_prepared() {
    let Held {
        mut bench,
        begun,
        release,
    } = held_while_preparing("web");
    let file = bench.path("witness");
    bench.begin("web", witness(&file, "first"));
    begun.recv_timeout(DEADLINE).expect("it is being prepared");
    let second = witness(&file, "second").build().expect("good");
    let same = witness(&file, "first").build().expect("good");
    let answers = [second, same].map(|config| bench.engine.declare("web", config));
    drop(release);
    assert!(
        matches!(&answers, [Err(Error::Conflict { .. }), Ok(())]),
        "{answers:?}"
    );
    bench.next("web", "ready");
}
