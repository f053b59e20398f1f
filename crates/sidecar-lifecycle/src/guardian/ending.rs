//! How ends begin: asked for by the host, by force, or because the host is gone.

use super::run::Stage;
use super::warden::{Place, Warden};
use crate::sys::unix::clock::monotonic;

/// Whose end one round of requests asks for.
#[derive(Default)]
pub(super) struct Ends {
    pub(super) asked: Vec<u64>,
    pub(super) forced: Vec<u64>,
    pub(super) released: Vec<u64>,
}

impl Warden {
    /// Begins the end of these runs: what is not ours is let go, the rest is asked. One look at
    /// the table serves all of them, since it costs as much as there are processes.
    pub(super) fn ask(&mut self, ids: &[u64]) {
        let ids = self.not_over(ids);
        if ids.is_empty() {
            return;
        }
        let snapshot = self.survey();
        if self.blind {
            return self.postponed.asked.extend(ids);
        }
        for id in ids {
            let Some(run) = self.runs.get_mut(&id) else {
                continue;
            };
            if run.stage == Stage::Live {
                run.stage = Stage::Asked { since: monotonic() };
            }
            let released = run
                .tree
                .release_kept(&snapshot, &run.keep, &mut self.spared);
            run.tree.ask(run.stop_signal);
            self.tell_kept(id, released);
        }
        self.look = true;
    }

    /// The same with force.
    pub(super) fn force(&mut self, ids: &[u64]) {
        let ids = self.not_over(ids);
        if ids.is_empty() {
            return;
        }
        if self.host_lost && self.is_handed_orphans() {
            // Without a look at the table, which takes its time. Whoever loses its parent by this
            // before it was seen is handed to us and ended as a stray, as long as there is no host:
            // else nobody might know whose it is.
            for run in ids.iter().filter_map(|id| self.runs.get(id)) {
                run.tree.kill_judged();
            }
        }
        let snapshot = self.survey();
        if self.blind {
            return self.postponed.forced.extend(ids);
        }
        for id in ids {
            let Some(run) = self.runs.get_mut(&id) else {
                continue;
            };
            if !matches!(run.stage, Stage::Forced { .. }) {
                run.stage = Stage::Forced { since: monotonic() };
            }
            let released = run
                .tree
                .release_kept(&snapshot, &run.keep, &mut self.spared);
            run.tree
                .kill(&snapshot, run.group_is_pinned(), &self.spared);
            self.tell_kept(id, released);
        }
        self.look = true;
    }

    /// Does what had to wait for a look at the process table: without one, an editor could not be
    /// told from a server.
    pub(super) fn catch_up(&mut self) {
        if !self.blind {
            let ends = std::mem::take(&mut self.postponed);
            self.ask(&ends.asked);
            self.force(&ends.forced);
            self.release(&ends.released);
        }
    }

    /// The host is gone: every tree ends, with the grace that was agreed on, but for those that are
    /// to outlive it.
    pub(super) fn lose_host(&mut self) {
        if std::mem::replace(&mut self.host_lost, true) {
            return;
        }
        let (left, ended): (Vec<u64>, Vec<u64>) =
            self.runs.keys().partition(|id| self.runs[id].lives_on());
        self.release(&left);
        self.ask(&ended);
        self.look = true;
    }

    pub(super) fn meet_deadlines(&mut self) {
        let now = monotonic();
        let mut overdue = Vec::new();
        let mut unasked = Vec::new();
        for run in self.runs.values() {
            if self.host_lost && run.stage == Stage::Live && !run.lives_on() {
                unasked.push(run.id); // However it came to us after the host's end was noticed.
            }
            let unheard = run.taken_over || matches!(self.place, Place::Thread);
            let untold = unheard && run.end.is_none();
            if run.is_ending() || untold {
                self.look = true;
            }
            // While the host lives, the grace is the host's to measure.
            if let Stage::Asked { since } = run.stage
                && self.host_lost
                && now >= since + run.grace
            {
                overdue.push(run.id);
            }
        }
        self.look |= self.blind;
        if !self.blind {
            self.ask(&unasked);
            self.force(&overdue);
        }
    }
}
