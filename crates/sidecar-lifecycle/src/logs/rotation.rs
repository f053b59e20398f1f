//! The files of a log: `web.log`, of this launch `web.log.1` and so on (the higher, the older), of
//! the last one `web.log.prev`, `web.log.prev.1` and so on.
//!
//! The guardian rotates, so nothing there may wait for a lock that another thread could have held
//! at its fork: renaming and opening by an absolute path do not, and for that of the folder, which is
//! the system's, it asks once.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use super::folder_lock::FolderLock;
use crate::sys;

/// How far a number may lie beyond one that is missing and still be found, at a launch.
const HOLE: u32 = 100;

/// A lower limit counts as this one: rotating takes a moment, also on a busy disk, and others wait
/// for it.
const LEAST: u64 = 64 * 1024;

/// How large a log may become, and how much of it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rotation {
    /// Bytes, from which on the next line begins another file. 0: never.
    pub(crate) limit: u64,
    /// Files kept besides the one that is written.
    pub(crate) files: u32,
}

impl Rotation {
    /// What a configuration says.
    pub(crate) fn new(limit: u64, files: u32) -> Rotation {
        let limit = if limit == 0 { 0 } else { limit.max(LEAST) };
        Rotation { limit, files }
    }

    /// Where the file is to be rotated, counted from its beginning.
    pub(crate) fn due(self, from: u64) -> u64 {
        match self.limit {
            0 => u64::MAX,
            limit => from.saturating_add(limit),
        }
    }

    /// Opens the log of a run, or begins it. The first one of a launch keeps the last launch's beside
    /// it: what cannot be kept is told beside the file.
    pub(crate) fn begin(self, path: &Path, first: bool) -> io::Result<(File, io::Result<()>)> {
        let _alone = FolderLock::wait(path);
        let kept = if first { self.set_aside(path) } else { Ok(()) };
        Ok((open(path)?, kept))
    }

    /// Moves the file at `path` to `.1`, and those before it up by one, and begins a new one. When
    /// that fails, `current` is still the file at `path`, or is not there any more.
    ///
    /// # Errors
    /// `WouldBlock` while somebody else begins or rotates a log of the same folder.
    pub(crate) fn turn(self, path: &Path, current: &File) -> io::Result<File> {
        // Who has lost its log to another launch loses it for good: it is not to be met at the lock
        // again and again, by the one whose log it is.
        if let Ok(false) = sys::is_at(current, path) {
            return Err(another_took_its_place());
        }
        self.turn_alone(FolderLock::attempt(path), path, current)
    }

    /// The same for who may wait, as long as [`Rotation::begin`] does.
    pub(crate) fn turn_or_wait(self, path: &Path, current: &File) -> io::Result<File> {
        self.turn_alone(FolderLock::wait(path), path, current)
    }

    fn turn_alone(self, lock: Option<FolderLock>, path: &Path, current: &File) -> io::Result<File> {
        let Some(_alone) = lock else {
            return Err(io::ErrorKind::WouldBlock.into());
        };
        let aside = numbered(path, 1);
        let is_there = match sys::is_at(current, path) {
            Ok(true) => {
                self.make_room(path)?;
                move_if_there(path, &aside)?
            }
            // By now it is the log of another launch, or of another program.
            Ok(false) => return Err(another_took_its_place()),
            // Somebody has removed it, maybe to make room: the next one shall be seen again.
            Err(e) if e.kind() == io::ErrorKind::NotFound => false,
            Err(e) => return Err(e),
        };
        match create(path) {
            Ok(file) => {
                if self.files == 0 && is_there {
                    let _ = fs::remove_file(&aside); // The next turn replaces it.
                }
                Ok(file)
            }
            Err(e) => {
                if is_there && e.kind() != io::ErrorKind::AlreadyExists {
                    let _ = fs::rename(&aside, path); // If not even that works, it stays `.1`.
                }
                Err(e)
            }
        }
    }

