//! Going on after the guardian's death.

use super::message::Message;
use super::run_loop::Loop;
use crate::core::Fact;
use crate::event::EventKind;

impl Loop {
    /// The guardian died. Its leaders died with it; what is left of their trees is ended by a
    /// warden on a thread, which also spawns from now on.
    pub(super) fn lose_guardian(&mut self) {
        if self.shared.is_closing() {
            return;
        }
        log::error!("the guardian is gone: protection is best effort from now on");
        let tx = self.tx.clone();
        let on = move |report| {
            let _ = tx.send(Message::Spawner(report)); // The loop may have quit by now.
        };
        if let Err(e) = self.spawner.reconnect(on) {
            log::error!("cannot go on without the guardian: {e}");
        }
        self.silence.end();
        let protection = self.spawner.protection();
        self.shared.set_protection(protection);
        for index in 0..self.entries.len() {
            let Some(run) = &self.entries[index].run else {
                continue;
            };
            let (id, leader, marker) = (run.run, run.leader.clone(), run.marker.clone());
            let core = self.entries[index].core;
            self.tell(core, id, EventKind::ProtectionLost { protection });
            if self.keep_looking_after(index) {
                continue;
            }
            if let Some(leader) = leader {
                let members = self.ledger.as_ref().map_or(Vec::new(), |l| l.members(id));
                self.order_about(id, |s| s.adopt(id, &leader, &members, &marker));
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
}
