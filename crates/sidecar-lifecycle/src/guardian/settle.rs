//! The short way to see that a run is over: by the list of our own children alone.
//!
//! A look at the process table costs as much as there are processes, and a fleet of a thousand
//! sidecars is a thousand of them at the least. Most ends need none.
//!
//! Why the list is proof: when a process has ended, its children have another parent in the same
//! instant, and here that is us. So once a leader is seen dead, whoever is left of its tree is a
//! child of ours or descends from one; and where all our children are leaders of other runs,
//! nobody is left. Nobody can slip through while the list is read either: a child leaves it only
//! when we reap it, and new ones come at its end.

use std::collections::BTreeSet;

use super::run::Run;
use super::warden::Warden;
use crate::sys::process;
use crate::sys::unix::wait;

/// Lists in a row in which somebody had just ended, before the whole table is asked.
const LISTS: usize = 4;

impl Warden {
    /// Ends every run that is over, where our children alone can tell. True if nothing is left to
    /// be looked for: no run is ending, and nobody was handed to us.
    pub(super) fn settle(&mut self) -> bool {
        if !self.is_handed_orphans() || self.blind {
            return false;
        }
        self.note_exits();
        if !self.has_no_orphans() {
            return false;
        }
        for id in self.ids(Run::is_ours_and_dead) {
            if let Some(run) = self.runs.get_mut(&id) {
                run.tree.nobody_is_left();
            }
            self.finish_if_empty(id);
        }
        self.restless = false;
        let needs_looks = |r: &Run| r.is_ending() || r.adopted || r.taken_over;
        !self.runs.values().any(needs_looks)
    }

    /// Those of the runs that are not over yet: a host that has not heard of an end asks for it.
    pub(super) fn not_over(&self, ids: &[u64]) -> Vec<u64> {
        let mut ids = ids.to_vec();
        ids.retain(|id| self.runs.contains_key(id));
        ids
    }

    /// Whether all our living children are leaders. Reaps others that have ended.
    fn has_no_orphans(&self) -> bool {
        let own = self.runs.values().filter(|r| !r.adopted);
        let leaders: BTreeSet<u32> = own.map(|r| r.leader).collect();
        let mut dead = BTreeSet::new();
        for _ in 0..LISTS {
            let children: BTreeSet<u32> = process::own_children().into_iter().collect();
            // A kernel without such lists has an empty one, and so has who may open no file.
            let is_missing = children.is_empty() && wait::has_children();
            if is_missing || !leaders.is_subset(&children) {
                return false;
            }
            let mut again = false;
            for &pid in children.difference(&leaders) {
                match process::process(pid) {
                    // Its own children may have come after the end of the list: also of one whom
                    // we cannot reap, since somebody traces it or another thread of it has just
                    // taken its place.
                    Some(facts) if facts.zombie => {
                        wait::reap(pid);
                        again |= dead.insert((pid, facts.start));
                    }
                    // Of a run, or let go: the table tells.
                    _ => return false,
                }
            }
            if !again {
                return true;
            }
        }
        false
    }
}