    /// Leaves `.1` free. Only as many are moved as stand in a row, and the last one is dropped.
    fn make_room(self, path: &Path) -> io::Result<()> {
        let mut free = 1;
        while free < self.files && fs::symlink_metadata(numbered(path, free)).is_ok() {
            free += 1;
        }
        // Removed first, not replaced: to replace a file, ext4 has all of the new one allocated on
        // the disk at once (auto_da_alloc), which takes longer than writing it into the cache did.
        if let Err(e) = fs::remove_file(numbered(path, free))
            && e.kind() != io::ErrorKind::NotFound
        {
            return Err(e);
        }
        for number in (1..free).rev() {
            move_if_there(&numbered(path, number), &numbered(path, number + 1))?;
        }
        Ok(())
    }

    /// Keeps the last launch's files under `.prev`, in place of those of the launch before. What
    /// cannot be moved is told by the first error, and the rest is moved all the same.
    fn set_aside(self, path: &Path) -> io::Result<()> {
        let prev = with_suffix(path, ".prev");
        let mut outcome = Ok(());
        for number in 1_u32.. {
            match move_if_there(&numbered(path, number), &numbered(&prev, number)) {
                Ok(true) => {}
                Ok(false) => {
                    let was_there = fs::remove_file(numbered(&prev, number)).is_ok();
                    if !was_there && number > self.files.min(HOLE) {
                        break;
                    }
                }
                Err(e) => {
                    outcome = outcome.and(Err(e));
                    if number > self.files {
                        break;
                    }
                }
            }
        }
        move_if_there(path, &prev)?;
        outcome
    }
}

fn another_took_its_place() -> io::Error {
    io::Error::other("another file has taken its place")
}

/// Renames a file, and answers whether it was there: whoever makes room by hand may remove any of
/// them at any moment.
fn move_if_there(from: &Path, to: &Path) -> io::Result<bool> {
    match fs::rename(from, to) {
        Ok(()) => Ok(true),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(e) => Err(e),
    }
}

/// `path` with a number behind its name.
pub(crate) fn numbered(path: &Path, number: u32) -> PathBuf {
    with_suffix(path, &format!(".{number}"))
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

/// Opens the log at `path` for the spawner, or begins it.
fn open(path: &Path) -> io::Result<File> {
    options().create(true).truncate(false).open(path)
}

/// The same for a sidecar that writes into it without a spawner in between: several may.
pub(crate) fn open_to_append(path: &Path) -> io::Result<File> {
    options().append(true).create(true).open(path)
}

fn create(path: &Path) -> io::Result<File> {
    options().create_new(true).open(path)
}

/// No append mode: splice(2) refuses it. Readable, to find line ends, and for the host.
fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    sys::owner_only(&mut options);
    sys::never_wait(&mut options);
    options
}

/// The file that `path` means, wherever links lead, as an absolute path: the spawner's working
/// folder is another one. Its folder is made.
///
/// # Errors
/// Says what is there when that is not a file. A pipe or a device keeps nothing that could be read
/// back, and would be renamed at the next launch.
pub(crate) fn locate(path: &Path) -> io::Result<PathBuf> {
    let path = std::path::absolute(path)?;
    match fs::metadata(&path) {
        Ok(found) if found.is_file() => match fs::canonicalize(&path) {
            // It has just been rotated away.
            Err(e) if e.kind() == io::ErrorKind::NotFound => in_its_folder(&path),
            found => found,
        },
        Ok(found) => {
            let kind = if found.is_dir() {
                "a folder"
            } else {
                "a pipe, a socket or a device"
            };
            let reason = format!("it is {kind}, and a log has to be an ordinary file");
            Err(io::Error::new(io::ErrorKind::InvalidInput, reason))
        }
        Err(_) => in_its_folder(&path),
    }
}

/// A file that is not there, by its folder, which is made.
fn in_its_folder(path: &Path) -> io::Result<PathBuf> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(io::ErrorKind::IsADirectory.into());
    };
    fs::create_dir_all(folder)?;
    Ok(fs::canonicalize(folder)?.join(name))
}

#[cfg(test)]
#[path = "rotation_tests.rs"]
mod tests;
