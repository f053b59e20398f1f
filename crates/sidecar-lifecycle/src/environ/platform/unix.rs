//! Unix: environment entries are bytes, and files have a mode.

use std::ffi::{OsStr, OsString};
use std::fs::{DirBuilder, File, Metadata, OpenOptions};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

/// The permission bits of everybody but the owner.
const GROUP_AND_OTHERS: u32 = 0o077;

/// The bytes of an environment entry.
#[expect(
    clippy::unnecessary_wraps,
    reason = "on Windows not all bytes are text"
)]
pub(in crate::environ) fn os_string_to_bytes(text: &OsStr) -> Option<Vec<u8>> {
    Some(text.as_bytes().to_vec())
}

/// The reverse of [`os_string_to_bytes`].
#[expect(
    clippy::unnecessary_wraps,
    reason = "on Windows not all bytes are text"
)]
pub(in crate::environ) fn os_string_from_bytes(bytes: Vec<u8>) -> Option<OsString> {
    Some(OsString::from_vec(bytes))
}

/// A new file that only its owner can read, from its first moment on.
pub(in crate::environ) fn create_private_file(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
}

/// A folder with its parents; those that are new are the owner's alone.
pub(in crate::environ) fn create_private_dir(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Whether nobody but this user can have written or read the file.
pub(in crate::environ) fn is_private(metadata: &Metadata) -> bool {
    // SAFETY: geteuid takes nothing and cannot fail.
    let me = unsafe { libc::geteuid() };
    metadata.uid() == me && metadata.mode() & GROUP_AND_OTHERS == 0
}
