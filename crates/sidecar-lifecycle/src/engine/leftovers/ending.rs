//! Ends what one dead instance has left, and looks again until nothing is.

use std::collections::{HashMap, HashSet};
use std::thread;
use std::time::Duration;

use super::cleanup::Cleanup;
use super::estate::{Left, Spare};
use super::search::{Leftover, Prey, Search};
use super::shield::Shield;
use super::sweep::{News, Sweeper, TICK};
use crate::engine::ledger::Remains;
use crate::event::EventKind;
use crate::guardian::{is_used_elsewhere, keep_reason};
use crate::identity::{BootId, Identity};
use crate::marker::{self, Marker};
use crate::sys::{KILL_SIGNAL, ProcessFacts, STOP_SIGNAL, monotonic, process};

/// From the stop signal to force.
const GRACE: Duration = Duration::from_secs(2);
/// From force to giving up.
const FORCE_LIMIT: Duration = Duration::from_secs(2);
/// How long the forced may take before the table is read again.
const FORCE_ROUND: Duration = Duration::from_millis(50);
/// So many looks in a row have to find nobody: of two processes of which one is about to end and has
/// passed himself on to the other, a single look can miss both, as it reads them one by one.
const EMPTY_LOOKS: u32 = 3;
/// How long one hunt may take, and after how many lists without anybody new it is over.
const HUNT_LIMIT: Duration = Duration::from_millis(100);
const HUNT_QUIET_ROUNDS: u32 = 3;

/// Pid and start time.
type Key = (u32, u64);

/// The end of one dead instance's processes.
pub(super) struct Ending<'a> {
    sweeper: &'a Sweeper,
    dead: &'a Remains,
    prey: Prey,
    /// Everything that was signalled, with its command line.
    known: HashMap<Key, (Leftover, String)>,
    /// What was let go, with all below it.
    released: HashSet<Key>,
    /// What was left alone by itself.
    spared: HashSet<Key>,
    news: News,
}

