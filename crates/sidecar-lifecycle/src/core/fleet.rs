//! All sidecars of one engine.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::dependencies::Standing;
use super::effect::Effect;
use super::ids::{RunIds, SidecarId};
use super::input::{Fact, Input};
use super::policy::Policy;
use super::random::SplitMix64;
use super::rolling::Roll;
use super::sidecar::Sidecar;
use super::state::Phase;
use super::time::Mono;

/// All sidecars of one engine, and the only door to them.
///
/// A step touches one sidecar and those that need it; what is asked after every step (the next
/// deadline, whether all is down) costs the same with one sidecar as with a thousand.
///
/// A crash, seen from the core's shell, which here has a clock that only this example moves:
///
/// ```
/// use std::time::Duration;
/// use sidecar_lifecycle::core::{
///     Effect, ExitStatus, Fact, Fleet, Input, Mono, Order, Phase, Policy, Restart,
/// };
///
/// let mut fleet = Fleet::new(7);
/// let policy = Policy { restart: Restart::OnFailure, ..Policy::default() };
/// let web = fleet.add("web", policy.clone());
/// let (mut now, mut out) = (Mono::default(), Vec::new());
///
/// // A wish goes in, an order comes out.
/// fleet.step(now, Input { sidecar: web, fact: Fact::StartRequested }, &mut out);
/// let run = fleet.get(web).and_then(|web| web.run()).expect("it is on its way");
/// assert!(out.contains(&Effect { sidecar: web, order: Order::Prepare { run } }));
///
/// // The shell does as it is told and says what came of it. This leader crashes after a second.
/// for fact in [Fact::Prepared { run, port: None }, Fact::Spawned { run, pid: 4711 }] {
///     fleet.step(now, Input { sidecar: web, fact }, &mut out);
/// }
/// now = now.after(Duration::from_secs(1));
/// let exited = Fact::LeaderExited { run, status: ExitStatus::Code(1), port_taken: false };
/// for fact in [exited, Fact::TreeGone { run, survivors: Vec::new() }] {
///     fleet.step(now, Input { sidecar: web, fact }, &mut out);
/// }
///
/// // It waits for its backoff, and the shell sleeps until then.
/// assert_eq!(fleet.get(web).map(|web| web.phase()), Some(Phase::Waiting));
/// let due = fleet.next_deadline().expect("a backoff ends");
/// assert!(due.since(now) <= policy.backoff);
/// fleet.tick(due, &mut out);
/// assert_eq!(fleet.get(web).map(|web| web.phase()), Some(Phase::Preparing));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fleet {
    /// An id is never used twice: a late request may not reach somebody else.
    pub(super) sidecars: BTreeMap<SidecarId, Sidecar>,
    next_id: u32,
    /// The next deadline of each sidecar that has one.
    pub(super) deadlines: BTreeSet<(Mono, SidecarId)>,
    /// How many sidecars are not down.
    pub(super) up: usize,
    /// Whom the last act concerns. Empty between two steps.
    pub(super) concerned: VecDeque<SidecarId>,
    /// The rolls by the sidecar that is rolled.
    pub(super) rolls: BTreeMap<SidecarId, Roll>,
    /// The other one of each roll, and the sidecar that is rolled.
    pub(super) others: BTreeMap<SidecarId, SidecarId>,
    pub(super) ids: RunIds,
    seeds: SplitMix64,
    exiting: bool,
}

impl Fleet {
    /// An empty fleet. The seed decides all jitter: the same seed and the same inputs give the
    /// same effects.
    ///
    /// ```
    /// use sidecar_lifecycle::core::Fleet;
    ///
    /// assert_eq!(Fleet::new(7), Fleet::new(7));
    /// assert!(Fleet::new(7).all_down(), "there is nobody yet");
    /// ```
    pub fn new(seed: u64) -> Fleet {
        Fleet {
            sidecars: BTreeMap::new(),
            next_id: 0,
            deadlines: BTreeSet::new(),
            up: 0,
            concerned: VecDeque::new(),
            rolls: BTreeMap::new(),
            others: BTreeMap::new(),
            ids: RunIds::default(),
            seeds: SplitMix64::new(seed),
            exiting: false,
        }
    }

