//! What the core wants done, as orders. The shell performs each one and decides nothing.

use std::time::Duration;

use super::ids::{RunId, SidecarId};
use super::input::ExitStatus;

/// An order about a sidecar.
///
/// A shell gets them from [`Fleet::step`](super::Fleet::step) and [`Fleet::tick`](super::Fleet::tick),
/// and performs them in order.
///
/// ```
/// use sidecar_lifecycle::core::{Effect, Fact, Fleet, Input, Mono, Order, Policy, RunId};
///
/// let mut fleet = Fleet::new(7);
/// let web = fleet.add("web", Policy::default());
/// let mut out: Vec<Effect> = Vec::new();
/// fleet.step(Mono::default(), Input { sidecar: web, fact: Fact::StartRequested }, &mut out);
/// assert_eq!(out[0], Effect { sidecar: web, order: Order::Prepare { run: RunId(1) } });
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// The sidecar.
    pub sidecar: SidecarId,
    /// What to do.
    pub order: Order,
}

/// What to do.
///
/// What a shell that only writes a protocol does with them:
///
/// ```
/// use sidecar_lifecycle::core::{Effect, Order};
///
/// fn protocol(out: &[Effect]) -> Vec<String> {
///     let line = |effect: &Effect| match &effect.order {
///         Order::Publish(notice) => format!("{}: told {notice:?}", effect.sidecar),
///         order => format!("{}: to do {order:?}", effect.sidecar),
///     };
///     out.iter().map(line).collect()
/// }
/// # use sidecar_lifecycle::core::SidecarId;
/// # let forget = Effect { sidecar: SidecarId(3), order: Order::Forget };
/// # assert_eq!(protocol(&[forget]), ["3: to do Forget"]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    /// Pick and free the port, find the program. Answered by `Prepared` or `PrepareFailed`.
    Prepare {
        /// The run to prepare.
        run: RunId,
    },
    /// Start the leader. Answered by `Spawned` or `SpawnFailed`.
    Spawn {
        /// The run.
        run: RunId,
    },
    /// Look after the leader that was found as if it had been spawned. Answered by `Spawned`, or by
    /// `SpawnFailed` if it has ended.
    Adopt {
        /// The run.
        run: RunId,
    },
    /// Leave the tree to itself, whatever becomes of it. Not answered.
    Release {
        /// The run.
        run: RunId,
    },
    /// Check readiness until it passes. Answered by `CheckPassed`, at most once.
    StartReadiness {
        /// The run.
        run: RunId,
    },
    /// Check liveness from now on. Answered by `LivenessPassed` and `LivenessFailed`.
    StartLiveness {
        /// The run.
        run: RunId,
    },
    /// Check readiness on from now on. Answered by `ReadinessPassed` and `ReadinessFailed`.
    StartReadinessWatch {
        /// The run.
        run: RunId,
    },
    /// No more checks of this run, and no more preparation. A late answer is dropped by its run id.
    StopChecks {
        /// The run.
        run: RunId,
    },
    /// Ask the whole tree to end (the stop signal, then CONT). Answered by `TreeGone`.
    AskStop {
        /// The run.
        run: RunId,
    },
    /// End the whole tree by force. Answered by `TreeGone`.
    ForceStop {
        /// The run.
        run: RunId,
    },
    /// A second sidecar was added that is to replace this one. Give it the same configuration.
    Split {
        /// Its id.
        successor: SidecarId,
    },
    /// Let traffic go from one run to the other. Its sidecar is the successor, which is ready.
    /// Answered by `HandedOver` or `HandOverFailed`, always: the roll waits for it.
    HandOver {
        /// The successor's run.
        run: RunId,
        /// The run that served until now. It may have ended meanwhile.
        from: RunId,
    },
    /// From now on the successor is what this sidecar was. This one is ended.
    Replace {
        /// The successor.
        by: SidecarId,
    },
    /// Nothing runs of it and its id means nothing any more. The last order about it.
    Forget,
    /// Tell the world.
    Publish(Notice),
}

