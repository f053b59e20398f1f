//! Files and names: what std keeps in a platform's own traits.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::windows::ffi::OsStringExt;
use std::os::windows::fs::FileExt;
use std::path::{Path, PathBuf};

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

/// A variable's name in the one spelling under which an environment holds it: Windows compares
/// names without case, and `Path` beside `PATH` would be one variable twice.
pub(crate) fn variable_name(name: &OsStr) -> OsString {
    name.to_ascii_uppercase()
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

/// Whether this is the file that the path leads to: lock files are never removed here.
pub(crate) fn is_at(_file: &File, _path: &Path) -> bool {
    true
}

/// Leaves a lock file as it is: a file that is removed while it is open keeps its name, and nobody
/// can make another one.
pub(crate) fn discard_lock(_path: &Path) {}

/// Whether this program can open what one look at a sidecar takes. Handles have no small limit.
pub(crate) fn has_descriptors() -> bool {
    true
}
