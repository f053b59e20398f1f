//! A world that keeps the shell's promises, late and in any order that they leave open.

use std::collections::BTreeMap;
use std::time::Duration;

use sidecar_lifecycle::core::{
    Effect, ExitStatus, Fact, Input, Mono, Order, Phase, Policy, RunId, SidecarId,
};

use crate::grammar::Grammar;
use crate::watch::Watch;

/// What is really going on with one run that was ordered.
struct Truth {
    sidecar: SidecarId,
    /// Which of the first it belongs to, whatever its id.
    name: String,
    leader: Leader,
    /// Whether its tree ends when asked, or only by force.
    obedient: bool,
    asked: bool,
    forced: bool,
}

#[derive(PartialEq)]
enum Leader {
    Coming,
    Runs,
    /// It ended; what it has started has not.
    Left,
    /// Nothing of the tree is left, or it never was.
    Gone,
}

/// What will happen by itself.
enum Event {
    Say(SidecarId, Fact),
    Birth(RunId),
    /// The leader ends, by its own decision or by a signal.
    Exit(RunId, ExitStatus),
    /// The leader ends since its port is taken.
    Taken(RunId),
    /// The last process of the tree ends.
    End(RunId),
}

pub(crate) struct World {
    pub(crate) watch: Watch,
    grammar: Grammar,
    runs: BTreeMap<RunId, Truth>,
    events: BTreeMap<(Mono, u64), Event>,
    random: u64,
    count: u64,
    peaceful: bool,
    failed: Vec<bool>,
    /// How many of a hundred starts find their port taken.
    taken: u64,
}

impl World {
    pub(crate) fn new(seed: u64, policies: Vec<Policy>) -> World {
        World {
            failed: vec![false; policies.len()],
            watch: Watch::new(seed, policies),
            grammar: Grammar::default(),
            runs: BTreeMap::new(),
            events: BTreeMap::new(),
            random: seed | 1,
            count: 0,
            peaceful: false,
            taken: 8,
        }
    }

    /// From now on so many of a hundred starts find their port taken.
    pub(crate) fn taken(&mut self, percent: u64) {
        self.taken = percent;
    }

    /// What one of the first is now.
    pub(crate) fn id(&self, index: usize) -> SidecarId {
        self.watch.current[index]
    }

    /// From now on nothing fails, ends of itself, or is slow.
    pub(crate) fn peaceful(&mut self) {
        self.peaceful = true;
    }

    /// A user, or somebody with old news, says something now.
    pub(crate) fn say(&mut self, sidecar: SidecarId, fact: Fact) {
        let effects = self.watch.step(Input { sidecar, fact });
        self.perform(effects);
        self.note_failures();
    }

    /// Lets time pass, with everything that is due in it.
    pub(crate) fn pass(&mut self, time: Duration) {
        let until = self.watch.now.after(time);
        self.run_until(until);
        self.watch.now = until;
    }

    /// Lets time pass until nothing is due any more.
    pub(crate) fn settle(&mut self) {
        self.run_until(Mono(Duration::MAX));
    }

    /// How many trees of this one really exist.
    pub(crate) fn live_runs(&self, index: usize) -> usize {
        let name = format!("s{index}");
        let live = |t: &&Truth| matches!(t.leader, Leader::Runs | Leader::Left);
        self.runs
            .values()
            .filter(|t| t.name == name)
            .filter(live)
            .count()
    }

    /// Whether it had failed when it was last asked to stop.
    pub(crate) fn had_failed(&self, index: usize) -> bool {
        self.failed[index]
    }

    fn note_failures(&mut self) {
        for (index, failed) in self.failed.iter_mut().enumerate() {
            let sidecar = self.watch.fleet.get(self.watch.current[index]).unwrap();
            *failed = sidecar.phase() == Phase::Failed;
        }
    }

