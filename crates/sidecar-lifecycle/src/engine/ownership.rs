//! Whether a listener belongs to the tree of a run: "the port answers" can be a stranger, or an
//! orphan that runs old code.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use crate::identity::Identity;
use crate::marker::{self, Marker};
use crate::sys::{Birth, Listener, Owner, ProcessFacts, process, sockets};

/// Who the processes of a run are, for questions about its sockets.
#[derive(Debug, Clone)]
pub(crate) struct RunTree {
    pub(crate) leader: Identity,
    pub(crate) marker: Marker,
}

/// The guardian, to whom orphans go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reaper {
    pub(crate) pid: u32,
    /// Only one run has processes, so every orphan is of that run.
    pub(crate) alone: bool,
}

impl RunTree {
    /// The addresses on which processes of this run listen on `port`.
    pub(crate) fn listening_on(&self, port: u16) -> Vec<IpAddr> {
        if !sockets::LISTS_SOCKETS {
            // Everybody's descriptors would have to be read: those of members come first.
            let own = self.own_listeners(port);
            if !own.is_empty() {
                return own;
            }
        }
        let listeners = sockets::listeners(Some(port)).unwrap_or_default();
        if listeners.is_empty() {
            return Vec::new(); // The common case while a server starts: one cheap question.
        }
        let near = process::descendants(&self.leader);
        let mut members = None;
        listeners
            .iter()
            .filter(|l| {
                // Nearly always it is a descendant: that is asked before the whole table is read.
                sockets::owner_among(l.inode, &near).is_some()
                    || self.owns(l, members.get_or_insert_with(|| self.members()))
            })
            .map(|l| l.addr)
            .collect()
    }

    /// The addresses on which members listen on `port`, by their own descriptors alone; none where the
    /// system has a table of sockets.
    pub(crate) fn own_listeners(&self, port: u16) -> Vec<IpAddr> {
        let own = sockets::listeners_among(self.members(), Some(port));
        own.iter().map(|l| l.addr).collect()
    }

    /// Whether nobody else listens on this port, on whatever address.
    pub(crate) fn alone_on(&self, port: u16) -> bool {
        let listeners = sockets::listeners(Some(port)).unwrap_or_default();
        self.listening_on(port).len() == listeners.len()
    }

    fn owns(&self, listener: &Listener, members: &[u32]) -> bool {
        if sockets::owner_among(listener.inode, members).is_some() {
            return true;
        }
        // An escapee has left the parent chain; its marker names the very run.
        match sockets::owner(listener.inode) {
            Owner::Pid(pid) => self.is_marked(pid),
            Owner::Unreadable => false,
        }
    }

    fn is_marked(&self, pid: u32) -> bool {
        marker_of(pid).is_some_and(|found| found == self.marker)
    }

    /// The leader, its descendants and its group.
    pub(crate) fn members(&self) -> Vec<u32> {
        Table::of(&process::all_processes()).members(&self.leader, Vec::new())
    }

    /// The same with whoever ran away, in a table that was read before, by who knows which processes
    /// carry the marker.
    pub(crate) fn with_escapees_among(
        &self,
        all: &[ProcessFacts],
        reaper: Option<Reaper>,
        is_marked: &dyn Fn(u32) -> bool,
    ) -> Vec<u32> {
        let handed = |f: &ProcessFacts| reaper.is_some_and(|r| r.alone && f.ppid == r.pid);
        // Nobody of a tree is older than its leader.
        let table = Table::of(all);
        let oldest = table.birth_of(&self.leader);
        let young = all
            .iter()
            .filter(|f| oldest.may_have_borne(f.birth()) && !f.zombie);
        let escapees = young
            .filter(|f| handed(f) || is_marked(f.pid))
            .map(|f| f.pid);
        table.members(&self.leader, escapees.collect())
    }
}