    /// Adds a sidecar, idle and wanted down. The name is for people: it need not be unique.
    ///
    /// ```
    /// use sidecar_lifecycle::core::{Fleet, Phase, Policy, Wanted};
    ///
    /// let mut fleet = Fleet::new(7);
    /// let web = fleet.add("web", Policy::default());
    /// let added = fleet.get(web).map(|web| (web.name(), web.phase(), web.wanted()));
    /// assert_eq!(added, Some(("web", Phase::Idle, Wanted::Down)));
    /// ```
    pub fn add(&mut self, name: impl Into<String>, policy: Policy) -> SidecarId {
        let id = SidecarId(self.next_id);
        self.next_id += 1;
        let sidecar = Sidecar::new(id, name.into(), policy, self.seeds.next());
        self.sidecars.insert(id, sidecar);
        id
    }

    /// Forgets a sidecar. `false`, and nothing changes, while something of it runs or will run of
    /// itself, while something that is up needs it, while it is rolled, or if there is none of
    /// this id. Whoever needs it fails to start from then on.
    ///
    /// ```
    /// use sidecar_lifecycle::core::{Fact, Fleet, Input, Mono, Policy};
    ///
    /// let mut fleet = Fleet::new(7);
    /// let web = fleet.add("web", Policy::default());
    /// let start = Input { sidecar: web, fact: Fact::StartRequested };
    /// fleet.step(Mono::default(), start, &mut Vec::new());
    /// assert!(!fleet.remove(web), "it is on its way");
    ///
    /// let reason = "requested".to_owned();
    /// let stop = Input { sidecar: web, fact: Fact::StopRequested { reason } };
    /// fleet.step(Mono::default(), stop, &mut Vec::new());
    /// assert!(fleet.remove(web) && fleet.get(web).is_none());
    /// ```
    pub fn remove(&mut self, id: SidecarId) -> bool {
        let free = |sidecar: &Sidecar| sidecar.is_down() && sidecar.dependents_up == 0;
        if self.is_rolling(id) || !self.get(id).is_some_and(free) {
            return false;
        }
        self.unlink(id);
        if let Some(sidecar) = self.sidecars.remove(&id) {
            for dependent in sidecar.dependents {
                if let Some(dependent) = self.get_mut(dependent) {
                    dependent.hear_of(id, &Standing::Unknown);
                }
            }
        }
        true
    }

    /// Decides by other numbers from now on. Deadlines that are set stay. `false` if there is no
    /// sidecar of this id.
    ///
    /// ```
    /// use std::time::Duration;
    /// use sidecar_lifecycle::core::{Fleet, Policy};
    ///
    /// let mut fleet = Fleet::new(7);
    /// let web = fleet.add("web", Policy::default());
    /// let patient = Policy { grace: Duration::from_secs(30), ..Policy::default() };
    /// assert!(fleet.set_policy(web, patient));
    /// ```
    pub fn set_policy(&mut self, id: SidecarId, policy: Policy) -> bool {
        let sidecar = self.get_mut(id);
        sidecar.map(|sidecar| sidecar.policy = policy).is_some()
    }

    /// A sidecar as it is now.
    ///
    /// ```
    /// use sidecar_lifecycle::core::{Fleet, Policy, SidecarId};
    ///
    /// let mut fleet = Fleet::new(7);
    /// let web = fleet.add("web", Policy::default());
    /// assert_eq!(fleet.get(web).map(|web| web.name()), Some("web"));
    /// assert!(fleet.get(SidecarId(99)).is_none());
    /// ```
    pub fn get(&self, id: SidecarId) -> Option<&Sidecar> {
        self.sidecars.get(&id)
    }

