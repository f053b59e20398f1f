//! Everything that can happen to a sidecar, as facts in the past tense.

use super::ids::{RunId, SidecarId};

/// How a process ended.
///
/// ```
/// use sidecar_lifecycle::core::ExitStatus;
///
/// /// As shells have it in `$?`.
/// fn shell_code(status: ExitStatus) -> i32 {
///     match status {
///         ExitStatus::Code(code) => code,
///         ExitStatus::Signal(signal) => 128 + signal,
///         ExitStatus::Unknown => -1,
///     }
/// }
/// assert_eq!(shell_code(ExitStatus::Signal(15)), 143);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExitStatus {
    /// It returned this code.
    Code(i32),
    /// This signal ended it.
    Signal(i32),
    /// Nobody was told: it was adopted, and a system tells only the parent.
    Unknown,
}

/// A fact, with the sidecar that it is about.
///
/// It goes to [`Fleet::step`](super::Fleet::step).
///
/// ```
/// use sidecar_lifecycle::core::{Fact, Input, SidecarId};
///
/// let stop = Fact::StopRequested { reason: "the window was closed".to_owned() };
/// let input = Input { sidecar: SidecarId(0), fact: stop };
/// assert_eq!(input.fact.run(), None, "it is meant whichever run there is");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// The sidecar.
    pub sidecar: SidecarId,
    /// What happened.
    pub fact: Fact,
}

/// What happened. Facts about a run carry its id; one with an old id is dropped in one place
/// (`Sidecar::step`).
///
/// An answer that comes late changes nothing:
///
/// ```
/// use sidecar_lifecycle::core::{Fact, Fleet, Input, Mono, Policy, RunId};
///
/// let mut fleet = Fleet::new(7);
/// let sidecar = fleet.add("web", Policy::default());
/// let late = Fact::Spawned { run: RunId(99), pid: 4711 };
/// let (before, mut out) = (fleet.clone(), Vec::new());
/// fleet.step(Mono::default(), Input { sidecar, fact: late }, &mut out);
/// assert_eq!((fleet, out), (before, Vec::new()));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// The user wants it up, with all that it needs. Idempotent while it is up; clears a `Failed`.
    StartRequested,
    /// The user wants it down, it alone: who needs it is not touched.
    StopRequested {
        /// Why, for the `stopping` event: `requested`, `shutdown`, …
        reason: String,
    },
    /// The user wants the current run replaced by a new one; starts it if it was down.
    RestartRequested {
        /// Why, for the `stopping` event.
        reason: String,
    },
    /// The port (if any) was picked and is free, the program was found: it can be spawned.
    Prepared {
        /// The run that was prepared.
        run: RunId,
        /// The port that was picked.
        port: Option<u16>,
    },
    /// In place of `Prepared`: an earlier host has left it as it would be started now, it runs, and
    /// it is certainly ours.
    LeftoverFound {
        /// The run that was being prepared.
        run: RunId,
        /// The port that it was given.
        port: Option<u16>,
    },
    /// It cannot be spawned.
    PrepareFailed {
        /// The run that was being prepared.
        run: RunId,
        /// What was tried and why it failed.
        reason: String,
        /// Whether the cause may pass by itself (too many open files), so that it is worth
        /// another try.
        transient: bool,
    },
    /// The leader runs; or, if that was ordered, it was adopted.
    Spawned {
        /// The run.
        run: RunId,
        /// The leader's process id.
        pid: u32,
    },
    /// The leader could not be started, or has ended before it was adopted.
    SpawnFailed {
        /// The run.
        run: RunId,
        /// What was tried and why it failed.
        reason: String,
        /// Whether the cause may pass by itself (no memory, as many processes as there may be), so
        /// that it is worth another try.
        transient: bool,
    },
    /// The readiness check passed and the listener is ours.
    CheckPassed {
        /// The run.
        run: RunId,
        /// The port that answered, which may differ from the one that was asked for.
        port: Option<u16>,
        /// The URL to show.
        url: Option<String>,
    },
    /// A liveness check passed.
    LivenessPassed {
        /// The run.
        run: RunId,
    },
    /// A liveness check failed.
    LivenessFailed {
        /// The run.
        run: RunId,
        /// What it answered.
        reason: String,
    },
    /// A readiness check after the first ready passed.
    ReadinessPassed {
        /// The run.
        run: RunId,
    },
    /// A readiness check after the first ready failed.
    ReadinessFailed {
        /// The run.
        run: RunId,
        /// What it answered.
        reason: String,
    },
    /// The leader runs and has found its port taken (`EADDRINUSE`). Says something only before it
    /// is ready.
    PortTaken {
        /// The run.
        run: RunId,
        /// The port.
        port: u16,
    },
    /// The leader ended. Its tree may still live.
    LeaderExited {
        /// The run.
        run: RunId,
        /// How it ended.
        status: ExitStatus,
        /// Whether it has said that its port was taken.
        port_taken: bool,
    },
    /// Nothing is left of the run's tree; or force failed and these are left.
    TreeGone {
        /// The run.
        run: RunId,
        /// Process ids that could not be ended. Empty in all but desperate cases.
        survivors: Vec<u32>,
    },
    /// The user wants the current run replaced by a new one that is ready first, on another port.
    /// Where that cannot be, it is a restart. Ignored while such a replacement is on its way.
    RollRequested {
        /// Why, for the `stopping` event of a restart.
        reason: String,
    },
    /// Traffic goes to this run of the successor.
    HandedOver {
        /// The successor's run.
        run: RunId,
    },
    /// Traffic stays where it is.
    HandOverFailed {
        /// The successor's run.
        run: RunId,
        /// What was tried and why it failed.
        reason: String,
    },
    /// The user wants every sidecar down, whichever is named. Each stops as soon as nothing that
    /// is up needs it; one that is started meanwhile stays up, with what it needs.
    StopAllRequested {
        /// Why, for the `stopping` event.
        reason: String,
    },
    /// The engine shuts down: every sidecar is wanted down, and none starts again. They
    /// stop in the order of `StopAllRequested`.
    HostExiting {
        /// Why, for the `stopping` event.
        reason: String,
    },
}

impl Fact {
    /// The run that it is about; `None` for what is asked of a sidecar as a whole.
    ///
    /// ```
    /// use sidecar_lifecycle::core::{Fact, RunId};
    ///
    /// assert_eq!(Fact::LivenessPassed { run: RunId(7) }.run(), Some(RunId(7)));
    /// assert_eq!(Fact::StartRequested.run(), None);
    /// ```
    pub fn run(&self) -> Option<RunId> {
        match self {
            Fact::StartRequested
            | Fact::StopRequested { .. }
            | Fact::RestartRequested { .. }
            | Fact::RollRequested { .. }
            | Fact::StopAllRequested { .. }
            | Fact::HostExiting { .. } => None,
            Fact::Prepared { run, .. }
            | Fact::LeftoverFound { run, .. }
            | Fact::PrepareFailed { run, .. }
            | Fact::Spawned { run, .. }
            | Fact::SpawnFailed { run, .. }
            | Fact::CheckPassed { run, .. }
            | Fact::LivenessPassed { run }
            | Fact::LivenessFailed { run, .. }
            | Fact::ReadinessPassed { run }
            | Fact::ReadinessFailed { run, .. }
            | Fact::PortTaken { run, .. }
            | Fact::HandedOver { run }
            | Fact::HandOverFailed { run, .. }
            | Fact::LeaderExited { run, .. }
            | Fact::TreeGone { run, .. } => Some(*run),
        }
    }
}
