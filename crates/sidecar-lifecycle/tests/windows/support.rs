//! An engine whose events can be waited for, and the programs that it runs.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use sidecar_lifecycle::identity::Identity;
use sidecar_lifecycle::ports::PortWish;
use sidecar_lifecycle::{Engine, EventKind, HealthCheck, SidecarBuilder, SidecarConfig};

/// More than anything here takes on a slow machine.
pub(crate) const LIMIT: Duration = Duration::from_secs(20);

/// A program of this workspace, which lies beside the folder of the tests.
pub(crate) fn program(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a running test");
    let folder = test
        .parent()
        .and_then(Path::parent)
        .expect("<profile>/deps");
    let program = folder.join(name).with_extension("exe");
    assert!(
        program.exists(),
        "{} has to be built first",
        program.display()
    );
    program
}

/// An engine with one sidecar, `web`.
pub(crate) struct Watched {
    pub(crate) engine: Engine,
    events: Receiver<EventKind>,
}

impl Watched {
    /// Starts `config` as `web`, with the engine's files in `dir`.
    pub(crate) fn start(dir: &Path, config: SidecarBuilder) -> Watched {
        let engine = Engine::builder("test.app", dir.join("state"))
            .build()
            .expect("starts");
        let (tx, events) = mpsc::channel();
        engine.subscribe(move |event| {
            let _ = tx.send(event.kind.clone()); // The test may be over.
        });
        let config = config.build().expect("a good configuration");
        engine.declare("web", config).expect("new");
        engine.start("web").expect("declared");
        Watched { engine, events }
    }

    /// The first event for which `pick` has an answer.
    pub(crate) fn wait<T>(&self, pick: impl Fn(&EventKind) -> Option<T>) -> T {
        let deadline = Instant::now() + LIMIT;
        let mut seen = Vec::new();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.events.recv_timeout(left) {
                Ok(kind) => match pick(&kind) {
                    Some(answer) => return answer,
                    None => seen.push(kind),
                },
                Err(e) => panic!("{e} after {seen:#?}"),
            }
        }
    }

    /// The port on which it is ready.
    pub(crate) fn ready(&self) -> Option<u16> {
        self.wait(|kind| match kind {
            EventKind::Ready { port, .. } => Some(*port),
            _ => None,
        })
    }

    /// The exit code.
    pub(crate) fn exited(&self) -> Option<i32> {
        self.wait(|kind| match kind {
            EventKind::Exited { code, .. } => Some(*code),
            _ => None,
        })
    }

    /// Waits for the end of its tree, of which nothing may be left.
    pub(crate) fn stopped(&self) {
        let left = self.wait(|kind| match kind {
            EventKind::Stopped { survivors, .. } => Some(survivors.clone()),
            _ => None,
        });
        assert_eq!(left, Vec::<u32>::new());
    }

    pub(crate) fn failed(&self) -> String {
        self.wait(|kind| match kind {
            EventKind::Failed { reason, .. } => Some(reason.clone()),
            _ => None,
        })
    }

    pub(crate) fn stop(&self) {
        self.engine.stop("web", "the test asks").expect("declared");
    }

    /// Its last lines, without what `cmd.exe` leaves at their ends.
    pub(crate) fn lines(&self) -> Vec<String> {
        let lines: Vec<String> = self.engine.logs("web").expect("declared").last(100);
        lines.iter().map(|l| l.trim_end().to_owned()).collect()
    }
}

/// `fake-sidecar` with these flags: ready when it listens, which is when its family is up.
pub(crate) fn server(flags: &[&str]) -> SidecarBuilder {
    bare(flags)
        .port(PortWish::Auto)
        .health_check(HealthCheck::tcp())
}

/// `fake-sidecar` with these flags.
pub(crate) fn bare(flags: &[&str]) -> SidecarBuilder {
    SidecarConfig::builder()
        .program(program("fake-sidecar"))
        .args(flags.iter().copied())
}

/// The processes that have written themselves into a pid file: `role pid`, the leader's last.
pub(crate) fn family(pidfile: &Path) -> Vec<(String, Identity)> {
    let text = fs::read_to_string(pidfile).expect("written before it was ready");
    let member = |line: &str| {
        let (role, pid) = line.split_once(' ').expect("role and pid");
        let identity = Identity::of(pid.parse().expect("a pid")).expect("it runs");
        (role.to_owned(), identity)
    };
    text.lines().map(member).collect()
}

/// Waits for the end of a process that nobody tells of.
pub(crate) fn wait_for_end(identity: &Identity) {
    let deadline = Instant::now() + LIMIT;
    while identity.is_alive() {
        assert!(Instant::now() < deadline, "{identity:?} is left");
        std::thread::yield_now();
    }
}
