//! Who belongs to a run: its leader, all that descend from it, and whoever ran away from it.

use std::collections::{BTreeMap, BTreeSet};

use super::keep;
use super::lineages::Lineages;
use super::snapshot::Snapshot;
use super::spared::Spared;
use crate::identity::{BootId, Identity};
use crate::sys::unix::signals::kill_group;
use crate::sys::{Birth, ProcessFacts, process};

/// The living processes of one run, as far as the last snapshot showed them.
///
/// A member is a (pid, start time); a pid alone could be somebody else's by now.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    leader: u32,
    leader_start: u64,
    /// As the table has it, living or dead.
    leader_birth: Option<Birth>,
    members: BTreeMap<u32, Member>,
    /// Groups and sessions that members were seen in, other than the guardian's own. An orphan
    /// in one of them came from this tree.
    groups: BTreeSet<u32>,
    lineages: Lineages,
}

#[derive(Debug, Clone, Copy)]
struct Member {
    start: u64,
    asked: bool,
    /// Its forks are told to us.
    watched: bool,
    /// It was looked at whether it is ours to end.
    judged: bool,
}

impl Member {
    fn new(start: u64) -> Member {
        Member {
            start,
            asked: false,
            watched: false,
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
        let leader = snapshot.get(self.leader);
        if let Some(dead_or_alive) = leader.filter(|f| f.start == self.leader_start) {
            self.lineages.note(dead_or_alive);
            self.leader_birth = Some(dead_or_alive.birth());
        }
        if snapshot.lives(self.leader, self.leader_start) {
            queue.push(self.leader);
        }
        while let Some(pid) = queue.pop() {
            let Some(facts) = snapshot.get(pid) else {
                continue;
            };
            self.note_groups(facts, snapshot);
            self.lineages.note(facts);
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

    /// Nobody here was born before.
    pub(crate) fn birth(&self) -> Birth {
        self.leader_birth
            .unwrap_or_else(|| Birth::at(self.leader_start))
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

    /// Whether an orphan's maker was seen here.
    pub(crate) fn has_made(&self, orphan: &ProcessFacts) -> bool {
        self.lineages.have_made(orphan)
    }

    /// Has whoever is new here watched.
    pub(crate) fn watch(&mut self, mut watch: impl FnMut(u32)) {
        for (&pid, member) in self.members.iter_mut().filter(|(_, m)| !m.watched) {
            member.watched = true;
            watch(pid);
        }
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
        let home = Home::of(self.leader, snapshot);
        let ours = self.pids();
        let mut found = Vec::new();
        for &pid in &ours {
            if pid == self.leader {
                continue; // The leader is what we were told to run, whatever it is called.
            }
            let Some(is_judged) = self.members.get(&pid).map(|m| m.judged) else {
                continue;
            };
            let Some(facts) = snapshot.get(pid) else {
                continue;
            };
            let escaped =
                home.was_left_by(facts) && keep::is_used_elsewhere(facts, &ours, is_judged);
            let Some(why) = keep::reason(facts, escaped, names) else {
                continue;
            };
            let command = process::command_line(pid).unwrap_or_else(|| facts.comm.clone());
            found.push(Released { pid, command, why });
            for gone in spared.add_subtree(pid, snapshot) {
                self.members.remove(&gone);
                self.groups.remove(&gone);
                if let Some(facts) = snapshot.get(gone) {
                    self.lineages.forget(facts);
                }
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

/// The session and the group that a tree began in.
struct Home {
    session: u32,
    group: u32,
}

impl Home {
    /// Of a leader that has ended, macOS does not tell the session (0), nor Linux once it is
    /// reaped: then it is the one that we gave it, our own.
    fn of(leader: u32, snapshot: &Snapshot) -> Home {
        let told = snapshot.get(leader).map(|f| f.sid).filter(|&sid| sid != 0);
        Home {
            session: told.unwrap_or(snapshot.own_session),
            group: leader,
        }
    }

    /// Whether this process is in another session for certain. A group is in one session alone, so
    /// that whoever is in the leader's has not left.
    fn was_left_by(&self, facts: &ProcessFacts) -> bool {
        facts.sid != 0 && facts.sid != self.session && facts.pgid != self.group
    }
}

/// Signals this very process, or nobody. What went wrong does not matter here: a process that is
/// gone needs no signal, and one that cannot be signalled shows up as a survivor.
fn send(pid: u32, start: u64, signal: i32) {
    if let Some(boot) = BootId::current() {
        let _ = process::signal(&Identity { pid, start, boot }, signal);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUARDIAN: u32 = 10;
    const LEADER: u32 = 20;

    /// In a terminal and without a guardian: the host's session, a group for the sidecar.
    fn row(pid: u32, ppid: u32) -> ProcessFacts {
        ProcessFacts {
            pgid: LEADER,
            sid: 5,
            tty: true,
            ..ProcessFacts::row(pid, ppid, u64::from(pid))
        }
    }

    /// macOS answers `getsid` of a zombie with ESRCH. The server of an `npm` that had ended first
    /// was taken for one who had left, and was let go by a stop.
    #[test]
    fn nobody_has_left_a_leader_who_is_dead_and_has_no_session() {
        let me = ProcessFacts {
            pgid: 5,
            ..row(GUARDIAN, 1)
        };
        let leader = ProcessFacts {
            sid: 0,
            zombie: true,
            ..row(LEADER, GUARDIAN)
        };
        let server = row(21, 1);
        let table = vec![me, leader, server.clone()];
        let home = Home::of(LEADER, &Snapshot::of(table, GUARDIAN));
        assert!(!home.was_left_by(&server));
        // Nor has who is in a group of its own there, or is just ending.
        let job = ProcessFacts {
            pgid: 22,
            ..row(22, 1)
        };
        assert!(!home.was_left_by(&job));
        let ending = ProcessFacts {
            sid: 0,
            ..job.clone()
        };
        assert!(!home.was_left_by(&ending));
        let editor = ProcessFacts { sid: 22, ..job };
        assert!(home.was_left_by(&editor));
    }

    #[test]
    fn a_session_that_cannot_be_told_is_not_another_one_for_the_leaders_group() {
        let table = vec![row(LEADER, 1), row(21, LEADER)];
        let home = Home::of(LEADER, &Snapshot::of(table, GUARDIAN));
        let moved = ProcessFacts {
            sid: 99,
            ..row(21, LEADER)
        };
        assert!(!home.was_left_by(&moved));
    }
}
