//! Files and names: what std keeps in a platform's own traits.

use std::ffi::{OsStr, OsString};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};

/// Reads at an offset, without moving the file's own.
pub(crate) fn read_at(file: &File, buf: &mut [u8], offset: u64) -> io::Result<usize> {
    file.read_at(buf, offset)
}

/// A file made with these options can be read by its owner only.
pub(crate) fn owner_only(options: &mut OpenOptions) {
    options.mode(0o600);
}

/// A variable's name in the one spelling under which an environment holds it: its own.
pub(crate) fn variable_name(name: &OsStr) -> OsString {
    name.to_owned()
}
