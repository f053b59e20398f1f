//! One sidecar: the table of phases and facts.
//!
//! What its entries do stands in `starting.rs`, `moving.rs`, `health.rs`, `crashing.rs`,
//! `stopping.rs` and `waiting.rs`. Orders and notices
//! leave in the order in which they have to be acted upon.

use std::collections::BTreeSet;

use super::backoff::History;
use super::dependencies::Need;
use super::effect::{Notice, Order};
use super::ids::{RunId, SidecarId};
use super::input::Fact;
use super::policy::Policy;
use super::run::{Run, Then, Turn};
use super::state::{Phase, Wanted};
use super::timers::{Timer, Timers};
use super::waiting::Gate;

/// The state of one sidecar. Only its [`Fleet`](super::Fleet) steps it.
///
/// ```
/// use sidecar_lifecycle::core::{Fact, Fleet, Input, Mono, Phase, Policy, RunId, Wanted};
///
/// let mut fleet = Fleet::new(7);
/// let id = fleet.add("web", Policy::default());
/// let (run, now, mut out) = (RunId(1), Mono::default(), Vec::new());
/// let up = [
///     Fact::StartRequested,
///     Fact::Prepared { run, port: Some(5173) },
///     Fact::Spawned { run, pid: 4711 },
/// ];
/// for fact in up {
///     fleet.step(now, Input { sidecar: id, fact }, &mut out);
/// }
///
/// let web = fleet.get(id).expect("it was added");
/// assert_eq!((web.id(), web.name()), (id, "web"));
/// assert_eq!((web.wanted(), web.phase()), (Wanted::Up, Phase::Ready));
/// assert_eq!((web.run(), web.pid()), (Some(run), Some(4711)));
/// assert!(!web.is_down());
/// assert_eq!(web.next_deadline(), fleet.next_deadline(), "it is the only one");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sidecar {
    pub(super) id: SidecarId,
    pub(super) name: String,
    pub(super) policy: Policy,
    pub(super) wanted: Wanted,
    pub(super) phase: Phase,
    /// `None` in `Idle`, `Waiting` and `Failed`, and only there.
    pub(super) run: Option<Run>,
    pub(super) timers: Timers,
    pub(super) history: History,
    /// Moves to another port in a row.
    pub(super) moves: u32,
    /// The last run that was begun; 0 before the first.
    pub(super) last_run: RunId,
    /// The run that ended well of itself, if that is why it is idle.
    pub(super) completed: Option<RunId>,
    /// Why it was given up last.
    pub(super) failure: String,
    pub(super) needs: Vec<Need>,
    /// Who needs it, and how many of them are not down: the fleet's books.
    pub(super) dependents: BTreeSet<SidecarId>,
    pub(super) dependents_up: usize,
    /// Set while it waits for others, in `Waiting`.
    pub(super) gate: Option<Gate>,
    /// Why it is to stop as soon as nothing that is up needs it.
    pub(super) leaving: Option<String>,
    /// Whether another one is about to replace it: it does not begin again beside that.
    pub(super) held: bool,
}

impl Sidecar {
    /// One that is idle and wanted down. `seed` decides its jitter.
    pub(super) fn new(id: SidecarId, name: String, policy: Policy, seed: u64) -> Sidecar {
        Sidecar {
            id,
            name,
            policy,
            wanted: Wanted::Down,
            phase: Phase::Idle,
            run: None,
            timers: Timers::default(),
            history: History::new(seed),
            moves: 0,
            last_run: RunId(0),
            completed: None,
            failure: String::new(),
            needs: Vec::new(),
            dependents: BTreeSet::new(),
            dependents_up: 0,
            gate: None,
            leaving: None,
            held: false,
        }
    }

    /// Takes a fact.
    pub(super) fn step(&mut self, turn: &mut Turn<'_>, fact: &Fact) {
        // The one place where late messages about old runs end.
        if fact.run().is_some_and(|run| self.run() != Some(run)) {
            return;
        }
        let (wanted, before) = (self.wanted, turn.out.len());
        self.decide(turn, fact);
        self.tell_wanted(turn, wanted, before);
    }

