//! One look at the process table, and all that follows from it.

use std::collections::BTreeSet;
use std::time::Duration;

use super::pump::Pump;
use super::run::{Run, Stage};
use super::snapshot::Snapshot;
use super::warden::{Place, Warden};
use super::wire::{Note, Report};
use super::{DEFAULT_KEEP, keep};
use crate::core::ExitStatus;
use crate::identity::{BootId, Identity};
use crate::sys::unix::clock::monotonic;
use crate::sys::unix::wait;
use crate::sys::{ProcessFacts, process, variable};

/// Looks in a row at trees that end while they are read, before others have their turn.
const LOOKS: usize = 4;
/// How long KILL may take before the rest is reported as survivors. Only a process in an
/// uninterruptible sleep outlives KILL.
const FORCE_LIMIT: Duration = Duration::from_secs(4);

impl Warden {
    /// Looks at the process table once: follows the trees, takes in orphans, reaps, and reports
    /// every end that has come.
    pub(super) fn survey(&mut self) -> Snapshot {
        let mut looks = 0;
        let (snapshot, calm) = loop {
            looks += 1;
            self.note_exits();
            let snapshot = Snapshot::take();
            self.blind = !snapshot.is_whole();
            if self.blind {
                return snapshot; // It says nothing of anybody, least of all that they are gone.
            }
            let calm = self.is_calm(&snapshot);
            self.follow(&snapshot);
            if calm || looks == LOOKS || !self.runs.values().any(|r| r.tree.is_empty()) {
                break (snapshot, calm);
            }
            self.reap_orphans(&snapshot);
        };
        for id in self.runs.keys().copied().collect::<Vec<_>>() {
            self.press_on(id, &snapshot);
        }
        // After the signals: whoever is found now was not in the table.
        let calm = !self.hunt() && calm;
        for id in self.runs.keys().copied().collect::<Vec<_>>() {
            if calm {
                self.finish_if_empty(id);
            }
        }
        self.reap_orphans(&snapshot);
        let doubtful = |r: &Run| r.tree.is_empty() && (!calm || r.seemed_empty);
        self.restless = self.runs.values().any(doubtful);
        self.watch_forks();
        snapshot
    }

    /// Sees which leaders have ended, before the table is read: that takes long where much runs,
    /// and the host need not wait for it. And a leader that was dead before the table was listed
    /// leaves no doubt about whom the list may lack, see `is_calm`: one look is enough then. Where
    /// its orphans do not come to us that is no proof, and a second look does no harm.
    pub(super) fn note_exits(&mut self) {
        if !self.is_handed_orphans() {
            return;
        }
        let Some(dead) = wait::dead_child() else {
            return;
        };
        // Mostly it is this one, and its host need not wait until a thousand others were asked.
        let unseen = |r: &Run| !r.adopted && r.exited.is_none();
        let first = self.ids(|r| unseen(r) && r.leader == dead);
        let others = self.ids(|r| unseen(r) && r.leader != dead);
        for id in first.into_iter().chain(others) {
            self.note_exit(id);
        }
    }

    pub(super) fn ids(&self, of: impl Fn(&Run) -> bool) -> Vec<u64> {
        self.runs.values().filter(|r| of(r)).map(|r| r.id).collect()
    }

    /// Has the forks of all members told, where orphans do not come to us: whose they are, only who
    /// has seen their makers can tell.
    fn watch_forks(&mut self) {
        if let Some(forks) = &self.forks {
            for run in self.runs.values_mut() {
                run.tree.watch(|pid| forks.add(pid));
            }
        }
    }

    /// Takes in what a snapshot shows.
    fn follow(&mut self, snapshot: &Snapshot) {
        self.spared.refresh(snapshot);
        for run in self.runs.values_mut() {
            run.tree.refresh(snapshot, &self.spared);
        }
        let gone = |r: &Run| r.adopted || !snapshot.lives(r.leader, r.tree.leader_start());
        for id in self.ids(gone) {
            self.note_exit(id);
        }
        // After the ends were seen: a run that has just begun to end may have orphans elsewhere,
        // and is not over before they were looked for.
        self.place_orphans(snapshot);
    }

