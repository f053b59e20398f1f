//! Stands beside a fleet and checks every step against what has to hold always.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sidecar_lifecycle::core::{
    Dependency, Effect, Fact, Fleet, Input, Leftovers, Mono, Order, Phase, Policy, RunId, Sidecar,
    SidecarId, Wanted,
};

mod needs;
mod notices;

use crate::rolls::Rolls;

/// What was ordered and told of one run.
#[derive(Debug, Default)]
struct Record {
    spawned: bool,
    /// It is to be taken over, not spawned.
    adopted: bool,
    released: bool,
    ready: bool,
    unhealthy: bool,
    crashed: bool,
    exited: bool,
    stopping: bool,
    /// A stop of all, which has an order to keep.
    in_order: bool,
    stopped: bool,
    asked_at: Option<Mono>,
    forced: bool,
}

/// A fleet under watch.
pub(crate) struct Watch {
    pub(crate) fleet: Fleet,
    pub(crate) now: Mono,
    /// How many runs were begun.
    pub(crate) prepared: usize,
    /// The kinds of orders and notices that came.
    pub(crate) met: BTreeSet<String>,
    policies: BTreeMap<SidecarId, Policy>,
    needs: BTreeMap<SidecarId, Vec<Dependency>>,
    /// The last run that each began.
    last: BTreeMap<SidecarId, RunId>,
    /// What each of the first is now: rolls give them other ids.
    pub(crate) current: Vec<SidecarId>,
    pub(crate) rolls: Rolls,
    /// Moves in a row.
    moves: BTreeMap<SidecarId, u32>,
    runs: BTreeMap<RunId, Record>,
    /// The phases as the notices tell them.
    phases: BTreeMap<SidecarId, Phase>,
    last_run: RunId,
    exiting: bool,
}

impl Watch {
    pub(crate) fn new(seed: u64, policies: Vec<Policy>) -> Watch {
        let mut fleet = Fleet::new(seed);
        let name = |index| format!("s{index}");
        let ids = (0..policies.len()).map(|index| fleet.add(name(index), policies[index].clone()));
        let current: Vec<SidecarId> = ids.collect();
        Watch {
            fleet,
            now: Mono::default(),
            prepared: 0,
            met: BTreeSet::new(),
            phases: current.iter().map(|id| (*id, Phase::Idle)).collect(),
            policies: current.iter().copied().zip(policies).collect(),
            needs: BTreeMap::new(),
            last: BTreeMap::new(),
            current,
            rolls: Rolls::default(),
            moves: BTreeMap::new(),
            runs: BTreeMap::new(),
            last_run: RunId(0),
            exiting: false,
        }
    }

    /// Says whom somebody needs. The caller takes care that there are no cycles.
    pub(crate) fn depend(&mut self, id: SidecarId, needs: Vec<Dependency>) {
        if self.fleet.get(id).is_some() {
            self.fleet.set_dependencies(id, needs.clone()).unwrap();
            self.needs.insert(id, needs.clone());
            let mirrored = self.rolls.coming(id);
            if let Some(successor) = mirrored {
                self.needs.insert(successor, needs);
            }
        }
    }

    /// A user's wish ends a roll, and begins the count of moves anew.
    fn wish(&mut self, input: &Input) {
        match &input.fact {
            Fact::StopRequested { .. } => self.rolls.cancelled(Some(input.sidecar)),
            Fact::RestartRequested { .. } => {
                self.moves.clear();
                if !self.exiting {
                    self.rolls.cancelled(Some(input.sidecar));
                }
            }
            Fact::StopAllRequested { .. } => self.rolls.cancelled(None),
            Fact::HostExiting { .. } => {
                self.exiting = true;
                self.rolls.cancelled(None);
            }
            // It may start others, which it needs.
            Fact::StartRequested | Fact::RollRequested { .. } => self.moves.clear(),
            _ => {}
        }
    }

    /// Whether what an earlier host has left of it is taken over.
    pub(crate) fn adopts(&self, id: SidecarId) -> bool {
        self.policies[&id].leftovers == Leftovers::Adopt
    }

