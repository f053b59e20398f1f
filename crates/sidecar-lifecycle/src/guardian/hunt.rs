//! Against processes that pass themselves on (fork, new session, exit) faster than the process
//! table can be read: whoever is found there has ended before KILL arrives.

use std::collections::HashSet;
use std::time::Duration;

use super::keep;
use super::run::Stage;
use super::warden::Warden;
use crate::identity::{BootId, Identity};
use crate::marker::VARIABLE;
use crate::sys::unix::clock::monotonic;
use crate::sys::unix::signals::kill_child;
use crate::sys::unix::wait;
use crate::sys::{ProcessFacts, process, variable};

/// How long one hunt may take: others have their turn then, and the next look hunts again.
const LIMIT: Duration = Duration::from_millis(20);
/// What has not ended so long after KILL passes itself on. The list of all processes is long.
const HUNT_AFTER: Duration = Duration::from_millis(50);
/// Lists in a row without anybody new, before a hunt is over.
const QUIET_ROUNDS: u32 = 3;

impl Warden {
    /// Kills our own living children, round after round, by the kernel's list of them alone. Each
    /// of a chain's links becomes our child when the one before has ended, and a list of ours is
    /// read in less time than a fork takes. True if there was somebody besides leaders.
    ///
    /// Only where every run is being forced: whose child somebody is, is not asked.
    pub(super) fn hunt(&mut self) -> bool {
        if !self.is_handed_orphans() {
            return self.hunt_marked();
        }
        let forced = |s: Stage| matches!(s, Stage::Forced { .. });
        let all_forced = self.runs.values().all(|r| forced(r.stage));
        if self.runs.is_empty() || !all_forced {
            return false;
        }
        let (end, mut quiet, mut found) = (monotonic() + LIMIT, 0, false);
        while quiet < QUIET_ROUNDS && monotonic() < end {
            quiet += 1;
            for pid in process::own_children() {
                if self.runs.values().any(|r| r.leader == pid && !r.adopted) {
                    continue; // Signalled with its group, and reaped with its tree.
                }
                match process::process(pid) {
                    Some(facts)
                        if !facts.zombie
                            && !self.spared.contains(&facts)
                            && !self.is_kept(&facts) =>
                    {
                        kill_child(pid);
                        (quiet, found) = (0, true);
                    }
                    Some(facts) if facts.zombie => drop(wait::reap(pid)),
                    _ => {}
                }
            }
        }
        found
    }

    /// The same where orphans go elsewhere: whoever is new in the list of all processes, and is
    /// marked as of a run that is being forced, is killed as soon as it is read. Between a look at
    /// the whole table and KILL, a link of a chain has passed itself on and ended.
    fn hunt_marked(&mut self) -> bool {
        let prey = self.markers_to_hunt();
        if prey.is_empty() {
            return false;
        }
        let (end, mut quiet, mut found) = (monotonic() + LIMIT, 0, false);
        let mut known: HashSet<u32> = self.strangers.keys().copied().collect();
        while quiet < QUIET_ROUNDS && monotonic() < end {
            quiet += 1;
            // The newest first: a chain's last link is among them, and has the least time left.
            for pid in process::pids().into_iter().rev() {
                if known.contains(&pid) {
                    continue;
                }
                let environ = process::environ(pid).unwrap_or_default();
                let Some(facts) = process::process(pid).filter(|f| !f.zombie) else {
                    continue;
                };
                let marker = variable(&environ, VARIABLE);
                let is_prey = marker.is_some_and(|m| prey.contains(&m));
                if is_prey && !self.is_below_spared(&facts) && !self.is_kept(&facts) {
                    kill(&facts);
                    (quiet, found) = (0, true);
                } else if !environ.is_empty() {
                    known.insert(pid);
                }
            }
        }
        found
    }

    /// Whether the next look at the whole table will let it go: an editor that was opened when the
    /// end had begun.
    fn is_kept(&self, facts: &ProcessFacts) -> bool {
        let mut lists: Vec<&[String]> = self.runs.values().map(|r| &*r.keep).collect();
        lists.dedup_by_key(|list| list.as_ptr()); // Nearly all runs share one.
        keep::is_listed(facts, &lists)
    }

    /// Whether somebody was let go, or descends from one who was: an editor's new child carries the
    /// same marker.
    fn is_below_spared(&self, facts: &ProcessFacts) -> bool {
        let mut next = Some(facts.clone());
        while let Some(facts) = next {
            if self.spared.contains(&facts) {
                return true;
            }
            next = Some(facts.ppid)
                .filter(|&up| up > 1)
                .and_then(process::process);
        }
        false
    }

    /// The markers of runs that KILL has not ended for a while. A check's command carries the
    /// marker of the run that it asks about: then both have to be forced.
    fn markers_to_hunt(&self) -> Vec<Vec<u8>> {
        let now = monotonic();
        let resists = |s: Stage| matches!(s, Stage::Forced { since } if now >= since + HUNT_AFTER);
        let others: Vec<&[u8]> = self
            .runs
            .values()
            .filter(|r| !resists(r.stage))
            .map(|r| r.marker.as_slice())
            .collect();
        self.runs
            .values()
            .filter(|r| resists(r.stage) && !others.contains(&r.marker.as_slice()))
            .map(|r| r.marker.clone())
            .collect()
    }
}

/// This very process. Who is gone needs no signal, and who cannot be signalled is a survivor.
fn kill(facts: &ProcessFacts) {
    if let Some(boot) = BootId::current() {
        let (pid, start) = (facts.pid, facts.start);
        let _ = process::signal(&Identity { pid, start, boot }, libc::SIGKILL);
    }
}