impl<'a> Ending<'a> {
    pub(super) fn new(sweeper: &'a Sweeper, dead: &'a Remains, only: Option<Left>) -> Ending<'a> {
        let but = only.as_ref().map(|left| &left.record.leader);
        let spare = Spare::of(&sweeper.dir, but);
        Ending {
            sweeper,
            dead,
            prey: Prey { only, spare },
            known: HashMap::new(),
            released: HashSet::new(),
            spared: HashSet::new(),
            news: News::new(),
        }
    }

    /// Asks all to end, and forces whoever is there after the grace, its new children too. Answers
    /// whether nothing is left.
    pub(super) fn run(&mut self) -> bool {
        let Some(boot) = BootId::current() else {
            return false;
        };
        let grace_end = monotonic() + GRACE;
        // Counted from the first force on: where a look takes seconds, the grace is long over by
        // then, and so might be a time that was counted from the beginning.
        let mut end = None;
        let mut empty_looks = 0;
        loop {
            let found = self.find(&boot);
            if found.as_ref().is_some_and(Vec::is_empty) {
                empty_looks += 1;
                if empty_looks == EMPTY_LOOKS {
                    return true;
                }
                continue;
            }
            empty_looks = 0;
            let now = monotonic();
            if end.is_some_and(|end| now >= end) {
                return false;
            }
            let forced = now >= grace_end;
            if forced && end.is_none() {
                end = Some(now + FORCE_LIMIT);
            }
            let Some(found) = found else {
                thread::sleep(TICK); // Whoever holds all of our descriptors may let go of some.
                continue;
            };
            for leftover in &found {
                let asked = self.know(leftover);
                if forced || !asked {
                    signal(leftover, if forced { KILL_SIGNAL } else { STOP_SIGNAL });
                }
            }
            if forced {
                self.hunt();
            }
            let until = if forced { now + FORCE_ROUND } else { grace_end };
            while found.iter().any(|l| l.identity.is_alive()) && monotonic() < until {
                thread::sleep(TICK);
            }
        }
    }

    /// Kills whoever carries the dead instance's marker as soon as he is read, the newest first.
    /// Between a look at the whole table and its signals, one who passes himself on (fork, exit)
    /// has done so again.
    fn hunt(&mut self) {
        let table = process::all_processes();
        let shield = Shield::raise(&self.sweeper.dir, &self.sweeper.guardians, &table);
        let me = process::uid_of(std::process::id());
        let end = monotonic() + HUNT_LIMIT;
        let (mut others, mut quiet) = (HashSet::new(), 0);
        while quiet < HUNT_QUIET_ROUNDS && monotonic() < end {
            quiet += 1;
            for pid in process::pids().into_iter().rev() {
                if others.contains(&pid) {
                    continue;
                }
                let marker = process::environ_var(pid, marker::VARIABLE)
                    .and_then(|value| Marker::from_bytes(&value).ok())
                    .filter(|m| self.is_of_the_dead(m));
                let Some((marker, facts)) = marker.zip(process::process(pid)) else {
                    continue;
                };
                let let_go =
                    self.spared.contains(&(pid, facts.start)) || self.is_below_released(&facts);
                let cleanup = self.cleanup_of(&marker.sidecar);
                let is_judged = self.known.contains_key(&(pid, facts.start));
                let escaped = is_used_elsewhere(&facts, &[], is_judged);
                let kept = || keep_reason(&facts, escaped, &cleanup.keep()).is_some();
                if let_go || shield.covers(pid) || process::uid_of(pid) != me || kept() {
                    others.insert(pid);
                } else if let Some(identity) = Identity::of(pid).filter(|i| i.start == facts.start)
                    && !facts.zombie
                {
                    let leftover = Leftover {
                        identity,
                        sidecar: marker.sidecar,
                        why: "carries a dead instance's marker",
                    };
                    self.know(&leftover);
                    signal(&leftover, KILL_SIGNAL);
                    quiet = 0;
                }
            }
        }
    }

    /// Whether somebody was let go, or descends from one who was: an editor's new child carries the
    /// same marker.
    fn is_below_released(&self, facts: &ProcessFacts) -> bool {
        let released: HashSet<u32> = self.released.iter().map(|(pid, _)| *pid).collect();
        let mut next = Some(facts.clone());
        while let Some(facts) = next.filter(|_| !released.is_empty()) {
            if [facts.pid, facts.pgid, facts.sid]
                .iter()
                .any(|id| released.contains(id))
            {
                return true;
            }
            next = Some(facts.ppid)
                .filter(|&up| up > 1)
                .and_then(process::process);
        }
        false
    }

    fn is_of_the_dead(&self, marker: &Marker) -> bool {
        self.prey.has(marker, &self.sweeper.app_id, self.dead)
    }

    /// Who is left. Nothing when we cannot look: that is no sign of nobody.
    pub(super) fn find(&mut self, boot: &BootId) -> Option<Vec<Leftover>> {
        let table = process::all_processes();
        let me = std::process::id();
        if !table.iter().any(|f| f.pid == me) {
            return None;
        }
        let (dir, guardians) = (&self.sweeper.dir, &self.sweeper.guardians);
        let search = Search {
            dead: self.dead,
            app_id: &self.sweeper.app_id,
            boot,
            table: &table,
            shield: &Shield::raise(dir, guardians, &table),
            prey: &self.prey,
        };
        let mut found = search.find(self.known.values().map(|(l, _)| l));
        self.release(&mut found, &table);
        Some(found.into_values().collect())
    }

    /// Remembers a process for the news. Answers whether it was known.
    fn know(&mut self, leftover: &Leftover) -> bool {
        let key = (leftover.identity.pid, leftover.identity.start);
        let known = self.known.contains_key(&key);
        if !known {
            let command = process::command_line(key.0).unwrap_or_default();
            self.known.insert(key, (leftover.clone(), command));
        }
        known
    }

    /// Takes out what its user may be working in, with all that descends from it or is in a group
    /// of its making: a marker or a record on an editor only says who opened it. Tells of each
    /// root once.
    fn release(&mut self, found: &mut HashMap<u32, Leftover>, table: &[ProcessFacts]) {
        // Whoever is used at a terminal is not ours to end after a restart. A terminal that a
        // leftover made itself is no sign of that.
        let ours: Vec<u32> = found.keys().copied().collect();
        let reason = |f: &ProcessFacts| {
            let cleanup = self.cleanup_of(&found.get(&f.pid)?.sidecar);
            let is_judged = self.known.contains_key(&(f.pid, f.start));
            let escaped = is_used_elsewhere(f, &ours, is_judged);
            keep_reason(f, escaped, &cleanup.keep())
        };
        let released = |f: &&ProcessFacts| self.released.contains(&(f.pid, f.start));
        let roots: HashMap<u32, String> = table
            .iter()
            .filter(|f| found.contains_key(&f.pid) && !released(f))
            .filter_map(|f| Some((f.pid, reason(f)?)))
            .collect();
        let mut queue: Vec<u32> = table.iter().filter(released).map(|f| f.pid).collect();
        let mut below: HashSet<u32> = queue.iter().copied().collect();
        queue.extend(roots.keys());
        while let Some(root) = queue.pop() {
            let of_it =
                |f: &&ProcessFacts| f.pid != root && [f.ppid, f.pgid, f.sid].contains(&root);
            let new = table.iter().filter(of_it).map(|f| f.pid);
            queue.extend(new.filter(|&pid| below.insert(pid)));
        }
        let free = table
            .iter()
            .filter(|f| below.contains(&f.pid) || roots.contains_key(&f.pid));
        self.released.extend(free.map(|f| (f.pid, f.start)));
        for (pid, why) in roots {
            if let Some(l) = found.remove(&pid).filter(|_| !below.contains(&pid)) {
                self.keep(l, why);
            }
        }
        found.retain(|pid, _| !below.contains(pid));
        self.spare(found, table);
    }

    /// Takes out what its configuration leaves alone. That says nothing of what descends from it:
    /// a runner may be spared by its name while its server is not.
    fn spare(&mut self, found: &mut HashMap<u32, Leftover>, table: &[ProcessFacts]) {
        for facts in table {
            let Some(leftover) = found.get(&facts.pid) else {
                continue;
            };
            let Some(why) = self.cleanup_of(&leftover.sidecar).spares(facts) else {
                continue;
            };
            let told = !self.spared.insert((facts.pid, facts.start));
            if let Some(l) = found.remove(&facts.pid).filter(|_| !told) {
                self.keep(l, why);
            }
        }
    }

    fn keep(&mut self, leftover: Leftover, why: String) {
        let pid = leftover.identity.pid;
        let command = process::command_line(pid).unwrap_or_default();
        let kept = EventKind::Kept { pid, command, why };
        self.news.push((leftover.sidecar, kept));
    }

    /// What the last recorded run of a sidecar was configured with.
    fn cleanup_of(&self, sidecar: &str) -> Cleanup {
        let mut runs = self.dead.state.iter().flat_map(|s| s.runs.iter().rev());
        let record = runs.find(|run| run.sidecar == sidecar);
        record.map_or_else(Cleanup::default, |run| run.cleanup.clone())
    }

    /// The news, with what became of every process that was signalled.
    pub(super) fn tell(self) -> News {
        let mut news = self.news;
        for (leftover, command) in self.known.into_values() {
            let pid = leftover.identity.pid;
            if leftover.identity.is_alive() {
                log::error!("leftover {pid} ({command}) could not be ended");
            } else {
                let why = leftover.why.to_owned();
                let cleaned = EventKind::Cleaned { pid, command, why };
                news.push((leftover.sidecar, cleaned));
            }
        }
        news
    }
}

fn signal(leftover: &Leftover, signal: i32) {
    if let Err(e) = leftover.identity.signal(signal) {
        log::warn!("cannot signal leftover {}: {e}", leftover.identity.pid);
    }
}