    /// The longest that an end of all may take: every tree is asked, forced and given up in turn.
    pub(crate) fn patience(&self) -> Duration {
        let longest = |policy: &Policy| policy.grace + policy.force_limit;
        self.policies.values().map(longest).sum()
    }

    pub(crate) fn step(&mut self, input: Input) -> Vec<Effect> {
        count_step();
        self.wish(&input);
        let current = self.fleet.get(input.sidecar).and_then(Sidecar::run);
        let stale = input.fact.run().is_some() && input.fact.run() != current;
        let before = stale.then(|| self.fleet.clone());
        let owed = if stale { None } else { self.owed(&input) };
        let mut out = Vec::new();
        self.fleet.step(self.now, input, &mut out);
        if let Some(before) = before {
            assert!(
                before == self.fleet && out.is_empty(),
                "a stale run id changed something"
            );
        }
        self.check(&out);
        if let Some((run, notice)) = owed {
            let told =
                |e: &Effect| format!("{:?}", e.order).starts_with(&format!("Publish({notice}"));
            assert_eq!(
                out.iter().filter(|e| told(e)).count(),
                1,
                "{run}: {notice} is not told"
            );
        }
        out
    }

    /// What has to be told of a fact: that a leader runs, and that it ended.
    fn owed(&self, input: &Input) -> Option<(RunId, &'static str)> {
        let run = input.fact.run()?;
        let record = self.runs.get(&run)?;
        let phase = self.fleet.get(input.sidecar)?.phase();
        match input.fact {
            Fact::Spawned { .. } if !record.spawned && phase != Phase::Preparing => {
                Some((run, if record.adopted { "Adopted" } else { "Spawned" }))
            }
            Fact::LeaderExited { .. } if record.spawned && !record.exited => Some((run, "Exited")),
            _ => None,
        }
    }

    pub(crate) fn tick(&mut self) -> Vec<Effect> {
        count_step();
        let mut out = Vec::new();
        self.fleet.tick(self.now, &mut out);
        assert!(
            self.fleet.next_deadline().is_none_or(|at| at > self.now),
            "overdue after a tick"
        );
        self.check(&out);
        for (id, policy) in &self.policies {
            let Some(sidecar) = self.fleet.get(*id) else {
                continue;
            };
            if sidecar.phase() == Phase::Stopping {
                let record = &self.runs[&sidecar.run().unwrap()];
                let asked_at = record.asked_at.expect("it stops without having been asked");
                let overdue = self.now.since(asked_at) >= policy.grace;
                assert!(record.forced || !overdue, "force is missing after grace");
            }
        }
        out
    }

    fn check(&mut self, out: &[Effect]) {
        for effect in out {
            self.look(effect);
        }
        let mut deadlines = Vec::new();
        let ids: Vec<SidecarId> = self.fleet.all().map(Sidecar::id).collect();
        assert!(
            ids.iter().eq(self.phases.keys()),
            "added or forgotten untold"
        );
        for (id, told) in &self.phases {
            let sidecar = self.fleet.get(*id).unwrap();
            assert_eq!(sidecar.phase(), *told, "a change of phase was not told");
            let runs = !matches!(told, Phase::Idle | Phase::Waiting | Phase::Failed);
            assert_eq!(sidecar.run().is_some(), runs, "a run in {told:?}");
            assert!(
                *told != Phase::Idle || sidecar.wanted() == Wanted::Down,
                "idle, wanted up"
            );
            deadlines.extend(sidecar.next_deadline());
        }
        assert_eq!(
            self.fleet.next_deadline(),
            deadlines.into_iter().min(),
            "the fleet's books"
        );
        let down = self
            .phases
            .values()
            .all(|p| matches!(p, Phase::Idle | Phase::Failed));
        assert_eq!(self.fleet.all_down(), down, "the fleet's books");
    }

