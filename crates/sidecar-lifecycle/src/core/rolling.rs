//! Replacing a run without a gap: the new one is ready before the old one goes.
//!
//! The new run belongs to a sidecar of its own, the *successor*, until it has taken over. Then the
//! successor is *the* sidecar, and the old one is ended and forgotten. Until then the old one is
//! not touched; should it end by itself, it does not begin again beside the successor unless the
//! roll fails. The successor waits for what it needs like everybody, and so does the roll, until it
//! comes or something else is asked for. There are two of them at the most: the next roll waits until one is forgotten.

use super::effect::{Effect, Notice, Order};
use super::fleet::Fleet;
use super::ids::{RunId, SidecarId};
use super::input::Fact;
use super::policy::{Policy, Restart};
use super::sidecar::Sidecar;
use super::state::{Phase, Wanted};
use super::time::Mono;

/// A roll of one sidecar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Roll {
    /// The other one of the two: the successor, or who is on the way out.
    other: SidecarId,
    stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The successor is on its way; to this run of it the hand-over was ordered.
    Coming { handing: Option<RunId> },
    /// It is decided. The other one is forgotten as soon as it is down.
    Ending,
}

impl Fleet {
    /// A user wants the current run replaced by a new one without a gap.
    pub(super) fn roll(&mut self, id: SidecarId, reason: &str, now: Mono, out: &mut Vec<Effect>) {
        let ending = match self.rolls.get(&id).map(|roll| roll.stage) {
            Some(Stage::Coming { .. }) => return, // That one is what is asked for.
            Some(Stage::Ending) => true,
            None => false,
        };
        let Some(sidecar) = self.get(id).filter(|_| !self.others.contains_key(&id)) else {
            return;
        };
        let why = if !sidecar.policy.can_move {
            "its port is fixed"
        } else if sidecar.phase() != Phase::Ready || sidecar.wanted() == Wanted::Down {
            "it is not ready"
        } else if ending {
            "the last roll has not ended yet"
        } else {
            return self.split(id, now, out);
        };
        let notice = Notice::RollDegraded { reason: why.into() };
        tell(id, Order::Publish(notice), out);
        self.restart(id, reason, now, out);
    }

    fn split(&mut self, id: SidecarId, now: Mono, out: &mut Vec<Effect>) {
        let Some(sidecar) = self.get_mut(id) else {
            return;
        };
        sidecar.held = true;
        let policy = Policy {
            restart: Restart::Never,
            ..sidecar.policy.clone()
        };
        let needs = sidecar.needs.iter().map(|need| need.dependency);
        let (name, needs) = (sidecar.name().to_owned(), needs.collect::<Vec<_>>());
        let successor = self.add(name, policy);
        self.link(successor, needs);
        let stage = Stage::Coming { handing: None };
        let other = successor;
        self.rolls.insert(id, Roll { other, stage });
        self.others.insert(successor, id);
        tell(id, Order::Split { successor }, out);
        self.start(successor, now, out);
    }

    /// Looks after a roll whose other one has changed.
    pub(super) fn attend_roll(&mut self, other: SidecarId, out: &mut Vec<Effect>) {
        let Some(&main) = self.others.get(&other) else {
            return;
        };
        let (Some(sidecar), Some(roll)) = (self.get(other), self.rolls.get(&main)) else {
            return;
        };
        match roll.stage {
            Stage::Coming { .. } if sidecar.is_down() => {
                let reason = if sidecar.phase() == Phase::Failed {
                    format!("the new run failed: {}", sidecar.failure)
                } else {
                    "the new run has ended".to_owned()
                };
                self.fail_roll(main, reason, out);
                self.forget(main, out);
            }
            Stage::Coming { handing } if sidecar.phase() == Phase::Ready => {
                let Some(run) = sidecar.run().filter(|run| handing != Some(*run)) else {
                    return;
                };
                let handing = Some(run);
                let Some(from) = self.get(main).map(|main| main.last_run) else {
                    return;
                };
                self.set_stage(main, Stage::Coming { handing });
                tell(other, Order::HandOver { run, from }, out);
            }
            Stage::Ending if sidecar.is_down() => self.forget(main, out),
            Stage::Coming { .. } | Stage::Ending => {}
        }
    }

    /// The traffic goes to the successor now.
    pub(super) fn handed_over(
        &mut self,
        successor: SidecarId,
        run: RunId,
        now: Mono,
        out: &mut Vec<Effect>,
    ) {
        let Some(main) = self.handing(successor, run) else {
            return;
        };
        // Whose processes are being ended takes over nothing: the roll fails when they are gone.
        let serves = |sidecar: &Sidecar| matches!(sidecar.phase(), Phase::Ready | Phase::Unhealthy);
        if !self.get(successor).is_some_and(serves) {
            return;
        }
        tell(main, Order::Replace { by: successor }, out);
        self.others.remove(&successor);
        self.rolls.remove(&main);
        let stage = Stage::Ending;
        self.rolls.insert(successor, Roll { other: main, stage });
        self.others.insert(main, successor);
        self.inherit(main, successor);
        let reason = format!("replaced by run {run}");
        self.act(main, now, out, |sidecar, turn| {
            sidecar.held = false;
            sidecar.step(turn, &Fact::StopRequested { reason });
        });
        self.attend_roll(main, out); // It may have been down before.
    }

