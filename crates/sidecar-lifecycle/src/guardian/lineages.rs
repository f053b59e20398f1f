//! Who was seen in a tree, by numbers that are given once. An orphan tells them of its maker when its
//! group is another one and its environment hidden, see [`Lineage`].

use std::collections::BTreeSet;

use crate::sys::{Lineage, ProcessFacts};

/// The numbers of all who were ever seen in a tree, the dead too. Empty where none are told.
#[derive(Debug, Default)]
pub(super) struct Lineages {
    processes: BTreeSet<u64>,
    /// Also of whom else a process has been: who was made by it then names that.
    versions: BTreeSet<u32>,
}

impl Lineages {
    pub(super) fn note(&mut self, facts: &ProcessFacts) {
        if let Some(Lineage {
            unique, version, ..
        }) = facts.lineage
        {
            self.processes.insert(unique);
            self.versions.insert(version);
        }
    }

    /// What is let go makes nobody of ours.
    pub(super) fn forget(&mut self, facts: &ProcessFacts) {
        if let Some(lineage) = facts.lineage {
            self.processes.remove(&lineage.unique);
            self.versions.remove(&lineage.version);
        }
    }

    /// Whether one of these has made this process.
    pub(super) fn have_made(&self, facts: &ProcessFacts) -> bool {
        facts.lineage.is_some_and(|l| {
            let version = Some(l.parent_version).filter(|&v| v != 0);
            self.processes.contains(&l.parent)
                || version.is_some_and(|v| self.versions.contains(&v))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guardian::snapshot::Snapshot;
    use crate::guardian::spared::Spared;
    use crate::guardian::tree::Tree;

    const GUARDIAN: u32 = 10;
    const LEADER: u32 = 20;
    const INIT: u32 = 1;

    /// As macOS tells it: `made_by` is the pid of who has made it, whoever is its parent now. One
    /// that has become another program since it lost its parent says that init has made it.
    fn row(pid: u32, ppid: u32, made_by: u32, became_another: bool) -> ProcessFacts {
        let unique = |pid: u32| 1000 + u64::from(pid);
        let parent = if became_another { INIT } else { made_by };
        let lineage = Lineage {
            unique: unique(pid),
            parent: unique(parent),
            version: 5000 + pid,
            parent_version: 5000 + made_by,
        };
        ProcessFacts {
            lineage: Some(lineage),
            ..ProcessFacts::row(pid, ppid, u64::from(pid))
        }
    }

    fn look(tree: &mut Tree, rows: &[ProcessFacts]) {
        let me = ProcessFacts::row(GUARDIAN, INIT, 1);
        let table = rows.iter().cloned().chain([me]).collect();
        tree.refresh(&Snapshot::of(table, GUARDIAN), &Spared::default());
    }

    /// `ssh -f` forks twice into a session of its own, and its environment is hidden.
    #[test]
    fn an_orphan_in_a_session_of_its_own_is_known_by_a_maker_who_was_seen() {
        let mut tree = Tree::new(LEADER, u64::from(LEADER));
        let leader = row(LEADER, GUARDIAN, GUARDIAN, false);
        look(&mut tree, &[leader.clone(), row(21, LEADER, LEADER, false)]);
        look(&mut tree, &[leader]);
        assert!(tree.has_made(&row(22, INIT, 21, false)));
        assert!(tree.has_made(&row(22, INIT, 21, true)));
        assert!(tree.has_made(&row(23, INIT, LEADER, false)));
        assert!(
            !tree.has_made(&row(24, INIT, 25, false)),
            "one whose maker was never seen"
        );
        assert!(!tree.has_made(&row(24, INIT, INIT, false)));
        assert!(
            !tree.has_made(&ProcessFacts::row(22, INIT, 22)),
            "where nothing is told"
        );
        let old = |mut facts: ProcessFacts| {
            if let Some(lineage) = &mut facts.lineage {
                lineage.parent_version = 0;
            }
            facts
        };
        assert!(
            tree.has_made(&old(row(22, INIT, 21, false))),
            "on an older system"
        );
        assert!(!tree.has_made(&old(row(22, INIT, 21, true))));
    }

    #[test]
    fn a_leader_that_was_never_seen_alive_has_made_its_orphans_too() {
        let mut tree = Tree::new(LEADER, u64::from(LEADER));
        let leader = ProcessFacts {
            zombie: true,
            ..row(LEADER, GUARDIAN, GUARDIAN, false)
        };
        look(&mut tree, &[leader]);
        assert!(tree.has_made(&row(23, INIT, LEADER, false)));
    }

    /// An editor's next window is not the sidecar's.
    #[test]
    fn what_was_let_go_makes_nobody_of_ours() {
        let mut lineages = Lineages::default();
        let editor = row(21, LEADER, LEADER, false);
        lineages.note(&editor);
        let window = row(22, INIT, 21, false);
        assert!(lineages.have_made(&window));
        lineages.forget(&editor);
        assert!(!lineages.have_made(&window));
    }
}
