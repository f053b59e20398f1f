//! Processes that were released: never again a member of any tree.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::snapshot::Snapshot;
use crate::sys::ProcessFacts;

/// What was let go, for as long as the warden lives: the run that it came from ends before it.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Spared {
    pids: BTreeMap<u32, u64>,
    /// Groups and sessions that were let go whole. What is forked in them later belongs to them.
    groups: BTreeSet<u32>,
}

impl Spared {
    pub(crate) fn contains(&self, facts: &ProcessFacts) -> bool {
        self.pids.get(&facts.pid) == Some(&facts.start)
            || self.groups.contains(&facts.sid)
            || self.groups.contains(&facts.pgid)
    }

    /// Lets go of a process that has no others below it.
    pub(crate) fn add(&mut self, pid: u32, start: u64) {
        self.pids.insert(pid, start);
    }

    /// Lets go of a process and of all that descends from it. Returns who that is.
    pub(crate) fn add_subtree(&mut self, root: u32, snapshot: &Snapshot) -> Vec<u32> {
        let mut subtree = Vec::new();
        let mut queue = vec![root];
        while let Some(pid) = queue.pop() {
            let Some(facts) = snapshot.get(pid) else {
                continue;
            };
            self.pids.insert(pid, facts.start);
            // A group of its own goes with it. One that it shares does not: it holds others.
            for id in [facts.pgid, facts.sid] {
                if id == facts.pid {
                    self.groups.insert(id);
                }
            }
            subtree.push(pid);
            queue.extend(snapshot.children(pid).map(|child| child.pid));
        }
        subtree
    }

    /// Forgets a number that has just been given to a new process of ours. Whoever had it is dead,
    /// and its group empty.
    pub(crate) fn forget(&mut self, pid: u32) {
        self.pids.remove(&pid);
        self.groups.remove(&pid);
    }

    /// Forgets the dead, so that a recycled number is not spared by mistake.
    pub(crate) fn refresh(&mut self, snapshot: &Snapshot) {
        self.pids
            .retain(|&pid, &mut start| snapshot.lives(pid, start));
        self.groups
            .retain(|&id| snapshot.iter().any(|f| f.pgid == id || f.sid == id));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An editor in a session of its own was let go and ended unseen, and a sidecar got its number.
    #[test]
    fn a_new_process_with_the_number_of_one_that_was_let_go_is_not_spared() {
        let (guardian, number) = (10, 20);
        let editor = ProcessFacts::row(number, guardian, 1);
        let mut spared = Spared::default();
        spared.add_subtree(number, &Snapshot::of(vec![editor], guardian));
        let child = ProcessFacts {
            pgid: number,
            sid: number,
            ..ProcessFacts::row(21, number, 3)
        };
        assert!(spared.contains(&child), "it is in the editor's session");
        let leader = ProcessFacts::row(number, guardian, 2);
        spared.forget(number);
        spared.refresh(&Snapshot::of(vec![leader, child.clone()], guardian));
        assert!(!spared.contains(&child));
    }
}
