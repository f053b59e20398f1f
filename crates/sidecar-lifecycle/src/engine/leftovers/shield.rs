//! Who is never a leftover, whatever marker it carries.
//!
//! A marker is inherited. A host that is started from a shell inside a dead instance's tree carries
//! that instance's marker, and so do its guardian and the shell.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use crate::engine::ledger;
use crate::sys::{Birth, ProcessFacts};

/// Processes that the sweep neither ends nor looks for descendants of.
pub(super) struct Shield {
    pids: HashSet<u32>,
}

impl Shield {
    /// Shields this process, its ancestors and its guardians, the hosts and guardians of instances
    /// that live, and the hosts' own helpers: a login shell that is being asked, say.
    ///
    /// A host that has not yet opened its state file is not seen.
    pub(super) fn raise(dir: &Path, guardians: &[u32], table: &[ProcessFacts]) -> Shield {
        let live = ledger::live_states(dir);
        let pid = |id: &crate::identity::Identity| id.is_alive().then_some(id.pid);
        let others = live
            .iter()
            .flat_map(ledger::State::guardians)
            .filter_map(pid);
        let hosts = live.iter().filter_map(|s| s.host.as_ref().and_then(pid));
        let me = std::process::id();
        Shield::around(
            me,
            others.chain(guardians.iter().copied()).collect(),
            hosts.collect(),
            table,
        )
    }

    fn around(me: u32, guardians: HashSet<u32>, hosts: Vec<u32>, table: &[ProcessFacts]) -> Shield {
        // Guardians first: what hangs below one is a tree of its, or an orphan that was handed to
        // it, and is judged by its own marker.
        let mut pids = guardians;
        let by_pid: HashMap<u32, &ProcessFacts> = table.iter().map(|f| (f.pid, f)).collect();
        let mut child = by_pid.get(&me);
        while let Some(facts) = child {
            // A parent that is younger has taken over a number (Windows, where nobody adopts).
            child = by_pid
                .get(&facts.ppid)
                .filter(|up| up.birth().may_have_borne(facts.birth()) && pids.insert(up.pid));
        }
        let mut queue = hosts;
        queue.push(me);
        while let Some(host) = queue.pop() {
            pids.insert(host);
            let born = by_pid.get(&host).map_or(Birth::at(0), |f| f.birth());
            let children = table
                .iter()
                .filter(|f| f.ppid == host && born.may_have_borne(f.birth()))
                .filter(|f| !pids.contains(&f.pid));
            queue.extend(children.map(|f| f.pid));
        }
        Shield { pids }
    }

    pub(super) fn covers(&self, pid: u32) -> bool {
        self.pids.contains(&pid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(pid: u32, ppid: u32) -> ProcessFacts {
        ProcessFacts::row(pid, ppid, u64::from(pid))
    }

    #[test]
    fn a_host_its_ancestors_its_helpers_and_its_guardian_are_covered_and_no_tree_is() {
        // init 1 > shell 2 > me 3 > (guardian 4 > leader 5), helper 6; a sibling 7 of the shell's;
        // a live host 8 > (guardian 9 > leader 10); what the dead instance left, 11.
        let parents = [0, 1, 2, 3, 4, 3, 2, 1, 8, 9, 1];
        let table: Vec<_> = (1..).zip(parents).map(|(pid, up)| row(pid, up)).collect();
        let shield = Shield::around(3, [4, 9].into(), vec![8], &table);
        let covered: Vec<u32> = (1..=11).filter(|&pid| shield.covers(pid)).collect();
        assert_eq!(covered, [1, 2, 3, 4, 6, 8, 9]);
    }

    #[test]
    fn a_recycled_parent_number_is_no_ancestor() {
        let mut table = vec![row(7, 20), row(20, 1)];
        table[1].start = 99;
        let shield = Shield::around(7, HashSet::new(), vec![], &table);
        assert!(!shield.covers(20));
    }
}
