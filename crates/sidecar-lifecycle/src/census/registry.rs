//! Where each engine's state file lies: apps keep theirs in folders of their own.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::engine::ledger::{self, Lock};

const PREFIX: &str = "instance-";
const SUFFIX: &str = ".json";

/// One instance, by the words of its engine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) app_id: String,
    pub(crate) instance: String,
    pub(crate) state_dir: PathBuf,
}

/// Writes down that this instance exists. Its state file and the lock are there already: whoever
/// finds an entry without them may remove it.
pub(crate) fn enter(instance: &str, app_id: &str, state_dir: &Path) -> io::Result<()> {
    let folder = crate::sys::shared_folder()?;
    clear(&folder);
    let entry = Entry {
        app_id: app_id.to_owned(),
        instance: instance.to_owned(),
        state_dir: std::path::absolute(state_dir)?,
    };
    write(&folder, &entry)
}

/// Takes it back. Without an entry there is nothing to take.
pub(crate) fn leave(instance: &str) {
    if let Ok(folder) = crate::sys::shared_folder() {
        let _ = fs::remove_file(file_of(&folder, instance)); // The next start removes it otherwise.
    }
}

/// Every instance that is written down in a folder.
pub(crate) fn entries(folder: &Path) -> Vec<Entry> {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    files
        .filter_map(|file| {
            let name = file.file_name().into_string().ok()?;
            let instance = name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?;
            let entry: Entry = serde_json::from_slice(&fs::read(file.path()).ok()?).ok()?;
            // The name becomes part of other paths.
            let is_name = instance.bytes().all(|b| b.is_ascii_alphanumeric());
            (is_name && entry.instance == instance).then_some(entry)
        })
        .collect()
}

/// Removes the entries of instances of which nothing is left: whoever removed their files was
/// killed in between, or somebody else did.
fn clear(folder: &Path) {
    for entry in entries(folder) {
        let (lock, _) = ledger::look(&entry.state_dir, &entry.app_id, &entry.instance);
        if lock == Lock::Missing {
            let _ = fs::remove_file(file_of(folder, &entry.instance)); // Somebody was faster.
        }
    }
}

/// In one step: a reader sees a whole entry or none.
fn write(folder: &Path, entry: &Entry) -> io::Result<()> {
    let new = folder.join(format!("{PREFIX}{}.new", entry.instance));
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    crate::sys::owner_only(&mut options);
    let mut file: File = options.open(&new)?;
    file.write_all(&serde_json::to_vec(entry)?)?;
    crate::sys::replace(&new, &file_of(folder, &entry.instance))
}

fn file_of(folder: &Path, instance: &str) -> PathBuf {
    folder.join(format!("{PREFIX}{instance}{SUFFIX}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(instance: &str, state_dir: &Path) -> Entry {
        Entry {
            app_id: "app".into(),
            instance: instance.into(),
            state_dir: state_dir.into(),
        }
    }

    #[test]
    fn entries_come_back_and_damaged_or_foreign_files_do_not() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &entry("one", Path::new("/state"))).unwrap();
        write(folder.path(), &entry("two", Path::new("/state"))).unwrap();
        fs::write(folder.path().join("port-5173.lock"), "").unwrap();
        fs::write(folder.path().join("instance-three.json"), "{").unwrap();
        fs::copy(
            folder.path().join("instance-one.json"),
            folder.path().join("instance-four.json"),
        )
        .unwrap();
        let mut found = entries(folder.path());
        found.sort_by(|a, b| a.instance.cmp(&b.instance));
        let state = Path::new("/state");
        assert_eq!(found, [entry("one", state), entry("two", state)]);
    }

    #[test]
    fn an_entry_whose_instance_has_no_files_is_litter_and_a_dead_ones_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let state = tempfile::tempdir().unwrap();
        fs::write(state.path().join("dead.lock"), "").unwrap();
        for instance in ["dead", "swept"] {
            write(folder.path(), &entry(instance, state.path())).unwrap();
        }
        clear(folder.path());
        assert_eq!(entries(folder.path()), [entry("dead", state.path())]);
    }

    #[test]
    #[cfg(unix)]
    fn only_its_owner_can_read_an_entry() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &entry("one", Path::new("/state"))).unwrap();
        let file = fs::metadata(file_of(folder.path(), "one")).unwrap();
        assert_eq!(file.permissions().mode() & 0o777, 0o600);
    }
}
