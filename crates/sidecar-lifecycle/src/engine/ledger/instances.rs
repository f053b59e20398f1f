//! The files of all instances of a folder: who lives, who is dead, and what the dead have left.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use super::papers::{Papers, read_state};
use super::{RunRecord, State, lock_path, next, write_state};
use crate::census::registry;
use crate::sys::{monotonic, replace};

/// Far longer than a start takes between making its lock file and naming it.
pub(super) const STALE: Duration = Duration::from_mins(10);
/// Far longer than anybody looks at a lock.
const LOOKING: Duration = Duration::from_millis(200);

/// Longer than anybody looks at a lock, as a rule, and short for a loop that others wait for. A start
/// that sweeps the instance has its lock for much longer.
const GLANCE: Duration = Duration::from_millis(20);

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
    let lock = lock_of_the_dead(dir, instance, LOOKING)?;
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

/// An instance's lock, unless it lives. It is waited for as long as this while somebody has it.
fn lock_of_the_dead(dir: &Path, instance: &str, limit: Duration) -> Option<File> {
    let deadline = monotonic() + limit;
    lock_file(&lock_path(dir, instance), || {
        // Whoever only looks holds a lock as well, for a moment. A dead host's must not be passed
        // over for that; a living host's is nobody's to wait for.
        let state = read_state(&dir.join(format!("{instance}.json"))).whole();
        let host = state.and_then(|state| state.host);
        let looked_at = host.is_some_and(|host| !host.is_alive()) && monotonic() < deadline;
        if looked_at {
            thread::sleep(LOOKING / 100);
        }
        looked_at
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

/// Removes what a start has left that was killed before its lock file had its name, and what was
/// killed while it remembered its ports (`ports.PID.next`).
fn clear_stale(dir: &Path) {
    let is_old = |path: &Path| {
        let at = fs::metadata(path).and_then(|m| m.modified());
        at.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > STALE))
    };
    for name in instances(dir, "next").filter(|name| name.starts_with("ports.")) {
        let next = dir.join(format!("{name}.next"));
        if is_old(&next) {
            let _ = fs::remove_file(&next); // Looked at again at the next start otherwise.
        }
    }
    for instance in instances(dir, "new") {
        let new = dir.join(format!("{instance}.new"));
        if is_old(&new) && lock_file(&new, || false).is_some() {
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
        if let Err(e) = write_state(&self.path, state, replace) {
            log::warn!("cannot write the state file {}: {e}", self.path.display());
        }
    }

    /// Everything in it is dealt with.
    pub(crate) fn remove(self) {
        let _ = fs::remove_file(&self.path); // It may never have been written.
        let _ = fs::remove_file(next(&self.path)); // It died while it wrote, if this is there.
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
    is_name(instance) && lock_of_the_dead(dir, instance, GLANCE).is_some()
}

/// A name may come from a process's environment: it must not be a path.
fn is_name(instance: &str) -> bool {
    instance.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// Takes a lock, and tries again as long as `again` says so while somebody else has it.
pub(super) fn lock_file(path: &Path, mut again: impl FnMut() -> bool) -> Option<File> {
    let file = OpenOptions::new().read(true).write(true).open(path).ok()?;
    loop {
        match file.try_lock() {
            Ok(()) => return Some(file),
            Err(TryLockError::WouldBlock) if again() => {}
            Err(TryLockError::WouldBlock | TryLockError::Error(_)) => return None,
        }
    }
}
