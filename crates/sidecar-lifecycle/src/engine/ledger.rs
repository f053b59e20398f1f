//! The state file: which processes this instance has started, for the next one to find.

mod papers;

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use papers::{Papers, read_state, sealed};

use super::leftovers::Cleanup;
use crate::census::registry;
use crate::core::{Leftovers, Phase, RunId};
use crate::identity::Identity;
use crate::marker::Marker;
use crate::sys::monotonic;

/// Written into every file. A file with another number is left alone: its writer knew better.
const VERSION: u32 = 1;
/// Far longer than a start takes between making its lock file and naming it.
const STALE: Duration = Duration::from_mins(10);
/// Far longer than anybody looks at a lock.
const LOOKING: Duration = Duration::from_millis(200);

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
        fs::rename(&new, &ledger.lock_path).inspect_err(|_| {
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
        match write_state(&self.path, &self.state) {
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

/// Replaces the file atomically: a reader sees the old one or the new one, never a piece.
fn write_state(path: &Path, state: &State) -> io::Result<()> {
    let next = path.with_extension("json.next");
    let write = || {
        let mut file = private(&next)?;
        file.set_len(0)?;
        file.write_all(&sealed(serde_json::to_vec(state)?))?;
        fs::rename(&next, path)
    };
    write().inspect_err(|_| {
        let _ = fs::remove_file(&next); // Whatever became of it, nobody reads it.
    })
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

/// The state files of instances that are certainly dead: their locks could be taken.
pub(crate) fn dead_states(dir: &Path, app_id: &str) -> Vec<DeadState> {
    clear_stale(dir);
    instances(dir, "lock")
        .filter_map(|instance| dead_state(dir, app_id, &instance))
        .collect()
}

/// The same for one instance; nothing if it lives, or is not known here.
pub(crate) fn dead_state(dir: &Path, app_id: &str, instance: &str) -> Option<DeadState> {
    if !is_name(instance) {
        return None;
    }
    let path = dir.join(format!("{instance}.json"));
    let deadline = monotonic() + LOOKING;
    let lock = lock_file(&lock_path(dir, instance), || {
        // Whoever only looks holds a lock as well, for a moment. A dead host's must not be passed
        // over for that; a living host's is nobody's to wait for.
        let host = read_state(&path).whole().and_then(|state| state.host);
        let looked_at = host.is_some_and(|host| !host.is_alive()) && monotonic() < deadline;
        if looked_at {
            thread::sleep(LOOKING / 100);
        }
        looked_at
    })?;
    let state = match read_state(&path) {
        Papers::Whole(state) if state.app_id != app_id => return None,
        Papers::Foreign => return None,
        Papers::Whole(state) => Some(state).filter(|s| s.instance == instance),
        Papers::Damaged => None,
    };
    Some(DeadState {
        remains: Remains {
            instance: instance.to_owned(),
            state,
        },
        path,
        lock_path: lock_path(dir, instance),
        _lock: lock,
    })
}

/// The states of instances that live: somebody holds their locks. Our own is among them.
pub(crate) fn live_states(dir: &Path) -> Vec<State> {
    instances(dir, "lock")
        .filter(|instance| {
            let lock = File::open(lock_path(dir, instance));
            lock.is_ok_and(|l| matches!(l.try_lock_shared(), Err(TryLockError::WouldBlock)))
        })
        .filter_map(|instance| read_state(&dir.join(format!("{instance}.json"))).whole())
        .collect()
}

/// The states of all instances of this folder, dead or alive, as far as they can be read.
pub(crate) fn all_states(dir: &Path) -> Vec<State> {
    instances(dir, "lock")
        .filter_map(|instance| read_state(&dir.join(format!("{instance}.json"))).whole())
        .collect()
}

/// The instances that have a file with this ending.
fn instances(dir: &Path, ending: &str) -> impl Iterator<Item = String> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    entries.filter_map(move |entry| {
        let name = entry.file_name().into_string().ok()?;
        let instance = name.strip_suffix(ending)?.strip_suffix('.')?;
        Some(instance.to_owned())
    })
}

/// Removes what a start has left that was killed before its lock file had its name.
fn clear_stale(dir: &Path) {
    for instance in instances(dir, "new") {
        let new = dir.join(format!("{instance}.new"));
        let is_old = fs::metadata(&new)
            .and_then(|m| m.modified())
            .is_ok_and(|at| at.elapsed().is_ok_and(|age| age > STALE));
        if is_old && lock_file(&new, || false).is_some() {
            let _ = fs::remove_file(dir.join(format!("{instance}.json"))); // Perhaps never written.
            let _ = fs::remove_file(&new); // Looked at again at the next start otherwise.
        }
    }
}

/// What is known of a dead instance.
pub(crate) struct Remains {
    pub(crate) instance: String,
    /// Nothing when the file is missing or damaged: then only markers tell.
    pub(crate) state: Option<State>,
}

/// A dead instance's file, locked so that no second start sweeps it at the same time.
pub(crate) struct DeadState {
    pub(crate) remains: Remains,
    path: PathBuf,
    lock_path: PathBuf,
    _lock: File,
}

impl DeadState {
    /// Forgets the runs that are dealt with.
    pub(crate) fn retain(&mut self, keep: impl Fn(&RunRecord) -> bool) {
        let Some(state) = &mut self.remains.state else {
            return;
        };
        state.runs.retain(keep);
        if let Err(e) = write_state(&self.path, state) {
            log::warn!("cannot write the state file {}: {e}", self.path.display());
        }
    }

    /// Everything in it is dealt with.
    pub(crate) fn remove(self) {
        let _ = fs::remove_file(&self.path); // It may never have been written.
        let _ = fs::remove_file(&self.lock_path); // Looked at again at the next start otherwise.
        registry::leave(&self.remains.instance);
    }
}

/// Whether somebody holds an instance's lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lock {
    /// The instance itself, or a start that ends what it has left.
    Held,
    /// Nobody: the instance is dead.
    Free,
    /// There is no such file: nothing is left of the instance.
    Missing,
}

/// An instance for who only looks: its lock, let go at once, and its state.
pub(crate) fn look(dir: &Path, app_id: &str, instance: &str) -> (Lock, Remains) {
    let lock = match File::open(lock_path(dir, instance)).map(|f| f.try_lock_shared()) {
        Ok(Ok(())) => Lock::Free,
        Err(e) if e.kind() == io::ErrorKind::NotFound => Lock::Missing,
        // What cannot be asked is not known to be dead.
        Ok(Err(TryLockError::WouldBlock | TryLockError::Error(_))) | Err(_) => Lock::Held,
    };
    let state = read_state(&dir.join(format!("{instance}.json"))).whole();
    let state = state.filter(|s| s.app_id == app_id && s.instance == instance);
    let instance = instance.to_owned();
    (lock, Remains { instance, state })
}

/// Whether an instance has a lock file that nobody holds. An instance that is not known here is
/// not dead: nothing proves it.
pub(crate) fn is_dead(dir: &Path, instance: &str) -> bool {
    is_name(instance) && lock_file(&lock_path(dir, instance), || false).is_some()
}

/// A name may come from a process's environment: it must not be a path.
fn is_name(instance: &str) -> bool {
    instance.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// Takes a lock, and tries again as long as `again` says so while somebody else has it.
fn lock_file(path: &Path, mut again: impl FnMut() -> bool) -> Option<File> {
    let file = OpenOptions::new().read(true).write(true).open(path).ok()?;
    loop {
        match file.try_lock() {
            Ok(()) => return Some(file),
            Err(TryLockError::WouldBlock) if again() => {}
            Err(TryLockError::WouldBlock | TryLockError::Error(_)) => return None,
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
