//! What is not ended: runs that are left to themselves, and what is not ours although we started it.

use super::tree::Released;
use super::warden::Warden;
use super::wire::{Note, Report};

impl Warden {
    /// Leaves these runs to themselves: from now on they are nobody's.
    pub(super) fn release(&mut self, ids: &[u64]) {
        if ids.is_empty() {
            return;
        }
        let snapshot = self.survey();
        if self.blind {
            return self.postponed.released.extend(ids);
        }
        for id in ids {
            let Some(run) = self.runs.remove(id) else {
                continue;
            };
            for pid in run.tree.pids().into_iter().chain([run.leader]) {
                if snapshot.get(pid).is_some() {
                    self.spared.add_subtree(pid, &snapshot);
                }
            }
            let (run, marker) = (*id, run.marker);
            self.note(|| Note::Left {
                run,
                marker: marker.clone(),
            });
            self.left.insert(marker);
        }
        self.note_spared();
    }

    pub(super) fn tell_kept(&mut self, id: u64, released: Vec<Released>) {
        if let Some(run) = self.runs.get_mut(&id) {
            run.has_released |= !released.is_empty();
        }
        if !released.is_empty() {
            self.note_spared();
        }
        for r in released {
            self.say(&Report::Kept {
                run: id,
                pid: r.pid,
                command: r.command,
                why: r.why,
            });
        }
    }
}
