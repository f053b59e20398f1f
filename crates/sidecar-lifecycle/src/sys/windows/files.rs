//! Files and names: what std keeps in a platform's own traits.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::windows::ffi::OsStringExt;
use std::os::windows::fs::{FileExt, OpenOptionsExt};
use std::os::windows::io::AsRawHandle;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use windows_sys::Win32::Foundation::{ERROR_ACCESS_DENIED, ERROR_SHARING_VIOLATION};
use windows_sys::Win32::Storage::FileSystem::{
    BY_HANDLE_FILE_INFORMATION, GetFileInformationByHandle,
};
use windows_sys::Win32::System::SystemInformation::GetSystemDirectoryW;

/// Reads at an offset. It moves the file's own offset, which no caller relies on.
pub(crate) fn read_at(file: &File, buf: &mut [u8], offset: u64) -> io::Result<usize> {
    file.seek_read(buf, offset)
}

/// Writes at an offset. It moves the file's own offset, which no caller relies on.
pub(crate) fn write_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<usize> {
    file.seek_write(bytes, offset)
}

/// Opening with these options does not wait: here it never does.
pub(crate) fn never_wait(_options: &mut OpenOptions) {}

/// A file made with these options can be read by its owner only: on Windows it can anyway, since
/// it inherits the access list of its folder, and a user's data folder is closed to others.
pub(crate) fn owner_only(_options: &mut OpenOptions) {}

/// What two names of variables have in common that are one and the same: Windows compares names
/// without case, and in this order it wants them (`RtlCompareUnicodeString`, by capitals).
pub(crate) fn variable_key(name: &OsStr) -> OsString {
    // What is no text has no other case.
    let upper = name.to_str().map(|text| text.to_uppercase().into());
    upper.unwrap_or_else(|| name.to_ascii_uppercase())
}

/// `cmd.exe`, from the system's own folder: the PATH and the environment could name another one.
pub(crate) fn command_shell() -> io::Result<PathBuf> {
    let mut path = [0_u16; 512];
    // SAFETY: pointer and length describe `path`.
    let n = unsafe { GetSystemDirectoryW(path.as_mut_ptr(), path.len() as u32) } as usize;
    match path.get(..n) {
        None => Err(io::Error::other(
            "the system's folder has a name that is too long",
        )),
        Some([]) => Err(io::Error::last_os_error()),
        Some(path) => Ok(PathBuf::from(OsString::from_wide(path)).join("cmd.exe")),
    }
}

/// A folder that every engine of this user on this machine knows: the user's temporary one, which
/// is closed to others.
pub(crate) fn shared_folder() -> io::Result<PathBuf> {
    let folder = std::env::temp_dir().join("sidecar-lifecycle");
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// Whether this is the file that the path leads to. An error when that one cannot be looked at, or
/// is not there.
pub(crate) fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    // To look at a file without reading it is nobody else's business: no program's handle is in
    // the way, and this one is in nobody's.
    let named = OpenOptions::new().access_mode(0).open(path)?;
    Ok(file_id(file)? == file_id(&named)?)
}

/// What tells a file from all the others: the volume's number, and the file's on it.
fn file_id(file: &File) -> io::Result<(u32, u32, u32)> {
    let mut info = BY_HANDLE_FILE_INFORMATION::default();
    // SAFETY: the handle is open, and `info` can be written.
    if unsafe { GetFileInformationByHandle(file.as_raw_handle(), &raw mut info) } == 0 {
        return Err(io::Error::last_os_error());
    }
    Ok((
        info.dwVolumeSerialNumber,
        info.nFileIndexHigh,
        info.nFileIndexLow,
    ))
}

/// Leaves a lock file as it is: a file that is removed while it is open keeps its name, and nobody
/// can make another one.
pub(crate) fn discard_lock(_path: &Path) {}

/// How often a file is replaced before that counts as refused, and what lies between two attempts:
/// 200 ms in all.
const ATTEMPTS: u32 = 21;
const PAUSE: Duration = Duration::from_millis(10);

/// Renames a file, in place of another one if there is one. A virus scanner or an indexer may have
/// either open for a moment and refuse to share it: it is waited for, 200 ms at the most.
pub(crate) fn replace(from: &Path, to: &Path) -> io::Result<()> {
    insist(|| fs::rename(from, to), || thread::sleep(PAUSE))
}

/// Tries again what another program's handle may stand in the way of.
fn insist(mut attempt: impl FnMut() -> io::Result<()>, mut pause: impl FnMut()) -> io::Result<()> {
    for _ in 1..ATTEMPTS {
        match attempt() {
            Err(e) if is_in_use(&e) => pause(),
            other => return other,
        }
    }
    attempt()
}

/// Whether this may pass by itself. Access is denied for other reasons too, and which one it is,
/// Windows does not tell.
fn is_in_use(error: &io::Error) -> bool {
    let code = error.raw_os_error().map(|code| code as u32);
    matches!(code, Some(ERROR_ACCESS_DENIED | ERROR_SHARING_VIOLATION))
}

/// Whether this program can open what one look at a sidecar takes. Handles have no small limit.
pub(crate) fn has_descriptors() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// `FILE_SHARE_READ`: not to be written, removed or renamed meanwhile.
    const SHARE_READ: u32 = 1;

    /// As a virus scanner opens a file.
    fn unshared(path: &Path) -> File {
        let mut options = OpenOptions::new();
        options.read(true).share_mode(SHARE_READ);
        options.open(path).expect("it is there")
    }

    fn files() -> (tempfile::TempDir, PathBuf, PathBuf) {
        let dir = tempfile::tempdir().expect("a folder");
        let (new, old) = (dir.path().join("new"), dir.path().join("old"));
        fs::write(&new, "new").expect("writable");
        fs::write(&old, "old").expect("writable");
        (dir, new, old)
    }

    #[test]
    fn a_file_that_another_program_has_open_for_a_moment_is_replaced_all_the_same() {
        for scanned in ["old", "new"] {
            let (dir, new, old) = files();
            let file = unshared(&dir.path().join(scanned));
            let (refused, told) = mpsc::channel();
            let (closed, done) = mpsc::channel();
            let scanner = thread::spawn(move || {
                told.recv().expect("the first attempt is refused");
                drop(file);
                closed.send(()).expect("somebody waits for it");
            });
            let mut pauses = 0;
            let pause = || {
                pauses += 1;
                refused.send(()).expect("it listens");
                done.recv().expect("it closes the file");
            };
            insist(|| fs::rename(&new, &old), pause).expect("the second attempt does it");
            scanner.join().expect("no panic");
            assert_eq!(pauses, 1);
            assert_eq!(fs::read_to_string(&old).expect("there"), "new");
            assert!(!new.exists());
        }
    }

    #[test]
    fn a_file_that_stays_open_is_given_up_in_the_end_and_nothing_is_lost() {
        let (_dir, new, old) = files();
        let file = unshared(&old);
        let mut pauses = 0;
        let refused = insist(|| fs::rename(&new, &old), || pauses += 1).expect_err("in use");
        assert!(is_in_use(&refused), "{refused}");
        assert_eq!(pauses, ATTEMPTS - 1);
        drop(file);
        assert_eq!(fs::read_to_string(&old).expect("there"), "old");
        assert_eq!(fs::read_to_string(&new).expect("there"), "new");
        replace(&new, &old).expect("free by now");
    }

    #[test]
    fn what_cannot_pass_is_told_at_once() {
        let (dir, _, old) = files();
        let missing = dir.path().join("missing");
        let never = || panic!("there is nothing to wait for");
        let error = insist(|| fs::rename(&missing, &old), never).expect_err("not there");
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }
}
