//! Stands beside a fleet and checks every step against what has to hold always.

use std::collections::{BTreeMap, BTreeSet};

use sidecar_lifecycle::core::{
    Effect, Fact, Fleet, Input, Mono, Notice, Order, Phase, Policy, RunId, Sidecar, SidecarId,
    Wanted,
};

/// What was ordered and told of one run.
#[derive(Debug, Default)]
struct Record {
    spawned: bool,
    ready: bool,
    exited: bool,
    stopping: bool,
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
    policies: Vec<Policy>,
    runs: BTreeMap<RunId, Record>,
    /// The phases as the notices tell them.
    phases: Vec<Phase>,
    last_run: RunId,
}

impl Watch {
    pub(crate) fn new(seed: u64, policies: Vec<Policy>) -> Watch {
        let mut fleet = Fleet::new(seed);
        for policy in &policies {
            fleet.add("web", policy.clone());
        }
        Watch {
            fleet,
            now: Mono::default(),
            prepared: 0,
            met: BTreeSet::new(),
            phases: vec![Phase::Idle; policies.len()],
            policies,
            runs: BTreeMap::new(),
            last_run: RunId(0),
        }
    }

    pub(crate) fn step(&mut self, input: Input) -> Vec<Effect> {
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
                Some((run, "Spawned"))
            }
            Fact::LeaderExited { .. } if record.spawned && !record.exited => Some((run, "Exited")),
            _ => None,
        }
    }

    pub(crate) fn tick(&mut self) -> Vec<Effect> {
        let mut out = Vec::new();
        self.fleet.tick(self.now, &mut out);
        assert!(
            self.fleet.next_deadline().is_none_or(|at| at > self.now),
            "overdue after a tick"
        );
        self.check(&out);
        for (index, policy) in self.policies.iter().enumerate() {
            let Some(sidecar) = self.fleet.get(SidecarId(index as u32)) else {
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
        for (index, told) in self.phases.iter().enumerate() {
            let sidecar = self.fleet.get(SidecarId(index as u32)).unwrap();
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
            .iter()
            .all(|p| matches!(p, Phase::Idle | Phase::Failed));
        assert_eq!(self.fleet.all_down(), down, "the fleet's books");
    }

    fn look(&mut self, effect: &Effect) {
        let index = effect.sidecar.0 as usize;
        let policy = &self.policies[index];
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
                self.prepared += 1;
                self.runs.insert(*run, Record::default());
            }
            Order::Spawn { .. } => {
                let sidecar = self.fleet.get(effect.sidecar).unwrap();
                assert_eq!(sidecar.wanted(), Wanted::Up, "a spawn while wanted down");
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
            }
            Order::ForceStop { run } => {
                let record = self.runs.get_mut(run).unwrap();
                let asked_at = record.asked_at.expect("force without having asked");
                assert!(
                    self.now.since(asked_at) >= policy.grace,
                    "force before grace"
                );
                assert!(!std::mem::replace(&mut record.forced, true), "forced twice");
            }
            Order::StartReadiness { run }
            | Order::StartLiveness { run }
            | Order::StartReadinessWatch { run } => {
                assert!(self.runs[run].spawned, "a check of what does not run");
            }
            Order::StopChecks { .. }
            | Order::Split { .. }
            | Order::HandOver { .. }
            | Order::Replace { .. }
            | Order::Forget => {}
            Order::Publish(notice) => self.hear(index, notice),
        }
    }

    fn hear(&mut self, index: usize, notice: &Notice) {
        let policy = &self.policies[index];
        match notice {
            Notice::Spawned { run, .. } => {
                let record = self.runs.get_mut(run).unwrap();
                assert!(
                    !std::mem::replace(&mut record.spawned, true),
                    "spawned twice"
                );
            }
            Notice::Ready { run, .. } => {
                let record = self.runs.get_mut(run).unwrap();
                assert!(record.spawned && !record.exited && !record.stopping && !record.stopped);
                assert!(!std::mem::replace(&mut record.ready, true), "ready twice");
            }
            Notice::WaitingFor { .. } | Notice::RollDegraded { .. } | Notice::RollFailed { .. } => {
            }
            Notice::PortTaken { run, .. } => assert!(!self.runs[run].ready),
            Notice::Unhealthy { run, .. } => assert!(self.runs[run].ready, "unhealthy, not ready"),
            Notice::Exited { run, asked, .. } => {
                let record = self.runs.get_mut(run).unwrap();
                assert!(record.spawned && !record.stopped);
                assert_eq!(record.asked_at.is_some(), *asked, "asked or not");
                assert!(!std::mem::replace(&mut record.exited, true), "exited twice");
            }
            Notice::Crashed { run, attempt, .. } => {
                assert!(!self.runs[run].stopped && *attempt > 0);
            }
            Notice::Restarting {
                attempt,
                max,
                delay,
                ..
            } => {
                assert!(*delay <= policy.backoff_cap, "longer than the cap");
                assert!(
                    attempt < max || *attempt == 0,
                    "it should have been given up"
                );
            }
            Notice::Stopping { run, .. } => {
                let record = self.runs.get_mut(run).unwrap();
                assert!(!record.stopped);
                assert!(
                    !std::mem::replace(&mut record.stopping, true),
                    "stopping twice"
                );
            }
            Notice::Stopped { run, .. } => {
                let record = self.runs.get_mut(run).unwrap();
                assert!(record.spawned, "stopped without having been spawned");
                assert!(
                    !std::mem::replace(&mut record.stopped, true),
                    "stopped twice"
                );
            }
            Notice::Failed { run, .. } => {
                let record = &self.runs[run];
                assert_eq!(record.spawned, record.stopped, "it failed while it runs");
            }
            Notice::PhaseChanged { from, to } => {
                assert_eq!(self.phases[index], *from, "a phase was skipped");
                self.phases[index] = *to;
            }
        }
    }

    /// At the end of all: each `spawned` had its `stopped`.
    pub(crate) fn all_stopped(&self) {
        for (run, record) in &self.runs {
            assert_eq!(record.spawned, record.stopped, "run {run}: {record:?}");
        }
    }
}
