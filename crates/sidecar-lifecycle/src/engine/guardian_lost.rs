//! Going on after the death of the guardian or its standby.

use super::entry::Entry;
use super::message::{Message, Report};
use super::run_loop::Loop;
use crate::core::{Fact, RunId, SidecarId};
use crate::event::{EventKind, Protection};

impl Loop {
    /// The guardian died. Its leaders died with it; what is left of their trees is ended by its
    /// standby or by a warden on a thread, which also spawns from now on.
    pub(super) fn lose_guardian(&mut self) {
        if self.shared.is_closing() {
            return;
        }
        let tx = self.tx.clone();
        let on = move |report| {
            let _ = tx.send(Message::Spawner(report)); // The loop may have quit by now.
        };
        if let Err(e) = self.spawner.reconnect(on) {
            log::error!("cannot go on without the guardian: {e}");
        }
        self.silence.end();
        let protection = self.spawner.protection();
        match protection {
            Protection::Guardian => log::error!("the guardian is gone: its standby goes on"),
            _ => log::error!("the guardian is gone: protection is best effort from now on"),
        }
        self.note_protection();
        for (core, id) in self.current_runs() {
            // A failed spawn may have ended a roll, and with it an entry.
            let Some(index) = self.index_of(id) else {
                continue;
            };
            let Some(run) = &self.entries[index].run else {
                continue;
            };
            let (leader, marker) = (run.leader.clone(), run.marker.clone());
            let keep = run.config.keep.clone();
            self.tell(core, id, EventKind::ProtectionLost { protection });
            if self.keep_looking_after(index) {
                continue;
            }
            if let Some(leader) = leader {
                let members = self.ledger.as_ref().map_or(Vec::new(), |l| l.members(id));
                self.order_about(id, |s| s.adopt(id, &leader, &members, &marker, &keep));
            } else {
                let fact = Fact::SpawnFailed {
                    run: id,
                    reason: "the guardian died while it was starting it".to_owned(),
                    transient: true, // The next run has another spawner.
                };
                self.step(core, fact);
            }
        }
    }

    /// Has the standby's end told.
    pub(super) fn watch_standby(&self) {
        let tx = self.tx.clone();
        let then = move || drop(tx.send(Message::Spawner(Report::StandbyLost)));
        if let Err(e) = self.spawner.watch_standby(then) {
            log::error!("cannot wait for the standby's end: {e}");
        }
    }

    /// The standby died. Everything goes on, with the guardian alone.
    pub(super) fn lose_standby(&mut self) {
        if self.shared.is_closing() || !self.spawner.lose_standby() {
            return;
        }
        log::error!("the guardian's standby is gone: the guardian goes on without");
        self.note_protection();
        let protection = self.spawner.protection();
        for (core, run) in self.current_runs() {
            self.tell(core, run, EventKind::ProtectionLost { protection });
        }
    }

    /// By their ids: places among the entries change when one of them is forgotten.
    fn current_runs(&self) -> Vec<(SidecarId, RunId)> {
        let current = |e: &Entry| e.run.as_ref().map(|run| (e.core, run.run));
        self.entries.iter().filter_map(current).collect()
    }

    fn note_protection(&mut self) {
        self.shared.set_protection(self.spawner.protection());
        let (guardian, standby) = (self.spawner.guardian(), self.spawner.standby());
        if let Some(ledger) = &mut self.ledger {
            ledger.set_guardians(guardian, standby);
        }
    }
}
