//! The end of one very run, by force and at once.

use tokio::sync::oneshot;

use super::entry::Role;
use super::run_loop::Loop;
use crate::core::{Fact, RunId, Sidecar};
use crate::error::Error;

/// Somebody who waits until a run that is killed is gone.
pub(crate) struct Killer {
    pub(crate) id: String,
    pub(crate) run: RunId,
    pub(crate) answer: oneshot::Sender<Result<(), Error>>,
}

impl Loop {
    pub(super) fn kill(&mut self, killer: Killer) {
        let Some(index) = self.living(&killer.id, killer.run) else {
            let Killer { id, run, answer } = killer;
            let _ = answer.send(Err(Error::StaleRun { id, run })); // Nobody waits for it.
            return;
        };
        let (core, run, role) = (
            self.entries[index].core,
            killer.run,
            self.entries[index].role,
        );
        self.killers.push(killer);
        // The intent comes first: it is a stop, and no crash that is followed by another run. In a
        // rolling restart the other one of the two goes on.
        if role == Role::Main {
            let reason = "it is killed".to_owned();
            self.step(core, Fact::StopRequested { reason });
        }
        self.meter_force(run);
        self.order_about(run, |s| s.force_stop(run));
    }

    /// Where a run is whose leader was spawned and whose tree is not known to be gone.
    pub(super) fn living(&self, id: &str, run: RunId) -> Option<usize> {
        let index = self.index_of(run)?;
        let entry = &self.entries[index];
        let spawned = entry.run.as_ref().is_some_and(|r| r.leader.is_some());
        let phase = self.fleet.get(entry.core).map(Sidecar::phase);
        let lives = spawned && phase.is_some_and(crate::core::Phase::may_have_processes);
        (lives && entry.id == id).then_some(index)
    }

    /// A run has stopped: whoever has killed it is told.
    pub(super) fn answer_killers(&mut self, run: RunId, survivors: &[u32]) {
        for killer in self.killers.extract_if(.., |killer| killer.run == run) {
            let answer = if survivors.is_empty() {
                Ok(())
            } else {
                Err(Error::Survived {
                    id: killer.id,
                    pids: survivors.to_vec(),
                })
            };
            let _ = killer.answer.send(answer); // Nobody waits for it any more.
        }
    }
}
