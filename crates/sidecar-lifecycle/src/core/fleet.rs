//! All sidecars of one engine.

use std::collections::BTreeSet;

use super::effect::Effect;
use super::ids::{RunIds, SidecarId};
use super::input::{Fact, Input};
use super::policy::Policy;
use super::random::SplitMix64;
use super::run::Turn;
use super::sidecar::Sidecar;
use super::time::Mono;

/// All sidecars of one engine, and the only door to them.
///
/// A step touches one sidecar; what is asked after every step (the next deadline, whether all is
/// down) costs the same with one sidecar as with a thousand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fleet {
    /// By id. A place is never used twice: a late request may not reach somebody else.
    sidecars: Vec<Option<Sidecar>>,
    /// The next deadline of each sidecar that has one.
    deadlines: BTreeSet<(Mono, SidecarId)>,
    /// How many sidecars are not down.
    up: usize,
    ids: RunIds,
    seeds: SplitMix64,
    exiting: bool,
}

impl Fleet {
    /// An empty fleet. The seed decides all jitter: the same seed and the same inputs give the
    /// same effects.
    pub fn new(seed: u64) -> Fleet {
        Fleet {
            sidecars: Vec::new(),
            deadlines: BTreeSet::new(),
            up: 0,
            ids: RunIds::default(),
            seeds: SplitMix64::new(seed),
            exiting: false,
        }
    }

    /// Adds a sidecar, idle and wanted down.
    pub fn add(&mut self, name: impl Into<String>, policy: Policy) -> SidecarId {
        let id = SidecarId(self.sidecars.len() as u32);
        self.sidecars.push(Some(Sidecar::new(
            id,
            name.into(),
            policy,
            self.seeds.next(),
        )));
        id
    }

    /// Forgets a sidecar. `false`, and nothing changes, while something of it runs or will run of
    /// itself, or if there is none of this id.
    pub fn remove(&mut self, id: SidecarId) -> bool {
        match self.sidecars.get_mut(id.0 as usize) {
            Some(place) if place.as_ref().is_some_and(Sidecar::is_down) => {
                *place = None;
                true
            }
            Some(_) | None => false,
        }
    }

    /// Decides by other numbers from now on. Deadlines that are set stay. `false` if there is no
    /// sidecar of this id.
    pub fn set_policy(&mut self, id: SidecarId, policy: Policy) -> bool {
        let sidecar = self
            .sidecars
            .get_mut(id.0 as usize)
            .and_then(Option::as_mut);
        sidecar.map(|sidecar| sidecar.policy = policy).is_some()
    }

    /// A sidecar as it is now.
    pub fn get(&self, id: SidecarId) -> Option<&Sidecar> {
        self.sidecars.get(id.0 as usize)?.as_ref()
    }

    /// Takes a fact and appends what has to be done, in order. A fact about an unknown sidecar
    /// changes nothing.
    ///
    /// [`Fact::HostExiting`] reaches every sidecar, whichever it names; no start is accepted
    /// afterwards.
    pub fn step(&mut self, now: Mono, input: Input, out: &mut Vec<Effect>) {
        let Input { sidecar, fact } = input;
        match &fact {
            Fact::HostExiting { .. } => self.exit(now, &fact, out),
            Fact::StartRequested | Fact::RestartRequested { .. } if self.exiting => {}
            Fact::StartRequested
            | Fact::RestartRequested { .. }
            | Fact::StopRequested { .. }
            | Fact::Prepared { .. }
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
                self.with(sidecar, now, out, |sidecar, turn| sidecar.step(turn, &fact));
            }
        }
    }

    /// Acts on every deadline that is due. Afterwards [`Fleet::next_deadline`] lies after `now`.
    pub fn tick(&mut self, now: Mono, out: &mut Vec<Effect>) {
        while let Some(&(at, id)) = self.deadlines.first() {
            if at > now {
                return;
            }
            self.with(id, now, out, Sidecar::tick);
        }
    }

    /// When [`Fleet::tick`] has to be called; `None`: not before the next step.
    pub fn next_deadline(&self) -> Option<Mono> {
        self.deadlines.first().map(|(at, _)| *at)
    }

    /// Whether every sidecar is idle or has failed, so that nothing runs and nothing will of
    /// itself.
    pub fn all_down(&self) -> bool {
        self.up == 0
    }

    /// Once is enough: from then on all are wanted down and none can be wanted up.
    fn exit(&mut self, now: Mono, fact: &Fact, out: &mut Vec<Effect>) {
        if std::mem::replace(&mut self.exiting, true) {
            return;
        }
        for id in 0..self.sidecars.len() {
            self.with(SidecarId(id as u32), now, out, |sidecar, turn| {
                sidecar.step(turn, fact);
            });
        }
    }

    /// Lets one sidecar act and keeps the books about it.
    fn with(
        &mut self,
        id: SidecarId,
        now: Mono,
        out: &mut Vec<Effect>,
        act: impl FnOnce(&mut Sidecar, &mut Turn<'_>),
    ) {
        let place = self.sidecars.get_mut(id.0 as usize);
        let Some(sidecar) = place.and_then(Option::as_mut) else {
            return;
        };
        let (deadline, down) = (sidecar.next_deadline(), sidecar.is_down());
        act(
            sidecar,
            &mut Turn {
                now,
                ids: &mut self.ids,
                out,
            },
        );
        if sidecar.next_deadline() != deadline {
            if let Some(at) = deadline {
                self.deadlines.remove(&(at, id));
            }
            if let Some(at) = sidecar.next_deadline() {
                self.deadlines.insert((at, id));
            }
        }
        match (down, sidecar.is_down()) {
            (true, false) => self.up += 1,
            (false, true) => self.up -= 1,
            (true, true) | (false, false) => {}
        }
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
