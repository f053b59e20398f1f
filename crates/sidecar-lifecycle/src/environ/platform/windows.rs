//! Windows: a started program has the user's environment, and profiles are private folders.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::path::Path;

/// Only what is text: unpaired surrogates do not occur in real environments.
pub(in crate::environ) fn os_string_to_bytes(text: &OsStr) -> Option<Vec<u8>> {
    text.to_str().map(|text| text.as_bytes().to_vec())
}

/// The reverse of [`os_string_to_bytes`].
pub(in crate::environ) fn os_string_from_bytes(bytes: Vec<u8>) -> Option<OsString> {
    String::from_utf8(bytes).ok().map(OsString::from)
}

/// A new file; the user's profile folder keeps others out.
pub(in crate::environ) fn create_private_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}

/// A folder with its parents; the user's profile folder keeps others out.
pub(in crate::environ) fn create_private_dir(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}

/// Access is the profile folder's business.
pub(in crate::environ) fn is_private(_metadata: &Metadata) -> bool {
    true
}