/// What the world is told. The shell adds what the core does not know (last lines, protection,
/// clock) and turns it into a public event.
///
/// The [module](super) has the grammar of what may follow what. What is told of a start that cannot
/// be prepared:
///
/// ```
/// use sidecar_lifecycle::core::{Fact, Fleet, Input, Mono, Notice, Order, Policy, RunId};
///
/// let mut fleet = Fleet::new(7);
/// let sidecar = fleet.add("web", Policy::default());
/// let (run, reason) = (RunId(1), "no such program".to_owned());
/// let mut out = Vec::new();
/// let refused = Fact::PrepareFailed { run, reason: reason.clone(), transient: false };
/// for fact in [Fact::StartRequested, refused] {
///     fleet.step(Mono::default(), Input { sidecar, fact }, &mut out);
/// }
/// let failed = Notice::Failed { run, reason };
/// assert!(out.iter().any(|effect| effect.order == Order::Publish(failed.clone())));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// The leader runs.
    Spawned {
        /// The run.
        run: RunId,
        /// The leader.
        pid: u32,
        /// The port that was picked.
        port: Option<u16>,
    },
    /// An earlier host has left it, and it is looked after from now on: in place of `Spawned`.
    Adopted {
        /// The run.
        run: RunId,
        /// The leader.
        pid: u32,
        /// The port that it was given.
        port: Option<u16>,
    },
    /// The host exits and leaves it running: in place of `Stopped`.
    Released {
        /// The run.
        run: RunId,
        /// The leader.
        pid: u32,
    },
    /// It waits for these before it begins. Told once a wait.
    WaitingFor {
        /// Their names.
        on: Vec<String>,
    },
    /// It cannot be replaced without a gap; a restart follows.
    RollDegraded {
        /// Why.
        reason: String,
    },
    /// It was not replaced. Who was to replace it is ended; it has not stopped for it.
    RollFailed {
        /// Why.
        reason: String,
    },
    /// It has found its port taken; the next run begins at once, on another one.
    PortTaken {
        /// The run.
        run: RunId,
        /// The port.
        port: u16,
    },
    /// The checks passed, for the first time or again: then all but the phase is as it was.
    Ready {
        /// The run.
        run: RunId,
        /// The leader.
        pid: u32,
        /// The port that answered.
        port: Option<u16>,
        /// The URL to show.
        url: Option<String>,
        /// From the spawn to now.
        took: Duration,
    },
    /// Liveness or readiness failed often enough. Lost liveness ends the run at once; without
    /// readiness it runs on.
    Unhealthy {
        /// The run.
        run: RunId,
        /// The leader.
        pid: u32,
        /// What the check answered.
        reason: String,
    },
    /// The leader ended.
    Exited {
        /// The run.
        run: RunId,
        /// How.
        status: ExitStatus,
        /// Whether a stop was asked for first.
        asked: bool,
    },
    /// It ended and was not asked to (or never became ready, or stopped answering).
    Crashed {
        /// The run.
        run: RunId,
        /// How the leader ended, if that is what happened.
        status: Option<ExitStatus>,
        /// What happened, in words.
        reason: String,
        /// Crashes in the current window, this one included.
        attempt: u32,
        /// After how many it is given up.
        max: u32,
    },
    /// A new run follows after this delay.
    Restarting {
        /// The run that ended.
        run: RunId,
        /// Crashes in the current window.
        attempt: u32,
        /// After how many it is given up.
        max: u32,
        /// The backoff.
        delay: Duration,
    },
    /// Intent is recorded; the first signal comes next.
    Stopping {
        /// The run.
        run: RunId,
        /// Why.
        reason: String,
    },
    /// The run's whole tree is gone, or force failed. Every `Spawned` is followed by exactly one.
    Stopped {
        /// The run.
        run: RunId,
        /// What could not be ended.
        survivors: Vec<u32>,
        /// From the first signal (or from the leader's own end) to now.
        took: Duration,
    },
    /// Given up: nothing will be tried until the user starts it again.
    Failed {
        /// The last run; 0 if there was none.
        run: RunId,
        /// Why.
        reason: String,
    },
    /// The observed phase or the wanted state changed.
    PhaseChanged {
        /// The phase before.
        from: super::state::Phase,
        /// The phase now.
        to: super::state::Phase,
    },
}
