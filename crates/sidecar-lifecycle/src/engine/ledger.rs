//! The state file: which processes this instance has started, for the next one to find.

mod instances;
mod papers;

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub(crate) use instances::{
    DeadState, Lock, Remains, all_states, dead_state, dead_states, is_dead, live_states, look,
};
use papers::sealed;

use super::leftovers::Cleanup;
use crate::census::registry;
use crate::core::{Leftovers, Phase, RunId};
use crate::identity::{BootId, Identity};
use crate::marker::Marker;
use crate::sys::{ProcessFacts, monotonic, process, replace};

/// Written into every file. A file with another number is left alone: its writer knew better.
const VERSION: u32 = 1;

/// What is in the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct State {
    pub(crate) version: u32,
    pub(crate) app_id: String,
    pub(crate) instance: String,
    pub(crate) host: Option<Identity>,
    pub(crate) guardian: Option<Identity>,
    /// Who goes on when the guardian is dead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) standby: Option<Identity>,
    pub(crate) runs: Vec<RunRecord>,
}

/// One run that may have processes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RunRecord {
    pub(crate) sidecar: String,
    pub(crate) run: RunId,
    pub(crate) leader: Identity,
    pub(crate) command: String,
    /// As far as it was told; nothing in a file of an older version.
    #[serde(default)]
    pub(crate) phase: Option<Phase>,
    /// Others of its tree, as they were when it became ready.
    pub(crate) members: Vec<Identity>,
    /// The numbers of its leader and those members, where the system tells them, see
    /// [`Lineage`](crate::sys::Lineage): whom they have made says so when they are dead.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) makers: Vec<u64>,
    /// What becomes of it when its host ends.
    #[serde(default)]
    pub(crate) leftovers: Leftovers,
    /// What it was started with, see `SidecarConfig::fingerprint`.
    #[serde(default)]
    pub(crate) fingerprint: u64,
    #[serde(default)]
    pub(crate) port: Option<u16>,
    #[serde(default)]
    pub(crate) url: Option<String>,
    /// What it carries, where that is not this instance's and this run's: it was taken over.
    #[serde(default)]
    pub(crate) marker: Option<String>,
    /// What is to become of what it leaves behind.
    #[serde(default)]
    pub(crate) cleanup: Cleanup,
}

impl RunRecord {
    /// Whether one of its recorded processes has made this one, in the same boot.
    pub(crate) fn has_made(&self, facts: &ProcessFacts, boot: &BootId) -> bool {
        let maker = facts.lineage.map(|l| l.parent);
        self.leader.boot == *boot && maker.is_some_and(|maker| self.makers.contains(&maker))
    }

    /// What its processes carry; `app_id` and `instance` are those of the file that it stands in.
    pub(crate) fn marker(&self, app_id: &str, instance: &str) -> String {
        let own = || Marker {
            app_id: app_id.to_owned(),
            instance: instance.to_owned(),
            sidecar: self.sidecar.clone(),
            run: self.run,
        };
        self.marker.clone().unwrap_or_else(|| own().to_string())
    }

    /// Whether it has outlived its host as it was meant to: its leader is there.
    pub(crate) fn lives_on(&self) -> bool {
        self.leftovers != Leftovers::End && self.leader.is_alive()
    }
}

/// The numbers of these processes, where the system tells them.
pub(crate) fn makers_of<'a>(processes: impl Iterator<Item = &'a Identity>) -> Vec<u64> {
    let lineages = processes.filter_map(|p| process::lineage_of(p.pid));
    let numbers: BTreeSet<u64> = lineages.map(|l| l.unique).collect();
    numbers.into_iter().collect()
}

/// This instance's state file. Its lock says that the instance lives; the kernel drops it with
/// the process, however that ends.
pub(crate) struct Ledger {
    path: PathBuf,
    lock_path: PathBuf,
    _lock: File,
    state: State,
    writable: bool,
    /// Since when the file is behind, if it is.
    behind_since: Option<Duration>,
}

/// How long a busy engine may leave its file behind. At rest it is never behind.
const BEHIND_LIMIT: Duration = Duration::from_millis(100);

impl State {
    /// The guardian and its standby, as far as there are any.
    pub(crate) fn guardians(&self) -> impl Iterator<Item = &Identity> {
        self.guardian.iter().chain(&self.standby)
    }
}

impl Ledger {
    pub(crate) fn open(dir: &Path, app_id: &str, instance: &str) -> io::Result<Ledger> {
        fs::create_dir_all(dir)?;
        let lock_path = lock_path(dir, instance);
        // Another start takes every lock file that it can lock for a dead instance's. Ours gets
        // its name only once it is locked, and once the state file says who we are.
        let new = dir.join(format!("{instance}.new"));
        let lock = private(&new)?;
        lock.try_lock().map_err(io::Error::from)?;
        let state = State {
            version: VERSION,
            app_id: app_id.to_owned(),
            instance: instance.to_owned(),
            host: Identity::of(std::process::id()),
            guardian: None,
            standby: None,
            runs: Vec::new(),
        };
        let path = dir.join(format!("{instance}.json"));
        let mut ledger = Ledger {
            path,
            lock_path,
            _lock: lock,
            state,
            writable: true,
            behind_since: None,
        };
        ledger.save();
        replace(&new, &ledger.lock_path).inspect_err(|_| {
            let _ = fs::remove_file(&new); // The error that matters is told.
        })?;
        Ok(ledger)
    }

