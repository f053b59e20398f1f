//! Which dead instances are dealt with, and what is told of it.

use std::io;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;

use super::ending::Ending;
use super::estate::{Estate, Left};
use super::search::Leftover;
use crate::core::Leftovers;
use crate::engine::ledger::{self, DeadState, Remains, RunRecord, State};
use crate::event::EventKind;
use crate::identity::{BootId, Identity};
use crate::marker::{self, Marker};
use crate::sys::{monotonic, process};

/// How long a dead host's guardian may still be ending its trees. It knows more than we do.
const GUARDIAN_LIMIT: Duration = Duration::from_secs(15);
pub(super) const TICK: Duration = Duration::from_millis(5);

/// What was done, by sidecar.
pub(crate) type News = Vec<(String, EventKind)>;

/// Ends the leftovers of dead instances of one app. Blocks; meant for a helper thread.
#[derive(Debug, Clone)]
pub(crate) struct Sweeper {
    /// The folder of the app's state files.
    pub(crate) dir: PathBuf,
    pub(crate) app_id: String,
    /// This instance's own guardian and its standby.
    pub(crate) guardians: Vec<u32>,
    /// What is not ended, but left to be adopted.
    pub(crate) estate: Estate,
}

impl Sweeper {
    /// Sweeps on a thread of its own. A runtime's helper threads would not do: where the system
    /// refuses one, asking for it panics.
    pub(crate) async fn beside(
        &self,
        sweep: impl FnOnce(&Sweeper) -> News + Send + 'static,
    ) -> io::Result<News> {
        let (told, news) = oneshot::channel();
        let sweeper = self.clone();
        thread::Builder::new()
            .name("sidecar-sweep".into())
            .spawn(move || {
                let _ = told.send(sweep(&sweeper)); // The engine may have ended by now.
            })
            .inspect_err(|e| log::error!("leftovers are not looked for, no thread: {e}"))?;
        news.await.map_err(io::Error::other)
    }

    /// Deals with every dead instance.
    pub(crate) fn sweep(&self) -> News {
        let dead = ledger::dead_states(&self.dir, &self.app_id);
        dead.into_iter().flat_map(|d| self.deal_with(d)).collect()
    }

    /// Deals with the dead instance that a process says it is of. Nothing, if that instance is not
    /// known to be dead.
    pub(crate) fn sweep_with(&self, holder: &Identity) -> News {
        let instance = process::environ_var(holder.pid, marker::VARIABLE)
            .filter(|_| holder.is_alive()) // Only now is it certain whose environment that was.
            .and_then(|value| Marker::from_bytes(&value).ok())
            .filter(|m| m.app_id == self.app_id)
            .map(|m| m.instance);
        instance
            .and_then(|i| ledger::dead_state(&self.dir, &self.app_id, &i))
            .map_or_else(News::new, |dead| self.deal_with(dead))
    }

    /// What it would end of a dead instance, if it were asked to. Looks only.
    pub(crate) fn would_end(&self, dead: &Remains) -> Vec<Leftover> {
        let boot = BootId::current();
        boot.and_then(|boot| Ending::new(self, dead, None).find(&boot))
            .unwrap_or_default()
    }

    /// Ends a run that its host has left running, for a start that wants it otherwise.
    pub(crate) fn end_left(&self, mut left: Left) -> News {
        left.record.cleanup = left.record.cleanup.in_the_way();
        let state = State {
            version: 0,
            app_id: self.app_id.clone(),
            instance: String::new(),
            host: None,
            guardian: None,
            standby: None,
            runs: vec![left.record.clone()],
        };
        let dead = Remains {
            instance: String::new(),
            state: Some(state),
        };
        let leader = left.record.leader.clone();
        let mut ending = Ending::new(self, &dead, Some(left));
        if ending.run() {
            self.estate.forget(&leader);
        }
        ending.tell()
    }

    fn deal_with(&self, mut dead: DeadState) -> News {
        wait_for_guardian(&dead.remains);
        let mut ending = Ending::new(self, &dead.remains, None);
        let empty = ending.run();
        let mut news = ending.tell();
        let runs = dead.remains.state.iter().flat_map(|s| &s.runs);
        let living: Vec<RunRecord> = runs.filter(|r| r.lives_on()).cloned().collect();
        for record in living.iter().filter(|r| r.leftovers == Leftovers::Keep) {
            let pid = record.leader.pid;
            let command = process::command_line(pid).unwrap_or_default();
            let why = "its configuration leaves it running".to_owned();
            news.push((
                record.sidecar.clone(),
                EventKind::Kept { pid, command, why },
            ));
        }
        // Otherwise the next start finds it again.
        if empty && living.is_empty() {
            dead.remove();
        } else if empty {
            dead.retain(RunRecord::lives_on);
            if living.iter().any(|r| r.leftovers == Leftovers::Adopt) {
                self.estate.hold(dead);
            }
        }
        news
    }
}

/// Whether the sweep told of this process's end.
pub(crate) fn is_gone(news: &News, pid: u32) -> bool {
    let told = |kind: &EventKind| matches!(kind, EventKind::Cleaned { pid: p, .. } if *p == pid);
    news.iter().any(|(_, kind)| told(kind))
}

/// A guardian that lives is at work, and so is its standby: it ends the trees with the grace that was agreed on.
fn wait_for_guardian(dead: &Remains) {
    let guardians: Vec<&Identity> = dead.state.iter().flat_map(State::guardians).collect();
    let deadline = monotonic() + GUARDIAN_LIMIT;
    while guardians.iter().any(|g| g.is_alive()) && monotonic() < deadline {
        thread::sleep(TICK);
    }
}
