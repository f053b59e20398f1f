//! Against processes that pass themselves on (fork, new session, exit) faster than the process
//! table can be read: whoever is found there has ended before KILL arrives.

use std::time::Duration;

use super::run::Stage;
use super::warden::Warden;
use crate::sys::process;
use crate::sys::unix::clock::monotonic;
use crate::sys::unix::signals::kill_child;
use crate::sys::unix::wait;

/// How long one hunt may take: others have their turn then, and the next look hunts again.
const LIMIT: Duration = Duration::from_millis(20);
/// Lists in a row without anybody new, before a hunt is over.
const QUIET_ROUNDS: u32 = 3;

impl Warden {
    /// Kills our own living children, round after round, by the kernel's list of them alone. Each
    /// of a chain's links becomes our child when the one before has ended, and a list of ours is
    /// read in less time than a fork takes. True if there was somebody besides leaders.
    ///
    /// Only where every run is being forced: whose child somebody is, is not asked.
    pub(super) fn hunt(&mut self) -> bool {
        let forced = |s: Stage| matches!(s, Stage::Forced { .. });
        let all_forced = self.runs.values().all(|r| forced(r.stage));
        if !self.is_handed_orphans() || self.runs.is_empty() || !all_forced {
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
                    Some(facts) if !facts.zombie && !self.spared.contains(&facts) => {
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
}