    /// Whether a tree that this snapshot shows empty is empty.
    ///
    /// The table is listed first and read then. Who is listed, forks and ends before it is read
    /// leaves a child that is not in the list. But then it, or whoever of its parents has ended
    /// too, is a dead child of ours that we had not seen dead before.
    fn is_calm(&self, snapshot: &Snapshot) -> bool {
        let run_of = |f: &ProcessFacts| self.runs.values().find(|r| r.leader == f.pid);
        snapshot
            .children(self.me)
            .filter(|f| f.zombie)
            .all(|f| match run_of(f) {
                Some(run) => run.exited.is_some(),
                None => matches!(self.place, Place::Thread), // A child of the host's own.
            })
    }

    /// Finds the run of each process that lost its parent.
    fn place_orphans(&mut self, snapshot: &Snapshot) {
        let all_handed = self.is_handed_orphans();
        let mut orphans: Vec<_> = if all_handed {
            snapshot.children(self.me).collect()
        } else {
            Vec::new()
        };
        // Whom others go to depends on the system: init, or a session's own reaper. What is sure
        // is that nobody of a tree is older than its leader; whose they are, their marker and
        // their group tell.
        let ending = self.runs.values().filter(|r| r.is_ending());
        let elsewhere = ending.filter(|r| r.taken_over || !all_handed);
        if let Some(oldest) = elsewhere.map(|r| r.tree.birth()).min() {
            let others = snapshot
                .iter()
                .filter(|f| oldest.may_have_borne(f.birth()) && f.pid != self.me)
                .filter(|f| !(all_handed && f.ppid == self.me))
                .filter(|f| self.strangers.get(&f.pid) != Some(&f.start));
            orphans.extend(others);
        }
        // Nearly all are leaders, and there may be many.
        let own = self.runs.values().filter(|r| !r.adopted);
        let leaders: BTreeSet<u32> = own.map(|r| r.leader).collect();
        let mut strangers = Vec::new();
        for orphan in orphans {
            let handed = all_handed && orphan.ppid == self.me;
            let known = orphan.zombie
                || leaders.contains(&orphan.pid)
                || self.spared.contains(orphan)
                || self.runs.values().any(|r| r.tree.is_member(orphan));
            if known {
                continue;
            }
            let environ = process::environ(orphan.pid).unwrap_or_default();
            let marker = variable(&environ, crate::marker::VARIABLE);
            if marker.as_ref().is_some_and(|m| self.left.contains(m)) {
                self.spared.add_subtree(orphan.pid, snapshot);
                continue;
            }
            let home = self
                .runs
                .values()
                .find(|r| marker.as_deref() == Some(r.marker.as_slice()))
                // An unreaped leader pins its group's number: whoever is in it came from there.
                .or_else(|| {
                    let mut pinned = self.runs.values().filter(|r| r.group_is_pinned());
                    pinned.find(|r| r.leader == orphan.pgid)
                })
                .or_else(|| self.runs.values().find(|r| handed && r.tree.claims(orphan)))
                .or_else(|| self.runs.values().find(|r| r.tree.has_made(orphan)))
                // All our children come from runs of ours; with one run there is no doubt which.
                .or_else(|| {
                    self.runs
                        .values()
                        .next()
                        .filter(|_| handed && self.runs.len() == 1)
                })
                .map(|r| r.id);
            if let Some(run) = home.and_then(|id| self.runs.get_mut(&id)) {
                run.tree.adopt(orphan.pid, orphan.start);
                run.tree.refresh(snapshot, &self.spared);
            } else if handed && self.host_lost {
                self.end_stray(orphan, snapshot);
            } else if !handed && !environ.is_empty() {
                // Nothing there may also mean: in the middle of becoming another program.
                strangers.push((orphan.pid, orphan.start));
            }
        }
        self.strangers.extend(strangers);
        self.strangers
            .retain(|&pid, &mut start| snapshot.lives(pid, start));
    }

    /// Ends an orphan whose run has ended before it was seen. It descends from us, and with the
    /// host gone nobody is left who could name a run for it.
    fn end_stray(&mut self, orphan: &ProcessFacts, snapshot: &Snapshot) {
        let names: Vec<String> = DEFAULT_KEEP.iter().map(ToString::to_string).collect();
        let ours: Vec<u32> = snapshot
            .children(self.me)
            .filter(|f| !self.spared.contains(f))
            .map(|f| f.pid)
            .collect();
        let escaped = keep::is_used_elsewhere(orphan, &ours, false);
        if keep::reason(orphan, escaped, &names).is_some() {
            self.spared.add_subtree(orphan.pid, snapshot);
            self.note_spared();
        } else if let Some(boot) = BootId::current() {
            let identity = Identity {
                pid: orphan.pid,
                start: orphan.start,
                boot,
            };
            // Looked at again until it is gone, so a failure here is not the last word.
            let _ = process::signal(&identity, libc::SIGKILL);
        }
    }

