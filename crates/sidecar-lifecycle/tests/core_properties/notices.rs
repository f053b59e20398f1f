//! What may be told of a run, and when.

use sidecar_lifecycle::core::{Notice, SidecarId};

use super::Watch;

impl Watch {
    pub(super) fn hear(&mut self, id: SidecarId, notice: &Notice) {
        let policy = &self.policies[&id];
        match notice {
            Notice::Released { run, .. } => {
                let record = &self.runs[run];
                assert!(record.released && record.spawned);
            }
            Notice::Spawned { run, .. } | Notice::Adopted { run, .. } => {
                let record = self.runs.get_mut(run).unwrap();
                let adopted = matches!(notice, Notice::Adopted { .. });
                assert_eq!(record.adopted, adopted, "spawned or taken over");
                assert!(
                    !std::mem::replace(&mut record.spawned, true),
                    "spawned twice"
                );
            }
            Notice::Ready { run, .. } => {
                let record = self.runs.get_mut(run).unwrap();
                assert!(record.spawned && !record.exited && !record.stopping && !record.stopped);
                let again = std::mem::replace(&mut record.unhealthy, false);
                assert!(again || !record.ready, "ready twice");
                record.ready = true;
                self.moves.remove(&id);
            }
            Notice::WaitingFor { on } => assert!(!on.is_empty()),
            Notice::RollDegraded { .. } => {}
            Notice::RollFailed { .. } => self.rolls.failed(id),
            Notice::PortTaken { run, .. } => {
                assert!(policy.can_move && !self.runs[run].ready);
                let moves = self.moves.entry(id).or_default();
                *moves += 1;
                assert!(*moves <= 20, "it moves for ever");
            }
            Notice::Unhealthy { run, .. } => {
                let record = self.runs.get_mut(run).unwrap();
                assert!(record.ready, "unhealthy, not ready");
                assert!(
                    !std::mem::replace(&mut record.unhealthy, true),
                    "unhealthy twice"
                );
            }
            Notice::Exited { run, asked, .. } => {
                let record = self.runs.get_mut(run).unwrap();
                assert!(record.spawned && !record.stopped);
                assert_eq!(record.asked_at.is_some(), *asked, "asked or not");
                assert!(!std::mem::replace(&mut record.exited, true), "exited twice");
            }
            Notice::Crashed { run, attempt, .. } => {
                let record = self.runs.get_mut(run).unwrap();
                record.crashed = true;
                assert!(!record.stopped && *attempt > 0);
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
            Notice::Stopping { run, reason } => {
                let record = self.runs.get_mut(run).unwrap();
                record.in_order = reason == "all" || reason == "shutdown";
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
                // It may never have begun.
                let runs = self.runs.get(run);
                let lives = runs.is_some_and(|record| record.spawned && !record.stopped);
                assert!(!lives, "it failed while it runs");
            }
            Notice::PhaseChanged { from, to } => {
                let told = self.phases.insert(id, *to);
                assert_eq!(told, Some(*from), "a phase was skipped");
            }
        }
    }
}
