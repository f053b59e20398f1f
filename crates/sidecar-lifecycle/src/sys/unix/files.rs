//! Files and names: what std keeps in a platform's own traits.

use std::ffi::{OsStr, OsString};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::fd::has_room;

/// Reads at an offset, without moving the file's own.
pub(crate) fn read_at(file: &File, buf: &mut [u8], offset: u64) -> io::Result<usize> {
    file.read_at(buf, offset)
}

/// Writes at an offset, without moving the file's own.
pub(crate) fn write_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<usize> {
    file.write_at(bytes, offset)
}

/// Opening with these options does not wait: that of a pipe would, for somebody at its other end.
pub(crate) fn never_wait(options: &mut OpenOptions) {
    options.custom_flags(libc::O_NONBLOCK);
}

/// A file made with these options can be read by its owner only.
pub(crate) fn owner_only(options: &mut OpenOptions) {
    options.mode(0o600);
}

/// What two names of variables have in common that are one and the same: all of it.
pub(crate) fn variable_key(name: &OsStr) -> OsString {
    name.to_owned()
}

/// A folder that every engine of this user on this machine knows, whatever its environment says.
/// Others can make one of this name first: it has to be ours alone.
pub(crate) fn shared_folder() -> io::Result<PathBuf> {
    // SAFETY: it has no failure and no argument.
    let user = unsafe { libc::geteuid() };
    let folder = PathBuf::from(format!("/tmp/sidecar-lifecycle-{user}"));
    match DirBuilder::new().mode(0o700).create(&folder) {
        Err(e) if e.kind() != io::ErrorKind::AlreadyExists => return Err(e),
        Ok(()) | Err(_) => {}
    }
    let found = fs::symlink_metadata(&folder)?;
    if !found.is_dir() || found.uid() != user || found.mode() & 0o022 != 0 {
        return Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            format!("{} belongs to somebody else: remove it", folder.display()),
        ));
    }
    Ok(folder)
}

/// Renames a file, in place of another one if there is one. Nobody who has it open is in the way.
pub(crate) fn replace(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)
}

/// Whether this is the file that the path leads to. An error when that one cannot be looked at, or
/// is not there.
pub(crate) fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let (open, named) = (file.metadata()?, fs::symlink_metadata(path)?);
    Ok(open.ino() == named.ino() && open.dev() == named.dev())
}

/// Whether this program can open what one look at a sidecar takes: a socket, and a few files.
pub(crate) fn has_descriptors() -> bool {
    has_room(4).is_ok()
}

/// Removes a lock file that is still held: nobody can lock what is not there.
pub(crate) fn discard_lock(path: &Path) {
    let _ = fs::remove_file(path); // An empty file that stays does no harm.
}