    /// Gives the successor what makes the old one *the* sidecar.
    fn inherit(&mut self, main: SidecarId, successor: SidecarId) {
        let Some(old) = self.get_mut(main) else {
            return;
        };
        let policy = old.policy.clone();
        let dependents = std::mem::take(&mut old.dependents);
        old.dependents_up = 0;
        for id in &dependents {
            if let Some(dependent) = self.get_mut(*id) {
                for need in &mut dependent.needs {
                    if need.dependency.on == main {
                        need.dependency.on = successor;
                    }
                }
            }
        }
        let Some(new) = self.get_mut(successor) else {
            return;
        };
        new.policy = policy;
        new.dependents.extend(dependents);
        let up = |id: &&SidecarId| self.get(**id).is_some_and(|sidecar| !sidecar.is_down());
        let dependents_up = self
            .get(successor)
            .map_or(0, |new| new.dependents.iter().filter(up).count());
        if let Some(new) = self.get_mut(successor) {
            new.dependents_up = dependents_up;
        }
        self.spread(successor);
    }

    pub(super) fn hand_over_failed(
        &mut self,
        successor: SidecarId,
        run: RunId,
        reason: &str,
        now: Mono,
        out: &mut Vec<Effect>,
    ) {
        let Some(main) = self.handing(successor, run) else {
            return;
        };
        self.fail_roll(main, format!("the hand-over failed: {reason}"), out);
        self.end(successor, "the hand-over failed", now, out);
    }

    /// Whom this run is about to replace.
    fn handing(&self, successor: SidecarId, run: RunId) -> Option<SidecarId> {
        let main = *self.others.get(&successor)?;
        let handing = Some(run);
        let current = self.get(successor)?.run() == handing;
        let asked = self.rolls.get(&main)?.stage == Stage::Coming { handing };
        (current && asked).then_some(main)
    }

    /// The old one serves on, and may begin again if it has ended meanwhile.
    fn fail_roll(&mut self, main: SidecarId, reason: String, out: &mut Vec<Effect>) {
        self.set_stage(main, Stage::Ending);
        let notice = Notice::RollFailed { reason };
        tell(main, Order::Publish(notice), out);
        if let Some(sidecar) = self.get_mut(main) {
            sidecar.held = false;
            self.concerned.push_back(main);
        }
    }

    /// Something else is wanted of it than a roll. Who was to replace it is ended.
    pub(super) fn cancel_roll(
        &mut self,
        main: SidecarId,
        reason: &str,
        now: Mono,
        out: &mut Vec<Effect>,
    ) {
        match self.rolls.get(&main) {
            Some(Roll {
                other,
                stage: Stage::Coming { .. },
            }) => {
                let other = *other;
                self.set_stage(main, Stage::Ending);
                if let Some(sidecar) = self.get_mut(main) {
                    sidecar.held = false;
                }
                self.end(other, reason, now, out);
            }
            Some(Roll {
                stage: Stage::Ending,
                ..
            })
            | None => {}
        }
    }

    pub(super) fn cancel_all_rolls(&mut self, fact: &Fact, now: Mono, out: &mut Vec<Effect>) {
        let (Fact::HostExiting { reason } | Fact::StopAllRequested { reason }) = fact else {
            return;
        };
        for main in self.rolls.keys().copied().collect::<Vec<_>>() {
            self.cancel_roll(main, reason, now, out);
        }
    }

    fn end(&mut self, other: SidecarId, reason: &str, now: Mono, out: &mut Vec<Effect>) {
        let reason = reason.to_owned();
        self.act(other, now, out, |sidecar, turn| {
            sidecar.step(turn, &Fact::StopRequested { reason });
        });
    }

    /// The other one is down and nobody needs to know of it any more.
    fn forget(&mut self, main: SidecarId, out: &mut Vec<Effect>) {
        if let Some(roll) = self.rolls.remove(&main) {
            self.others.remove(&roll.other);
            self.unlink(roll.other);
            self.sidecars.remove(&roll.other);
            tell(roll.other, Order::Forget, out);
        }
    }

    fn set_stage(&mut self, main: SidecarId, stage: Stage) {
        if let Some(roll) = self.rolls.get_mut(&main) {
            roll.stage = stage;
        }
    }

    /// Whether it is one of the two of a roll.
    pub(super) fn is_rolling(&self, id: SidecarId) -> bool {
        self.rolls.contains_key(&id) || self.others.contains_key(&id)
    }

    /// Whether it is on its way out of a roll, and cannot be started any more.
    pub(super) fn is_retired(&self, id: SidecarId) -> bool {
        let main = self.others.get(&id);
        let roll = main.and_then(|main| self.rolls.get(main));
        roll.is_some_and(|roll| roll.stage == Stage::Ending)
    }

    /// Who is about to replace it.
    pub(super) fn successor(&self, id: SidecarId) -> Option<SidecarId> {
        let roll = self.rolls.get(&id)?;
        (roll.stage != Stage::Ending).then_some(roll.other)
    }
}

fn tell(sidecar: SidecarId, order: Order, out: &mut Vec<Effect>) {
    out.push(Effect { sidecar, order });
}

#[cfg(test)]
#[path = "rolling_tests.rs"]
mod tests;