    fn run_until(&mut self, until: Mono) {
        loop {
            let event = self.events.keys().next().copied();
            let deadline = self.watch.fleet.next_deadline();
            let event_first = event.is_some_and(|(at, _)| deadline.is_none_or(|d| at < d));
            match (event, deadline) {
                (Some(key), _) if event_first && key.0 <= until => {
                    self.watch.now = self.watch.now.max(key.0);
                    let event = self.events.remove(&key).unwrap();
                    self.happen(event);
                }
                (_, Some(at)) if !event_first && at <= until => {
                    self.watch.now = self.watch.now.max(at);
                    let effects = self.watch.tick();
                    self.perform(effects);
                }
                _ => return,
            }
        }
    }

    /// xorshift64: where the core's jitter comes from must not decide what happens to it.
    fn draw(&mut self, below: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 11) % below
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.draw(100) < percent && !self.peaceful
    }

    fn later(&mut self, most_ms: u64, event: Event) {
        let most = if self.peaceful {
            most_ms.min(20)
        } else {
            most_ms
        };
        let at = self
            .watch
            .now
            .after(Duration::from_millis(self.draw(most + 1)));
        self.count += 1;
        self.events.insert((at, self.count), event);
    }

    fn perform(&mut self, effects: Vec<Effect>) {
        for Effect { sidecar, order } in effects {
            match order {
                Order::Prepare { run } => {
                    let fact = if self.chance(8) {
                        Fact::PrepareFailed {
                            run,
                            reason: "port held".into(),
                            transient: self.draw(2) == 0,
                        }
                    } else if self.chance(30) && self.may_be_left(sidecar) {
                        Fact::LeftoverFound {
                            run,
                            port: Some(5173),
                        }
                    } else {
                        Fact::Prepared {
                            run,
                            port: Some(5173),
                        }
                    };
                    self.later(300, Event::Say(sidecar, fact));
                }
                // Nobody is told how one that was taken over ends, but for that it ends as others do.
                Order::Spawn { run } | Order::Adopt { run } => {
                    let name = self.watch.fleet.get(sidecar).unwrap().name().to_owned();
                    let live = |t: &&Truth| t.name == name && t.leader != Leader::Gone;
                    let others: Vec<SidecarId> =
                        self.runs.values().filter(live).map(|t| t.sidecar).collect();
                    assert!(!others.contains(&sidecar), "a spawn beside a live run");
                    let rolls = self.watch.rolls.involves(sidecar);
                    assert!(others.len() <= usize::from(rolls), "{others:?} run already");
                    let obedient = !self.chance(30);
                    let (asked, forced, leader) = (false, false, Leader::Coming);
                    self.runs.insert(
                        run,
                        Truth {
                            sidecar,
                            name,
                            leader,
                            obedient,
                            asked,
                            forced,
                        },
                    );
                    self.later(40, Event::Birth(run));
                }
                Order::StartReadiness { run } => {
                    if !self.chance(20) {
                        let fact = Fact::CheckPassed {
                            run,
                            port: Some(5173),
                            url: None,
                        };
                        self.later(2500, Event::Say(sidecar, fact));
                    }
                }
                Order::StartLiveness { run } => {
                    for _ in 0..self.draw(8) {
                        let fact = if self.chance(70) {
                            Fact::LivenessFailed {
                                run,
                                reason: "status 500".into(),
                            }
                        } else {
                            Fact::LivenessPassed { run }
                        };
                        self.later(8000, Event::Say(sidecar, fact));
                    }
                }
                Order::Release { run } => {
                    // What becomes of it is nobody's business any more.
                    self.runs.get_mut(&run).unwrap().leader = Leader::Gone;
                }
                Order::AskStop { run } => {
                    self.runs.get_mut(&run).unwrap().asked = true;
                    self.obey(run);
                }
                Order::ForceStop { run } => {
                    self.runs.get_mut(&run).unwrap().forced = true;
                    self.obey(run);
                }
                Order::StartReadinessWatch { run } => {
                    for _ in 0..self.draw(8) {
                        let reason = "status 503".into();
                        let fact = if self.chance(60) {
                            Fact::ReadinessFailed { run, reason }
                        } else {
                            Fact::ReadinessPassed { run }
                        };
                        self.later(8000, Event::Say(sidecar, fact));
                    }
                }
                Order::HandOver { run, .. } => {
                    let reason = "the proxy is down".into();
                    let fact = if self.chance(25) {
                        Fact::HandOverFailed { run, reason }
                    } else {
                        Fact::HandedOver { run }
                    };
                    self.later(1000, Event::Say(sidecar, fact));
                }
                // What was asked already may still be answered: the core has to bear it. About the
                // two of a roll the watch keeps the books.
                Order::StopChecks { .. }
                | Order::Split { .. }
                | Order::Replace { .. }
                | Order::Forget => {}
                Order::Publish(notice) => self.grammar.hear(sidecar, &notice),
            }
        }
    }

    /// Whether an earlier host may have left this one: nothing of it runs here.
    fn may_be_left(&self, sidecar: SidecarId) -> bool {
        let fleet = &self.watch.fleet;
        let name = fleet.get(sidecar).unwrap().name();
        let lives = |t: &Truth| t.name == name && t.leader != Leader::Gone;
        self.watch.adopts(sidecar) && !self.runs.values().any(lives)
    }

    /// A tree that exists does what it was told, if it listens.
    fn obey(&mut self, run: RunId) {
        let truth = &self.runs[&run];
        if matches!(truth.leader, Leader::Coming | Leader::Gone) {
            return;
        }
        if truth.forced {
            self.later(1500, Event::End(run));
        } else if truth.asked && truth.obedient {
            self.later(2000, Event::Exit(run, ExitStatus::Signal(15)));
            self.later(4000, Event::End(run));
        }
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Say(sidecar, fact) => self.tell(sidecar, fact),
            Event::Birth(run) => {
                let truth = &self.runs[&run];
                let sidecar = truth.sidecar;
                if truth.leader != Leader::Coming {
                    return; // It was left to itself before it was taken over.
                }
                if self.chance(8) {
                    self.runs.get_mut(&run).unwrap().leader = Leader::Gone;
                    let fact = Fact::SpawnFailed {
                        run,
                        reason: "no memory".into(),
                        transient: self.draw(2) == 0,
                    };
                    self.tell(sidecar, fact);
                    return;
                }
                self.runs.get_mut(&run).unwrap().leader = Leader::Runs;
                self.tell(
                    sidecar,
                    Fact::Spawned {
                        run,
                        pid: 1000 + (run.0 % 1000) as u32,
                    },
                );
                self.obey(run);
                if self.chance(self.taken) {
                    if self.draw(2) == 0 {
                        let fact = Fact::PortTaken { run, port: 5173 };
                        self.later(30, Event::Say(sidecar, fact));
                    } else {
                        self.later(30, Event::Taken(run));
                    }
                } else if self.chance(40) {
                    let code = self.draw(2) as i32;
                    self.later(20_000, Event::Exit(run, ExitStatus::Code(code)));
                }
            }
            Event::Taken(run) => self.exit(run, ExitStatus::Code(1), true),
            Event::Exit(run, status) => self.exit(run, status, false),
            Event::End(run) => {
                if self.runs[&run].leader == Leader::Runs {
                    self.happen(Event::Exit(run, ExitStatus::Signal(9)));
                }
                let truth = self.runs.get_mut(&run).unwrap();
                if truth.leader == Leader::Left {
                    truth.leader = Leader::Gone;
                    let sidecar = truth.sidecar;
                    self.tell(
                        sidecar,
                        Fact::TreeGone {
                            run,
                            survivors: Vec::new(),
                        },
                    );
                }
            }
        }
    }

    fn exit(&mut self, run: RunId, status: ExitStatus, port_taken: bool) {
        let truth = self.runs.get_mut(&run).unwrap();
        if truth.leader != Leader::Runs {
            return;
        }
        truth.leader = Leader::Left;
        let sidecar = truth.sidecar;
        let fact = Fact::LeaderExited {
            run,
            status,
            port_taken,
        };
        self.tell(sidecar, fact);
        if self.draw(2) == 0 {
            self.later(5, Event::End(run));
        }
    }

    fn tell(&mut self, sidecar: SidecarId, fact: Fact) {
        let effects = self.watch.step(Input { sidecar, fact });
        self.perform(effects);
    }
}