    /// The table. It has no catch-all: who adds a phase or a fact is asked about every pair.
    #[expect(
        clippy::match_same_arms,
        reason = "pairs are ignored for different reasons"
    )]
    fn decide(&mut self, turn: &mut Turn<'_>, fact: &Fact) {
        use Phase::{Failed, Idle, Preparing, Ready, Starting, Stopping, Unhealthy, Waiting};
        let spawned = self.pid().is_some();
        match (self.phase, fact) {
            // What users want.
            (Idle | Waiting | Failed, Fact::StartRequested | Fact::RestartRequested { .. }) => {
                self.start_afresh(turn);
            }
            (Stopping, Fact::StartRequested | Fact::RestartRequested { .. }) => self.start_after(),
            // It is on its way: starting is idempotent.
            (Preparing, Fact::StartRequested) => {}
            (Starting | Ready | Unhealthy, Fact::StartRequested) => self.stay(),
            // The run that is being prepared is the new one already.
            (Preparing, Fact::RestartRequested { .. }) => {}
            (Starting | Ready | Unhealthy, Fact::RestartRequested { reason }) => {
                self.stay();
                self.forget();
                self.stop(turn, reason, Then::Again);
            }
            // Nothing runs and nothing was going to.
            (
                Idle,
                Fact::StopRequested { .. }
                | Fact::StopAllRequested { .. }
                | Fact::HostExiting { .. },
            ) => {}
            // Nothing runs. That it has failed stays true.
            (
                Failed,
                Fact::StopRequested { .. }
                | Fact::StopAllRequested { .. }
                | Fact::HostExiting { .. },
            ) => {
                self.wanted = Wanted::Down;
            }
            (
                Preparing | Waiting,
                Fact::StopRequested { .. }
                | Fact::StopAllRequested { .. }
                | Fact::HostExiting { .. },
            ) => self.abandon(turn),
            (Starting | Ready | Unhealthy, Fact::StopRequested { reason }) => {
                self.wanted = Wanted::Down;
                self.stop(turn, reason, Then::Rest);
            }
            (Starting | Ready | Unhealthy, Fact::StopAllRequested { reason }) => {
                self.leave(turn, reason);
            }
            (Starting | Ready | Unhealthy, Fact::HostExiting { reason }) => {
                self.leave_or_release(turn, reason);
            }
            (
                Stopping,
                Fact::StopRequested { reason }
                | Fact::StopAllRequested { reason }
                | Fact::HostExiting { reason },
            ) => self.stay_down(turn, reason),
            // These concern two sidecars: the fleet takes them.
            (
                Idle | Preparing | Starting | Ready | Unhealthy | Stopping | Waiting | Failed,
                Fact::RollRequested { .. } | Fact::HandedOver { .. } | Fact::HandOverFailed { .. },
            ) => {}

            // What becomes of a preparation.
            (Preparing, Fact::Prepared { port, .. }) => self.launch(turn, *port),
            (Preparing, Fact::LeftoverFound { port, .. }) => self.take_over(turn, *port),
            (
                Preparing,
                Fact::PrepareFailed {
                    reason, transient, ..
                },
            ) => self.not_begun(turn, reason, *transient),
            // Answered a second time: the first answer was acted upon.
            (
                Starting | Ready | Unhealthy | Stopping,
                Fact::Prepared { .. } | Fact::LeftoverFound { .. } | Fact::PrepareFailed { .. },
            ) => {}

            // What becomes of a spawn.
            (Starting, Fact::Spawned { pid, .. }) if !spawned => self.spawned(turn, *pid),
            // It was to be stopped before it ran: the order to stop it is behind the spawn.
            (Stopping, Fact::Spawned { pid, .. }) if !spawned => self.announce(turn, *pid),
            (
                Starting,
                Fact::SpawnFailed {
                    reason, transient, ..
                },
            ) if !spawned => self.not_spawned(turn, reason, *transient),
            (Stopping, Fact::SpawnFailed { .. }) if !spawned => self.settle(turn, &[]),
            // Its leader is known: a second answer cannot take that back, its exit will tell.
            (
                Starting | Ready | Unhealthy | Stopping,
                Fact::Spawned { .. } | Fact::SpawnFailed { .. },
            ) => {}

            // What the checks say.
            (Starting, Fact::CheckPassed { port, url, .. }) if spawned => {
                self.ready(turn, *port, url.clone());
            }
            // Nothing was spawned that could have passed.
            (Starting, Fact::CheckPassed { .. }) => {}
            // It is ready already, or too late: it passed while it was being stopped.
            (Ready | Unhealthy | Stopping, Fact::CheckPassed { .. }) => {}
            (Ready | Unhealthy, Fact::LivenessPassed { .. }) => self.alive(),
            (Ready | Unhealthy, Fact::LivenessFailed { reason, .. }) => {
                self.not_alive(turn, reason);
            }
            (Ready | Unhealthy, Fact::ReadinessPassed { .. }) => self.passed(turn),
            (Ready | Unhealthy, Fact::ReadinessFailed { reason, .. }) => {
                self.not_passed(turn, reason);
            }
            // Liveness, and readiness after ready, count from the first ready until the run ends.
            (
                Starting | Stopping,
                Fact::LivenessPassed { .. }
                | Fact::LivenessFailed { .. }
                | Fact::ReadinessPassed { .. }
                | Fact::ReadinessFailed { .. },
            ) => {}

            // What becomes of its port.
            (Starting, Fact::PortTaken { port, .. }) if spawned => self.port_taken(turn, *port),
            // Nothing was spawned that could have found it taken.
            (Starting, Fact::PortTaken { .. }) => {}
            // It has its port, so this is about one that it wants besides; or it is being ended.
            (Ready | Unhealthy | Stopping, Fact::PortTaken { .. }) => {}

            // How it ends.
            (
                Starting,
                Fact::LeaderExited {
                    status,
                    port_taken: true,
                    ..
                },
            ) => self.ended_at_its_port(turn, *status),
            (Starting | Ready | Unhealthy, Fact::LeaderExited { status, .. }) => {
                self.leader_exited(turn, *status);
            }
            (Stopping, Fact::LeaderExited { status, .. }) => self.note_exit(turn, *status, true),
            (Starting | Ready | Unhealthy, Fact::TreeGone { survivors, .. }) => {
                self.vanished(turn, survivors);
            }
            (Stopping, Fact::TreeGone { survivors, .. }) => self.settle(turn, survivors),

            // Nothing of this run was spawned yet.
            (
                Preparing,
                Fact::Spawned { .. }
                | Fact::SpawnFailed { .. }
                | Fact::CheckPassed { .. }
                | Fact::LivenessPassed { .. }
                | Fact::LivenessFailed { .. }
                | Fact::ReadinessPassed { .. }
                | Fact::ReadinessFailed { .. }
                | Fact::PortTaken { .. }
                | Fact::LeaderExited { .. }
                | Fact::TreeGone { .. },
            ) => {}
            // There is no current run, so `step` has dropped these.
            (
                Idle | Waiting | Failed,
                Fact::Prepared { .. }
                | Fact::LeftoverFound { .. }
                | Fact::PrepareFailed { .. }
                | Fact::Spawned { .. }
                | Fact::SpawnFailed { .. }
                | Fact::CheckPassed { .. }
                | Fact::LivenessPassed { .. }
                | Fact::LivenessFailed { .. }
                | Fact::ReadinessPassed { .. }
                | Fact::ReadinessFailed { .. }
                | Fact::PortTaken { .. }
                | Fact::LeaderExited { .. }
                | Fact::TreeGone { .. },
            ) => {}
        }
    }

    /// Acts on the earliest deadline, if it is due. Each phase clears the table when it is left, so
    /// that the timer tells the phase.
    pub(super) fn tick(&mut self, turn: &mut Turn<'_>) {
        match self.timers.take_due(turn.now) {
            Some(Timer::ReadyTimeout) => self.not_ready(turn),
            Some(Timer::Grace) => self.force(turn),
            Some(Timer::ForceLimit) => self.out_of_reach(turn),
            Some(Timer::Backoff) => self.begin(turn),
            Some(Timer::LookAround) => self.look_around(turn),
            None => {}
        }
    }

    /// Goes to a phase and leaves no deadline of the one before. Called last, after what explains
    /// the change, so that who listens to `PhaseChanged` alone finds everything else in place.
    pub(super) fn enter(&mut self, turn: &mut Turn<'_>, to: Phase) {
        let from = std::mem::replace(&mut self.phase, to);
        self.timers.clear();
        self.gate = None;
        if !matches!(to, Phase::Starting | Phase::Ready | Phase::Unhealthy) {
            self.leaving = None;
        }
        if from != to {
            turn.publish(self.id, Notice::PhaseChanged { from, to });
        }
    }

    /// A change of mind that leaves the phase as it is has to be told too.
    fn tell_wanted(&self, turn: &mut Turn<'_>, wanted: Wanted, before: usize) {
        let told = |order: &Order| matches!(order, Order::Publish(Notice::PhaseChanged { .. }));
        if self.wanted != wanted && !turn.out[before..].iter().any(|e| told(&e.order)) {
            let (from, to) = (self.phase, self.phase);
            turn.publish(self.id, Notice::PhaseChanged { from, to });
        }
    }
}
