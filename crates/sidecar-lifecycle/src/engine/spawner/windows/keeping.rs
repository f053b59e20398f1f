//! What of a run's job is not ours to end: editors, browsers and terminals that a dev server has
//! opened, and what they have started.
//!
//! Nothing leaves a job. But a job without its limit lets its processes live when its handle is
//! closed: so all others are ended one by one, and then the limit is lifted. It cannot be lifted
//! before: a host that is killed takes all with it.

use std::collections::{BTreeMap, HashMap};

use crate::guardian::{is_named, keep_reason};
use crate::sys::windows::image;
use crate::sys::{ProcessFacts, process};

/// Who of one job was let go.
pub(super) struct Keeping {
    /// The executables that are let go.
    names: Vec<String>,
    /// By pid, with their starts.
    released: BTreeMap<u32, u64>,
    /// One of those on the list is a program for the console.
    hears_consoles: bool,
}

/// A process that was let go, with all below it.
pub(super) struct Released {
    pub(super) pid: u32,
    pub(super) command: String,
    pub(super) why: String,
}

impl Keeping {
    pub(super) fn new(names: Vec<String>) -> Keeping {
        Keeping {
            names,
            released: BTreeMap::new(),
            hears_consoles: false,
        }
    }

    /// Whether an event for the leader's group may reach somebody who was let go: a terminal's editor
    /// is in it, and on the same console. A program with windows is on none, and what it starts on
    /// another one.
    pub(super) fn hears_consoles(&self) -> bool {
        self.hears_consoles
    }

    /// Whether nobody was let go yet.
    pub(super) fn is_empty(&self) -> bool {
        self.released.is_empty()
    }

    /// Whether this very process was let go.
    pub(super) fn has(&self, member: (u32, u64)) -> bool {
        self.released.get(&member.0) == Some(&member.1)
    }

    /// Whether somebody of this number was let go.
    pub(super) fn has_number(&self, pid: u32) -> bool {
        self.released.contains_key(&pid)
    }

    /// Lets go of those members that are on the list, and of what descends from them. Returns the
    /// ones that are on the list. The leader is what was asked for, whatever it is called.
    pub(super) fn look(&mut self, members: &[(u32, u64)], leader: u32) -> Vec<Released> {
        // The whole table is read only if there is somebody to be looked for in it.
        let mut others = members.iter().filter(|(pid, _)| *pid != leader);
        if self.is_empty() && !others.any(|&(pid, _)| is_named(pid, &self.names)) {
            return Vec::new();
        }
        let starts: HashMap<u32, u64> = members.iter().copied().collect();
        let table = process::all_processes();
        let inside = table
            .iter()
            .filter(|f| starts.get(&f.pid) == Some(&f.start));
        let facts: Vec<&ProcessFacts> = inside.filter(|f| f.pid != leader).collect();
        let mut found = Vec::new();
        for &f in &facts {
            if self.has((f.pid, f.start)) {
                continue;
            }
            if let Some(why) = keep_reason(f, false, &self.names) {
                self.released.insert(f.pid, f.start);
                let command = process::command_line(f.pid).unwrap_or_else(|| f.comm.clone());
                found.push(Released {
                    pid: f.pid,
                    command,
                    why,
                });
            }
        }
        self.add_descendants(&facts);
        if !self.is_empty() {
            self.add_consoles(&facts);
        }
        // One that was opened by another goes with it, and is not told of by itself.
        let is_below = |r: &Released| {
            let f = facts.iter().find(|f| f.pid == r.pid);
            f.is_some_and(|f| self.is_child(f))
        };
        found.retain(|r| !is_below(r));
        let is_for_console = |r: &Released| {
            let program = process::exe_of(r.pid);
            program.is_some_and(|path| image::is_for_console(&path).unwrap_or(false))
        };
        self.hears_consoles |= found.iter().any(is_for_console);
        found
    }

    fn add_descendants(&mut self, facts: &[&ProcessFacts]) {
        loop {
            let new: Vec<(u32, u64)> = facts
                .iter()
                .filter(|f| !self.has((f.pid, f.start)) && self.is_child(f))
                .map(|f| (f.pid, f.start))
                .collect();
            if new.is_empty() {
                return;
            }
            self.released.extend(new);
        }
    }

    /// The console that an editor has may be everybody's: ended, it would take him along. It ends by
    /// itself with the last who is on it.
    fn add_consoles(&mut self, facts: &[&ProcessFacts]) {
        let is_console = |f: &&&ProcessFacts| f.comm.eq_ignore_ascii_case("conhost.exe");
        let consoles = facts.iter().filter(is_console);
        self.released.extend(consoles.map(|f| (f.pid, f.start)));
    }

    /// A parent's number may have been given away since: a child is never older than its parent.
    fn is_child(&self, facts: &ProcessFacts) -> bool {
        let parent = self.released.get(&facts.ppid);
        parent.is_some_and(|born| facts.start >= *born)
    }
}
