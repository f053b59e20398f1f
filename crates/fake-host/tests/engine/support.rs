//! An engine with its events, for one test.

use std::future::Future;
use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use fake_host::testing::{DEADLINE, Family, Grammar, eventually, fake_sidecar};
use serde_json::Value;
use sidecar_lifecycle::{Engine, Event, SidecarBuilder, SidecarConfig};
use tempfile::TempDir;

/// An engine with a state folder of its own. Its sidecars end with it.
pub(crate) struct Bench {
    pub(crate) engine: Engine,
    events: Receiver<Value>,
    /// Everything that has been looked at, in order.
    pub(crate) seen: Vec<Value>,
    grammar: Grammar,
    folder: TempDir,
}

impl Bench {
    pub(crate) fn new() -> Bench {
        Bench::calling(|_| {})
    }

    /// With somebody who is called for each event before it is seen here, on the engine's thread.
    pub(crate) fn calling(first: impl Fn(&Event) + Send + Sync + 'static) -> Bench {
        let folder = tempfile::tempdir().expect("a folder of its own");
        let engine = Engine::builder("engine-tests", folder.path().join("state"))
            .build()
            .expect("an engine");
        let (tx, events) = mpsc::channel();
        engine.subscribe(move |event| {
            first(event);
            let event = serde_json::to_value(event).expect("an event is JSON");
            let _ = tx.send(event); // The test has ended.
        });
        let seen = Vec::new();
        Bench {
            engine,
            events,
            seen,
            grammar: Grammar::default(),
            folder,
        }
    }

    /// A path in the test's own folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Declares it, starts it and waits until it is ready.
    pub(crate) fn run(&mut self, id: &str, sidecar: SidecarBuilder) -> Value {
        self.begin(id, sidecar);
        self.next(id, "ready")
    }

    /// Runs the test server with these flags, and waits until it does with signals what they say:
    /// without a port to answer on it is ready earlier.
    pub(crate) fn run_armed(
        &mut self,
        id: &str,
        flags: &str,
        with: impl FnOnce(SidecarBuilder) -> SidecarBuilder,
    ) -> Value {
        let family = Family::new(self.path(&format!("{id}.pids")));
        let flags = format!("--no-listen {flags} --pidfile {}", family.file().display());
        let ready = self.run(id, with(fake(&flags)));
        eventually("it minds its signals", || {
            !family.living_as("leader").is_empty()
        });
        ready
    }

    /// Declares it and starts it.
    pub(crate) fn begin(&self, id: &str, sidecar: SidecarBuilder) {
        let config = sidecar.build().expect("a good configuration");
        self.engine.declare(id, config).expect("declared");
        self.engine.start(id).expect("started");
    }

    /// Waits for the next event of this kind about this sidecar, and returns it.
    #[track_caller]
    pub(crate) fn next(&mut self, id: &str, kind: &str) -> Value {
        let end = Instant::now() + DEADLINE;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let Ok(event) = self.events.recv_timeout(left) else {
                panic!("waited in vain for {kind} of {id}: {:#?}", self.seen);
            };
            self.grammar.hear(&event);
            self.seen.push(event.clone());
            if event["sidecar"] == id && event["event"] == kind {
                return event;
            }
        }
    }

    /// Replaces it by a new run without a gap: two of its runs may live at a time.
    pub(crate) fn roll(&mut self, id: &str, reason: &str) {
        self.grammar.roll(id);
        self.engine.roll(id, reason).expect("asked");
    }

    /// How many events of this kind about this sidecar were looked at.
    pub(crate) fn count(&self, id: &str, kind: &str) -> usize {
        let of_it = |event: &&Value| event["sidecar"] == id && event["event"] == kind;
        self.seen.iter().filter(of_it).count()
    }

    /// Stops it and waits until its tree is gone.
    pub(crate) fn stop(&mut self, id: &str) -> Value {
        self.engine.stop(id, "asked by the test").expect("stopped");
        self.next(id, "stopped")
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.engine.force();
        let report = self.engine.shutdown("the test has ended", DEADLINE);
        if !std::thread::panicking() {
            assert!(report.complete, "something is left");
            while let Ok(event) = self.events.try_recv() {
                self.grammar.hear(&event);
            }
            self.grammar.assert_all_stopped();
        }
    }
}

/// The test server with these flags.
pub(crate) fn fake(flags: &str) -> SidecarBuilder {
    SidecarConfig::builder()
        .program(fake_sidecar())
        // A failed test leaves no litter for long.
        .args(
            ["--max-life", "3m"]
                .into_iter()
                .chain(flags.split_whitespace()),
        )
        .graceful_shutdown_timeout(Duration::from_secs(2))
        .restart_backoff(Duration::from_millis(10))
}

/// A script, run by the shell.
pub(crate) fn script(text: &str) -> SidecarBuilder {
    SidecarConfig::builder()
        .name("sh")
        .args(["-c", text])
        .graceful_shutdown_timeout(Duration::from_secs(2))
        .restart_backoff(Duration::from_millis(10))
}

/// Waits for a future, with the deadline of all tests.
#[track_caller]
pub(crate) fn wait<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime");
    runtime
        .block_on(async { tokio::time::timeout(DEADLINE, future).await })
        .expect("in time")
}