/// The members of each of these trees, with whoever ran away: processes with the run's marker, and
/// orphans that the guardian was handed when no other run could have lost them.
pub(crate) fn with_escapees<'t>(
    trees: impl Iterator<Item = &'t RunTree> + Clone,
    reaper: Option<Reaper>,
) -> Vec<Vec<u32>> {
    let all = process::all_processes();
    // Nobody of a tree is older than its leader.
    let table = Table::of(&all);
    let oldest = trees.clone().map(|t| table.birth_of(&t.leader)).min();
    let young = all
        .iter()
        .filter(|f| oldest.is_some_and(|o| o.may_have_borne(f.birth())) && !f.zombie);
    let mut handed = Vec::new();
    let mut marked: HashMap<Marker, Vec<u32>> = HashMap::new();
    for facts in young {
        if reaper.is_some_and(|r| r.alone && facts.ppid == r.pid) {
            handed.push(facts.pid);
        } else if let Some(marker) = marker_of(facts.pid) {
            marked.entry(marker).or_default().push(facts.pid);
        }
    }
    let members = |tree: &RunTree| {
        let marked = marked.get(&tree.marker).into_iter().flatten();
        table.members(&tree.leader, handed.iter().chain(marked).copied().collect())
    };
    trees.map(members).collect()
}

/// Everybody who lives in one of these trees.
pub(crate) fn members_of(trees: &[RunTree]) -> HashSet<u32> {
    let table = Table::of(&process::all_processes());
    let members = |tree: &RunTree| table.members(&tree.leader, Vec::new());
    trees.iter().flat_map(members).collect()
}

fn marker_of(pid: u32) -> Option<Marker> {
    let value = process::environ_var(pid, marker::VARIABLE)?;
    Marker::from_bytes(&value).ok()
}

/// The process table, by what members of a tree are found by. One is enough for many trees.
struct Table {
    births: HashMap<u32, Birth>,
    children: HashMap<u32, Vec<u32>>,
    groups: HashMap<u32, Vec<u32>>,
}

impl Table {
    fn of(all: &[ProcessFacts]) -> Table {
        let (mut children, mut groups) = (HashMap::new(), HashMap::new());
        let mut births = HashMap::new();
        let note = |map: &mut HashMap<u32, Vec<u32>>, key, pid| {
            map.entry(key).or_default().push(pid);
        };
        for facts in all {
            note(&mut children, facts.ppid, facts.pid);
            note(&mut groups, facts.pgid, facts.pid);
            births.insert(facts.pid, facts.birth());
        }
        Table {
            births,
            children,
            groups,
        }
    }

    fn birth_of(&self, leader: &Identity) -> Birth {
        let row = self.births.get(&leader.pid).copied();
        row.filter(|birth| birth.start == leader.start)
            .unwrap_or_else(|| Birth::at(leader.start))
    }

    /// The leader, its descendants and its group, and those of the escapees.
    fn members(&self, leader: &Identity, escapees: Vec<u32>) -> Vec<u32> {
        let named = self.births.get(&leader.pid);
        if named.is_some_and(|birth| birth.start != leader.start) {
            return Vec::new(); // Another process has its number: nothing here is ours.
        }
        let mut members = escapees;
        members.extend(self.groups.get(&leader.pid).into_iter().flatten());
        members.push(leader.pid);
        let mut next = 0;
        while let Some(&pid) = members.get(next) {
            next += 1;
            let known = Some(Birth::at(leader.start)).filter(|_| pid == leader.pid);
            let born = known.or_else(|| self.births.get(&pid).copied());
            for &child in self.children.get(&pid).into_iter().flatten() {
                // Where nobody adopts orphans (Windows), a stranger's dead parent may have had the
                // number of one of ours: a child is never older than its parent.
                let both = born.zip(self.births.get(&child).copied());
                let may_be = both.is_none_or(|(born, child)| born.may_have_borne(child));
                if may_be && !members.contains(&child) {
                    members.push(child);
                }
            }
        }
        members.sort_unstable();
        members.dedup();
        members
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::BootId;

    /// A system's service became a member so, was written down as one, and was ended by the next
    /// start.
    #[test]
    fn an_orphan_whose_dead_parent_had_the_number_of_a_member_is_none() {
        let leader = |start| Identity {
            pid: 20,
            start,
            boot: BootId("x".into()),
        };
        let (ours, stranger) = (
            ProcessFacts::row(22, 21, 103),
            ProcessFacts::row(30, 21, 50),
        );
        let table = [
            ProcessFacts::row(20, 1, 100),
            ProcessFacts::row(21, 20, 102),
            ours,
            stranger,
        ];
        let members = |table: &[ProcessFacts]| Table::of(table).members(&leader(100), Vec::new());
        assert_eq!(members(&table), [20, 21, 22]);
        // The leader itself may have got such a number, also when it has ended.
        let table = [
            ProcessFacts::row(21, 20, 102),
            ProcessFacts::row(40, 20, 60),
        ];
        assert_eq!(members(&table), [20, 21]);
    }
}
