//! The process table at one moment, indexed by parent.

use crate::sys::ProcessFacts;
use crate::sys::process;

/// All processes, as one pass over the table saw them.
pub(crate) struct Snapshot {
    by_pid: Vec<ProcessFacts>,
    /// Indices into `by_pid`, ordered by parent.
    by_parent: Vec<u32>,
    /// Our own group and session: an orphan's being in them proves nothing.
    pub(crate) own_group: u32,
    pub(crate) own_session: u32,
    is_whole: bool,
}

impl Snapshot {
    pub(crate) fn take() -> Snapshot {
        Snapshot::of(process::all_processes(), std::process::id())
    }

    pub(crate) fn of(mut by_pid: Vec<ProcessFacts>, me: u32) -> Snapshot {
        by_pid.sort_unstable_by_key(|f| f.pid);
        let mut by_parent: Vec<u32> = (0..by_pid.len() as u32).collect();
        by_parent.sort_unstable_by_key(|&i| by_pid[i as usize].ppid);
        let own = by_pid
            .binary_search_by_key(&me, |f| f.pid)
            .ok()
            .map(|i| &by_pid[i]);
        let own = own.cloned();
        let (own_group, own_session) = own.as_ref().map_or((0, 0), |f| (f.pgid, f.sid));
        Snapshot {
            by_pid,
            by_parent,
            own_group,
            own_session,
            is_whole: own.is_some(),
        }
    }

    /// Whether the table could be read. Without ourselves in it, it says nothing of others.
    pub(crate) fn is_whole(&self) -> bool {
        self.is_whole
    }

    pub(crate) fn get(&self, pid: u32) -> Option<&ProcessFacts> {
        self.by_pid
            .binary_search_by_key(&pid, |f| f.pid)
            .ok()
            .map(|i| &self.by_pid[i])
    }

    /// Whether this very process runs. A zombie does not.
    pub(crate) fn lives(&self, pid: u32, start: u64) -> bool {
        self.get(pid).is_some_and(|f| f.start == start && !f.zombie)
    }

    pub(crate) fn children(&self, pid: u32) -> impl Iterator<Item = &ProcessFacts> {
        let from = self
            .by_parent
            .partition_point(|&i| self.by_pid[i as usize].ppid < pid);
        self.by_parent[from..]
            .iter()
            .map(|&i| &self.by_pid[i as usize])
            .take_while(move |f| f.ppid == pid)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &ProcessFacts> {
        self.by_pid.iter()
    }
}
