//! Looking after what an earlier host has left running.

use super::direct_log::DirectLog;
use super::entry::CurrentRun;
use super::log_reader::LogReader;
use super::message::Message;
use super::output::{Output, Source};
use super::run_loop::Loop;
use super::spawner::TakeOverOrder;
use crate::core::{Fact, Leftovers, RunId};
use crate::identity::Identity;
use crate::logs::{printed_url, rotation};
use crate::marker::Marker;

impl Loop {
    /// What this sidecar would be started with now.
    pub(super) fn fingerprint_of(&self, index: usize) -> u64 {
        let config = &self.entries[index].config;
        config.fingerprint(&self.told_of_dependencies(config))
    }

    /// Takes over what was found. Answered as a spawn is.
    pub(super) fn take_over(&mut self, index: usize, run: RunId) {
        let entry = &mut self.entries[index];
        let Some(current) = entry.run.as_mut().filter(|r| r.run == run) else {
            return;
        };
        let Some(left) = current.left.clone() else {
            return;
        };
        if let Ok(marker) = Marker::from_bytes(left.marker.as_bytes()) {
            current.marker = marker;
        }
        let ring = entry.ring.clone();
        let log = current.config.log_file.as_deref().map(|wish| {
            let path = rotation::locate(wish)?;
            let log = DirectLog::resume(&path, ring.clone());
            self.logs_begun.insert(path); // It is written, and not begun anew by another run.
            log
        });
        current.lines_before = ring.last_seq();
        match log.transpose() {
            Ok(log) => current.direct_log = log,
            Err(e) => log::warn!("the log of {} cannot be read: {e}", entry.id),
        }
        let output = current.direct_log.as_ref().map_or_else(
            || Output::new(ring, Source::Log(LogReader::default())),
            |log| log.output(),
        );
        // The page's origin stays what it was: the line that spelled it may be out of sight.
        let url = left.record.url.as_deref().and_then(printed_url);
        output.borrow_mut().urls.extend(url);
        current.output = Some(output);
        let sidecar = entry.core;
        let (leader, members) = (left.record.leader, left.record.members);
        if let Err(reason) = self.order_take_over(index, leader, members) {
            let fact = Fact::SpawnFailed {
                run,
                reason,
                transient: true,
            };
            let _ = self.tx.send(Message::Fact { sidecar, fact }); // The loop reads this itself.
        }
    }

    fn order_take_over(
        &mut self,
        index: usize,
        leader: Identity,
        members: Vec<Identity>,
    ) -> Result<(), String> {
        let entry = &self.entries[index];
        let current = entry.run.as_ref().ok_or("its run has ended")?;
        let order = TakeOverOrder {
            run: current.run,
            leader,
            members,
            marker: current.marker.to_string(),
            stop_signal: current.config.stop_signal,
            grace: current.config.grace,
            keep: current.config.keep.clone(),
        };
        self.spawner.take_over(order).map_err(|e| e.to_string())
    }

    /// It ended while it passed from one spawner to the next: what is left of it is ended and told
    /// of. False if nothing of it was ever known here.
    pub(super) fn was_lost(&mut self, index: usize) -> bool {
        let Some(current) = &self.entries[index].run else {
            return false;
        };
        let (run, marker) = (current.run, current.marker.clone());
        let Some(leader) = current.leader.clone() else {
            return false;
        };
        let members = self.ledger.as_ref().map_or(Vec::new(), |l| l.members(run));
        let keep = current.config.keep.clone();
        self.order_about(run, |s| s.adopt(run, &leader, &members, &marker, &keep));
        true
    }

    /// After the guardian's death: who was to outlive everybody lives, and another spawner can look
    /// after it. Answers whether it does.
    pub(super) fn keep_looking_after(&mut self, index: usize) -> bool {
        let entry = &self.entries[index];
        let outlives = |run: &&CurrentRun| run.config.leftovers != Leftovers::End;
        let Some(current) = entry.run.as_ref().filter(outlives) else {
            return false;
        };
        let Some(leader) = current.leader.clone().filter(Identity::is_alive) else {
            return false;
        };
        let run = current.run;
        let members = self.ledger.as_ref().map_or(Vec::new(), |l| l.members(run));
        self.order_take_over(index, leader, members).is_ok()
    }
}