    pub(super) fn get_mut(&mut self, id: SidecarId) -> Option<&mut Sidecar> {
        self.sidecars.get_mut(&id)
    }

    /// All sidecars, by id. While one is rolled its successor is among them.
    ///
    /// ```
    /// use sidecar_lifecycle::core::{Fleet, Policy};
    ///
    /// let mut fleet = Fleet::new(7);
    /// for name in ["web", "db"] {
    ///     fleet.add(name, Policy::default());
    /// }
    /// let names: Vec<&str> = fleet.all().map(|sidecar| sidecar.name()).collect();
    /// assert_eq!(names, ["web", "db"]);
    /// ```
    pub fn all(&self) -> impl Iterator<Item = &Sidecar> {
        self.sidecars.values()
    }

    /// Takes a fact and appends what has to be done, in order. A fact about an unknown sidecar
    /// changes nothing.
    ///
    /// [`Fact::StopAllRequested`] and [`Fact::HostExiting`] reach every sidecar, whichever they
    /// name; after the latter no start is accepted.
    ///
    /// ```
    /// use sidecar_lifecycle::core::{Fact, Fleet, Input, Mono, Order, Policy, RunId};
    ///
    /// let mut fleet = Fleet::new(7);
    /// let web = fleet.add("web", Policy::default());
    /// let (run, mut out) = (RunId(1), Vec::new());
    /// for fact in [Fact::StartRequested, Fact::Prepared { run, port: Some(5173) }] {
    ///     fleet.step(Mono::default(), Input { sidecar: web, fact }, &mut out);
    /// }
    /// assert!(out.iter().any(|effect| effect.order == Order::Spawn { run }));
    /// ```
    pub fn step(&mut self, now: Mono, input: Input, out: &mut Vec<Effect>) {
        let Input { sidecar: id, fact } = input;
        match &fact {
            // Once is enough: from then on all are wanted down and none can be wanted up.
            Fact::HostExiting { .. } => {
                if !std::mem::replace(&mut self.exiting, true) {
                    self.stop_all(now, &fact, out);
                }
            }
            Fact::StopAllRequested { .. } => self.stop_all(now, &fact, out),
            Fact::StartRequested | Fact::RestartRequested { .. } | Fact::RollRequested { .. }
                if self.exiting || self.is_retired(id) => {}
            Fact::StartRequested => self.start(id, now, out),
            Fact::RestartRequested { reason } => self.restart(id, reason, now, out),
            Fact::RollRequested { reason } => self.roll(id, reason, now, out),
            Fact::StopRequested { reason } => {
                self.cancel_roll(id, reason, now, out);
                self.act(id, now, out, |sidecar, turn| sidecar.step(turn, &fact));
            }
            Fact::HandedOver { run } => self.handed_over(id, *run, now, out),
            Fact::HandOverFailed { run, reason } => {
                self.hand_over_failed(id, *run, reason, now, out);
            }
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
            | Fact::TreeGone { .. } => {
                self.act(id, now, out, |sidecar, turn| sidecar.step(turn, &fact));
            }
        }
    }

    /// Acts on every deadline that is due. Afterwards [`Fleet::next_deadline`] lies after `now`.
    ///
    /// ```
    /// use std::time::Duration;
    /// use sidecar_lifecycle::core::{Fact, Fleet, Input, Mono, Order, Policy, RunId};
    ///
    /// let mut fleet = Fleet::new(7);
    /// let policy = Policy { grace: Duration::from_secs(5), ..Policy::default() };
    /// let web = fleet.add("web", policy);
    /// let (run, start, mut out) = (RunId(1), Mono::default(), Vec::new());
    /// for fact in [
    ///     Fact::StartRequested,
    ///     Fact::Prepared { run, port: None },
    ///     Fact::Spawned { run, pid: 4711 },
    ///     Fact::StopRequested { reason: "requested".to_owned() },
    /// ] {
    ///     fleet.step(start, Input { sidecar: web, fact }, &mut out);
    /// }
    ///
    /// // Five seconds later its tree still lives.
    /// out.clear();
    /// fleet.tick(start.after(Duration::from_secs(5)), &mut out);
    /// assert_eq!(out[0].order, Order::ForceStop { run });
    /// ```
    pub fn tick(&mut self, now: Mono, out: &mut Vec<Effect>) {
        while let Some(&(at, id)) = self.deadlines.first() {
            if at > now {
                return;
            }
            if self.get(id).is_some_and(|sidecar| sidecar.gate.is_some()) {
                // What it needs was set anew while it waits.
                self.start_needed(id, now, out);
            }
            self.act(id, now, out, Sidecar::tick);
        }
    }

