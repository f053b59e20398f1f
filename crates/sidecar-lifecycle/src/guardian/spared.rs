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

    /// Forgets the dead, so that a recycled number is not spared by mistake.
    pub(crate) fn refresh(&mut self, snapshot: &Snapshot) {
        self.pids
            .retain(|&pid, &mut start| snapshot.lives(pid, start));
        self.groups
            .retain(|&id| snapshot.iter().any(|f| f.pgid == id || f.sid == id));
    }
}