    fn look(&mut self, effect: &Effect) {
        let id = effect.sidecar;
        let text = format!("{:?}", effect.order);
        let name = text
            .trim_start_matches("Publish(")
            .split(' ')
            .next()
            .unwrap_or_default();
        self.met.insert(name.to_owned());
        match &effect.order {
            Order::Prepare { run } => {
                assert!(*run > self.last_run, "{run} was used before");
                self.last_run = *run;
                self.begins(id);
                self.last.insert(id, *run);
                self.prepared += 1;
                self.runs.insert(*run, Record::default());
            }
            Order::Spawn { .. } => {
                let sidecar = self.fleet.get(effect.sidecar).unwrap();
                assert_eq!(sidecar.wanted(), Wanted::Up, "a spawn while wanted down");
            }
            Order::Adopt { run } => {
                self.runs.get_mut(run).unwrap().adopted = true;
            }
            Order::Release { run } => {
                let record = self.runs.get_mut(run).unwrap();
                assert!(self.exiting, "left to itself while the host lives");
                assert!(record.asked_at.is_none() && !record.exited && !record.stopping);
                let outlives = self.policies[&id].leftovers != Leftovers::End;
                assert!(outlives && (record.spawned || record.adopted));
                record.released = true;
            }
            Order::AskStop { run } => {
                let record = self.runs.get_mut(run).unwrap();
                assert!(record.asked_at.is_none(), "asked twice");
                // Who ended of its own needs no announcement for what it has left behind.
                let own = record.exited || !record.spawned;
                assert!(
                    record.stopping || own,
                    "a signal before the intent was told"
                );
                record.asked_at = Some(self.now);
                if record.in_order {
                    self.is_free_to_go(id);
                }
            }
            Order::ForceStop { run } => {
                let record = self.runs.get_mut(run).unwrap();
                let asked_at = record.asked_at.expect("force without having asked");
                assert!(
                    self.now.since(asked_at) >= self.policies[&id].grace,
                    "force before grace"
                );
                assert!(!std::mem::replace(&mut record.forced, true), "forced twice");
            }
            Order::StartReadiness { run }
            | Order::StartLiveness { run }
            | Order::StartReadinessWatch { run } => {
                assert!(self.runs[run].spawned, "a check of what does not run");
            }
            Order::StopChecks { .. } => {}
            Order::Split { successor } => {
                self.rolls.split(id, *successor);
                self.phases.insert(*successor, Phase::Idle);
                self.policies.insert(*successor, self.policies[&id].clone());
                let needs = self.needs.get(&id).cloned().unwrap_or_default();
                self.needs.insert(*successor, needs);
            }
            Order::HandOver { run, .. } => {
                assert!(self.runs[run].ready && self.phases[&id] == Phase::Ready);
            }
            Order::Replace { by } => {
                self.rolls.replaced(id, *by);
                for current in self.current.iter_mut().filter(|current| **current == id) {
                    *current = *by;
                }
                let all = self.needs.values_mut().flatten();
                for need in all.filter(|need| need.on == id) {
                    need.on = *by;
                }
            }
            Order::Forget => {
                self.rolls.forgotten(id);
                self.needs.remove(&id);
                let phase = self.phases.remove(&id);
                assert!(
                    matches!(phase, Some(Phase::Idle | Phase::Failed)),
                    "{phase:?}"
                );
            }
            Order::Publish(notice) => self.hear(id, notice),
        }
    }

    /// At the end of all: each `spawned` had its `stopped`.
    pub(crate) fn all_stopped(&self) {
        for (run, record) in &self.runs {
            let owed = record.spawned && !record.released;
            assert_eq!(owed, record.stopped, "run {run}: {record:?}");
        }
    }
}

/// Counts the steps of this program, and tells of each million.
fn count_step() {
    static STEPS: AtomicU64 = AtomicU64::new(0);
    let steps = STEPS.fetch_add(1, Ordering::Relaxed) + 1;
    if steps.is_multiple_of(1_000_000) {
        tell(steps / 1_000_000);
    }
}

#[expect(clippy::print_stdout, reason = "the long suite's figures")]
fn tell(millions: u64) {
    println!("steps of the core: {millions} million");
}