    /// Sees the leader's end, without reaping it: unreaped, it pins its group's number.
    fn note_exit(&mut self, id: u64) {
        let Some(run) = self.runs.get_mut(&id) else {
            return;
        };
        if run.exited.is_some() {
            return;
        }
        let status = if run.adopted {
            // Not our child: it is gone when the tree no longer holds it.
            let status = if run.taken_over {
                ExitStatus::Unknown
            } else {
                ExitStatus::Signal(libc::SIGKILL)
            };
            (!run.tree.pids().contains(&run.leader)).then_some(status)
        } else {
            wait::peek_exit(run.leader)
        };
        let Some(status) = status else { return };
        run.exited = Some(status);
        self.drain(id);
        let (code, signal) = match status {
            ExitStatus::Code(c) => (Some(c), None),
            ExitStatus::Signal(s) => (None, Some(s)),
            ExitStatus::Unknown => (None, None),
        };
        self.say(&Report::Exited {
            run: id,
            code,
            signal,
        });
    }

    /// Whoever has shown up since the signal went out gets it now, unless it is not ours to end.
    fn press_on(&mut self, id: u64, snapshot: &Snapshot) {
        let Some(run) = self.runs.get_mut(&id) else {
            return;
        };
        let mut released = Vec::new();
        if run.stage != Stage::Live && run.tree.has_unjudged() {
            released = run.tree.release_kept(snapshot, &run.keep, &mut self.spared);
        }
        match run.stage {
            Stage::Live => {}
            Stage::Asked { .. } => run.tree.ask(run.stop_signal),
            Stage::Forced { since } => {
                run.tree.kill(snapshot, run.group_is_pinned(), &self.spared);
                let overdue = monotonic() >= since + FORCE_LIMIT && !run.tree.is_empty();
                if overdue && !run.is_reported {
                    // The host need not wait any longer; we go on.
                    run.is_reported = true;
                    let survivors = run.tree.pids();
                    self.drain(id);
                    self.say(&Report::TreeGone { run: id, survivors });
                }
            }
        }
        self.tell_kept(id, released);
    }

    pub(super) fn finish_if_empty(&mut self, id: u64) {
        let handed = self.is_handed_orphans();
        let Some(run) = self.runs.get_mut(&id) else {
            return;
        };
        if run.exited.is_none() || !run.tree.is_empty() {
            run.seemed_empty = false;
            return;
        }
        // Where its orphans do not come to us, a fork between the listing of the table and its
        // reading leaves no trace here. A second look finds the child.
        if (run.taken_over || !handed) && !std::mem::replace(&mut run.seemed_empty, true) {
            return;
        }
        if run.group_is_pinned() {
            run.reaped = wait::reap(run.leader);
        }
        self.drain(id);
        let Some(run) = self.runs.remove(&id) else {
            return;
        };
        self.note(|| Note::Over { run: id });
        if run.has_released {
            let pipes = run.pump.into_iter().flat_map(Pump::into_pipes);
            self.drains.take(pipes);
        }
        if !run.is_reported {
            self.say(&Report::TreeGone {
                run: id,
                survivors: Vec::new(),
            });
        }
    }

    /// Reaps what was handed to us and has ended. Leaders are reaped with their trees.
    fn reap_orphans(&mut self, snapshot: &Snapshot) {
        if matches!(self.place, Place::Thread) {
            return; // The host's children are the host's to reap.
        }
        for dead in snapshot.children(self.me).filter(|f| f.zombie) {
            if !self
                .runs
                .values()
                .any(|r| r.leader == dead.pid && !r.adopted)
            {
                wait::reap(dead.pid);
            }
        }
    }

    /// The last word on emptiness: in the guardian, the kernel says that there is no child.
    pub(super) fn nothing_left(&mut self) -> bool {
        if matches!(self.place, Place::Thread) || !wait::has_children() {
            return true;
        }
        let snapshot = self.survey();
        let spared = |f: &ProcessFacts| !f.zombie && self.spared.contains(f);
        snapshot.is_whole() && snapshot.children(self.me).all(spared)
    }
}