    pub(crate) fn set_guardians(&mut self, guardian: Option<u32>, standby: Option<u32>) {
        self.state.guardian = guardian.and_then(Identity::of);
        self.state.standby = standby.and_then(Identity::of);
        self.save();
    }

    pub(crate) fn record(&mut self, record: RunRecord) {
        self.state.runs.retain(|r| r.run != record.run);
        self.state.runs.push(record);
        self.change();
    }

    pub(crate) fn add_members(&mut self, run: RunId, members: Vec<Identity>) {
        if let Some(record) = self.state.runs.iter_mut().find(|r| r.run == run) {
            record.makers = makers_of(members.iter().chain([&record.leader]));
            record.members = members;
            self.change();
        }
    }

    /// Notes what a run has come to, for people who ask.
    pub(crate) fn note_phase(&mut self, run: RunId, phase: Phase) {
        if let Some(record) = self.state.runs.iter_mut().find(|r| r.run == run)
            && record.phase.replace(phase) != Some(phase)
        {
            self.change();
        }
    }

    /// Where it can be reached, for who takes it over.
    pub(crate) fn note_place(&mut self, run: RunId, port: Option<u16>, url: Option<&str>) {
        if let Some(record) = self.state.runs.iter_mut().find(|r| r.run == run)
            && record.leftovers != Leftovers::End
            && (record.port, record.url.as_deref()) != (port, url)
        {
            (record.port, record.url) = (port, url.map(ToOwned::to_owned));
            self.change();
        }
    }

    /// Who was seen in a run's tree when it became ready.
    pub(crate) fn members(&self, run: RunId) -> Vec<Identity> {
        let record = self.state.runs.iter().find(|r| r.run == run);
        record.map_or(Vec::new(), |r| r.members.clone())
    }

    /// Whether nobody has said yet that all of this run is gone.
    pub(crate) fn holds(&self, run: RunId) -> bool {
        self.state.runs.iter().any(|r| r.run == run)
    }

    pub(crate) fn forget(&mut self, run: RunId) {
        self.state.runs.retain(|r| r.run != run);
        self.change();
    }

    fn change(&mut self) {
        self.behind_since.get_or_insert_with(monotonic);
    }

    /// Writes what has changed. While there is more to do, not at once: each time the whole file
    /// is written, and a thousand sidecars that start together are a thousand changes.
    pub(crate) fn catch_up(&mut self, at_rest: bool) {
        let Some(since) = self.behind_since else {
            return;
        };
        if at_rest || monotonic().saturating_sub(since) >= BEHIND_LIMIT {
            self.save();
        }
    }

    fn save(&mut self) {
        self.behind_since = None;
        // Where it is refused for good, the engine is not to wait for it each time.
        let rename = if self.writable { replace } else { rename_once };
        match write_state(&self.path, &self.state, rename) {
            Ok(()) => self.writable = true,
            Err(e) => {
                // Reported once. The guardian still ends everything; only the sweep at the next
                // start would know less.
                if std::mem::replace(&mut self.writable, false) {
                    log::warn!("cannot write the state file {}: {e}", self.path.display());
                }
            }
        }
    }
}

fn rename_once(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)
}

/// Replaces the file atomically: a reader sees the old one or the new one, never a piece.
fn write_state(
    path: &Path,
    state: &State,
    rename: fn(&Path, &Path) -> io::Result<()>,
) -> io::Result<()> {
    let next = next(path);
    let write = || {
        let mut file = private(&next)?;
        file.set_len(0)?;
        file.write_all(&sealed(serde_json::to_vec(state)?))?;
        rename(&next, path)
    };
    write().inspect_err(|_| {
        let _ = fs::remove_file(&next); // Whatever became of it, nobody reads it.
    })
}

/// A state file while it is written.
fn next(path: &Path) -> PathBuf {
    path.with_extension("json.next")
}

impl Drop for Ledger {
    fn drop(&mut self) {
        self.catch_up(true);
        // With runs in it, it is what the next start needs. Without, it is litter.
        if self.state.runs.is_empty() {
            let _ = fs::remove_file(&self.path); // Never written, perhaps.
            let _ = fs::remove_file(&self.lock_path); // The next start clears it away otherwise.
            registry::leave(&self.state.instance);
        }
    }
}

fn lock_path(dir: &Path, instance: &str) -> PathBuf {
    dir.join(format!("{instance}.lock"))
}

/// Opens a file that only its owner may read: command lines and folders are in it.
fn private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    crate::sys::owner_only(&mut options);
    options.open(path)
}

#[cfg(test)]
#[path = "ledger_tests.rs"]
mod tests;