    /// When [`Fleet::tick`] has to be called; `None`: not before the next step.
    ///
    /// ```
    /// use std::time::Duration;
    /// use sidecar_lifecycle::core::{Fact, Fleet, Input, Mono, Policy, RunId};
    ///
    /// let mut fleet = Fleet::new(7);
    /// let ready_timeout = Duration::from_secs(120);
    /// let web = fleet.add("web", Policy { has_check: true, ready_timeout, ..Policy::default() });
    /// assert_eq!(fleet.next_deadline(), None, "at rest nothing wakes up");
    ///
    /// let (run, start) = (RunId(1), Mono::default());
    /// for fact in [
    ///     Fact::StartRequested,
    ///     Fact::Prepared { run, port: None },
    ///     Fact::Spawned { run, pid: 4711 },
    /// ] {
    ///     fleet.step(start, Input { sidecar: web, fact }, &mut Vec::new());
    /// }
    /// assert_eq!(fleet.next_deadline(), Some(start.after(ready_timeout)));
    /// ```
    pub fn next_deadline(&self) -> Option<Mono> {
        self.deadlines.first().map(|(at, _)| *at)
    }

    /// Whether every sidecar is idle or has failed, so that nothing runs and nothing will of
    /// itself.
    ///
    /// ```
    /// use sidecar_lifecycle::core::{Fact, Fleet, Input, Mono, Policy};
    ///
    /// let mut fleet = Fleet::new(7);
    /// let web = fleet.add("web", Policy::default());
    /// assert!(fleet.all_down());
    /// let start = Input { sidecar: web, fact: Fact::StartRequested };
    /// fleet.step(Mono::default(), start, &mut Vec::new());
    /// assert!(!fleet.all_down(), "a host that exits now has to wait");
    /// ```
    pub fn all_down(&self) -> bool {
        self.up == 0
    }

    pub(super) fn start(&mut self, id: SidecarId, now: Mono, out: &mut Vec<Effect>) {
        if !self.get(id).is_some_and(Sidecar::is_under_way) {
            self.start_needed(id, now, out);
        }
        self.act(id, now, out, |sidecar, turn| {
            sidecar.step(turn, &Fact::StartRequested);
        });
    }

    pub(super) fn restart(
        &mut self,
        id: SidecarId,
        reason: &str,
        now: Mono,
        out: &mut Vec<Effect>,
    ) {
        self.cancel_roll(id, reason, now, out);
        // The run that is being prepared is the new one already.
        if self.get(id).is_some_and(|s| s.phase() != Phase::Preparing) {
            self.start_needed(id, now, out);
        }
        let reason = reason.to_owned();
        self.act(id, now, out, |sidecar, turn| {
            sidecar.step(turn, &Fact::RestartRequested { reason });
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::bench::Bench;
    use super::*;

    #[test]
    fn only_what_is_down_can_be_removed_and_its_id_is_not_used_again() {
        let mut bench = Bench::new(Policy::default());
        bench.up();
        assert!(!bench.fleet.remove(bench.id));
        bench.stop().gone();
        assert!(bench.fleet.remove(bench.id) && !bench.fleet.remove(bench.id));
        assert_ne!(bench.fleet.add("web", Policy::default()), bench.id);
        assert_eq!(bench.start().names(), [""; 0]);
    }
}
