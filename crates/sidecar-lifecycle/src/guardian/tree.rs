//! Who belongs to a run: its leader, all that descend from it, and whoever ran away from it.

use std::collections::{BTreeMap, BTreeSet};

use super::keep;
use super::snapshot::Snapshot;
use super::spared::Spared;
use crate::identity::{BootId, Identity};
use crate::sys::unix::signals::kill_group;
use crate::sys::{ProcessFacts, process};

/// The living processes of one run, as far as the last snapshot showed them.
///
/// A member is a (pid, start time); a pid alone could be somebody else's by now.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    leader: u32,
    leader_start: u64,
    members: BTreeMap<u32, Member>,
    /// Groups and sessions that members were seen in, other than the guardian's own. An orphan
    /// in one of them came from this tree.
    groups: BTreeSet<u32>,
}

#[derive(Debug, Clone, Copy)]
struct Member {
    start: u64,
    asked: bool,
    /// It was looked at whether it is ours to end.
    judged: bool,
}

impl Member {
    fn new(start: u64) -> Member {
        Member {
            start,
            asked: false,
            judged: false,
        }
    }
}

/// A process that was released.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Released {
    pub(crate) pid: u32,
    pub(crate) command: String,
    pub(crate) why: String,
}

impl Tree {
    pub(crate) fn new(leader: u32, leader_start: u64) -> Tree {
        Tree {
            leader,
            leader_start,
            ..Tree::default()
        }
    }

    /// Follows the tree as the snapshot shows it: drops the dead, adds descendants.
    pub(crate) fn refresh(&mut self, snapshot: &Snapshot, spared: &Spared) {
        self.members
            .retain(|&pid, member| snapshot.lives(pid, member.start));
        let mut queue: Vec<u32> = self.members.keys().copied().collect();
        if snapshot.lives(self.leader, self.leader_start) {
            queue.push(self.leader);
        }
        while let Some(pid) = queue.pop() {
            let Some(facts) = snapshot.get(pid) else {
                continue;
            };
            self.note_groups(facts, snapshot);
            let new = Member::new(facts.start);
            self.members.entry(pid).or_insert(new);
            for child in snapshot.children(pid) {
                if !child.zombie
                    && !self.members.contains_key(&child.pid)
                    && !spared.contains(child)
                {
                    queue.push(child.pid);
                }
            }
        }
    }

    fn note_groups(&mut self, facts: &ProcessFacts, snapshot: &Snapshot) {
        for id in [facts.pgid, facts.sid] {
            // 0: the system does not tell.
            if id != 0 && id != snapshot.own_group && id != snapshot.own_session {
                self.groups.insert(id);
            }
        }
    }

    /// Takes in a process that lost its parent. Its own descendants come with the next refresh.
    pub(crate) fn adopt(&mut self, pid: u32, start: u64) {
        self.members.insert(pid, Member::new(start));
    }

    /// Whoever is in this group came from here. Somebody who watched the tree before says so.
    pub(crate) fn claim_group(&mut self, id: u32) {
        self.groups.insert(id);
    }

    pub(crate) fn leader_start(&self) -> u64 {
        self.leader_start
    }

    pub(crate) fn is_member(&self, facts: &ProcessFacts) -> bool {
        self.members
            .get(&facts.pid)
            .is_some_and(|m| m.start == facts.start)
    }

    /// Whether an orphan's group or session says that it came from here.
    pub(crate) fn claims(&self, orphan: &ProcessFacts) -> bool {
        self.groups.contains(&orphan.sid) || self.groups.contains(&orphan.pgid)
    }

    /// Somebody has proof that none of it lives.
    pub(crate) fn nobody_is_left(&mut self) {
        self.members.clear();
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    pub(crate) fn pids(&self) -> Vec<u32> {
        self.members.keys().copied().collect()
    }

    /// Whether somebody has come who was not yet looked at by [`release_kept`](Tree::release_kept).
    pub(crate) fn has_unjudged(&self) -> bool {
        self.members.values().any(|m| !m.judged)
    }

    /// Finds what a dev server opened for its user (editors, browsers, terminals) and lets it go,
    /// with all that descends from it.
    pub(crate) fn release_kept(
        &mut self,
        snapshot: &Snapshot,
        names: &[String],
        spared: &mut Spared,
    ) -> Vec<Released> {
        let leader_session = snapshot
            .get(self.leader)
            .map_or(snapshot.own_session, |f| f.sid);
        let ours = self.pids();
        let mut found = Vec::new();
        for &pid in &ours {
            if pid == self.leader || !self.members.contains_key(&pid) {
                continue; // The leader is what we were told to run, whatever it is called.
            }
            let Some(facts) = snapshot.get(pid) else {
                continue;
            };
            let escaped = facts.sid != leader_session && keep::is_used_elsewhere(facts, &ours);
            let Some(why) = keep::reason(facts, escaped, names) else {
                continue;
            };
            let command = process::command_line(pid).unwrap_or_else(|| facts.comm.clone());
            found.push(Released { pid, command, why });
            for gone in spared.add_subtree(pid, snapshot) {
                self.members.remove(&gone);
                self.groups.remove(&gone);
            }
        }
        for member in self.members.values_mut() {
            member.judged = true;
        }
        found
    }

    /// Sends the stop signal, then CONT, to each member that has not had it yet. A stopped
    /// process would not see the one without the other.
    pub(crate) fn ask(&mut self, signal: i32) {
        for (&pid, member) in &mut self.members {
            if !member.asked {
                member.asked = true;
                send(pid, member.start, signal);
                send(pid, member.start, libc::SIGCONT);
            }
        }
    }

    /// Kills every member. The leader's group goes in one call, which no fork can outrun, as
    /// long as `group_is_pinned` (the leader is not reaped, so its number is not reused) and
    /// nothing in it was released.
    pub(crate) fn kill(&self, snapshot: &Snapshot, group_is_pinned: bool, spared: &Spared) {
        let shared = snapshot
            .iter()
            .any(|f| f.pgid == self.leader && spared.contains(f));
        if group_is_pinned && !shared {
            kill_group(self.leader, libc::SIGKILL);
        }
        for (&pid, member) in &self.members {
            send(pid, member.start, libc::SIGKILL);
        }
    }

    /// Kills those that are known to be ours to end, without a look at who is there now.
    pub(crate) fn kill_judged(&self) {
        for (&pid, member) in self.members.iter().filter(|(_, m)| m.judged) {
            send(pid, member.start, libc::SIGKILL);
        }
    }
}

/// Signals this very process, or nobody. What went wrong does not matter here: a process that is
/// gone needs no signal, and one that cannot be signalled shows up as a survivor.
fn send(pid: u32, start: u64, signal: i32) {
    if let Some(boot) = BootId::current() {
        let _ = process::signal(&Identity { pid, start, boot }, signal);
    }
}
