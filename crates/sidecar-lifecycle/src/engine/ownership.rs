//! Whether a listener belongs to the tree of a run: "the port answers" can be a stranger, or an
//! orphan that runs old code.

use std::collections::HashMap;
use std::net::IpAddr;

use crate::identity::Identity;
use crate::marker::{self, Marker};
use crate::sys::{Listener, Owner, ProcessFacts, process, sockets};

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
        process::environ_var(pid, marker::VARIABLE)
            .and_then(|value| Marker::from_bytes(&value).ok())
            .is_some_and(|found| found == self.marker)
    }

    /// The leader, its descendants and its group.
    pub(crate) fn members(&self) -> Vec<u32> {
        self.members_among(&process::all_processes(), Vec::new())
    }

    /// The same with whoever ran away: processes with the run's marker, and orphans that the
    /// guardian was handed when no other run could have lost them.
    pub(crate) fn with_escapees(&self, reaper: Option<Reaper>) -> Vec<u32> {
        let marked = |pid| self.is_marked(pid);
        self.with_escapees_among(&process::all_processes(), reaper, &marked)
    }

    /// The same in a table that was read before, by who knows which processes carry the marker.
    pub(crate) fn with_escapees_among(
        &self,
        all: &[ProcessFacts],
        reaper: Option<Reaper>,
        is_marked: &dyn Fn(u32) -> bool,
    ) -> Vec<u32> {
        let handed = |f: &ProcessFacts| reaper.is_some_and(|r| r.alone && f.ppid == r.pid);
        // Nobody of a tree is older than its leader.
        let young = all
            .iter()
            .filter(|f| f.start >= self.leader.start && !f.zombie);
        let escapees = young
            .filter(|f| handed(f) || is_marked(f.pid))
            .map(|f| f.pid);
        self.members_among(all, escapees.collect())
    }

    fn members_among(&self, all: &[ProcessFacts], escapees: Vec<u32>) -> Vec<u32> {
        let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
        let mut members = escapees;
        for facts in all {
            children.entry(facts.ppid).or_default().push(facts.pid);
            if facts.pid == self.leader.pid && facts.start != self.leader.start {
                return Vec::new(); // Another process has its number: nothing here is ours.
            }
            if facts.pgid == self.leader.pid {
                members.push(facts.pid);
            }
        }
        members.push(self.leader.pid);
        let mut next = 0;
        while let Some(&pid) = members.get(next) {
            next += 1;
            for &child in children.get(&pid).into_iter().flatten() {
                if !members.contains(&child) {
                    members.push(child);
                }
            }
        }
        members.sort_unstable();
        members.dedup();
        members
    }
}
