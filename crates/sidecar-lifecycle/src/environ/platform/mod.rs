//! What differs between systems, under the same names.

#[cfg(unix)]
mod processes;
#[cfg(unix)]
mod session;
#[cfg(windows)]
#[path = "session_windows.rs"]
mod session;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

pub(super) use session::run_in_session;
#[cfg(unix)]
pub(super) use unix::{
    create_private_dir, create_private_file, is_private, os_string_from_bytes, os_string_to_bytes,
};
#[cfg(windows)]
pub(super) use windows::{
    create_private_dir, create_private_file, is_private, os_string_from_bytes, os_string_to_bytes,
};

use std::ffi::{OsStr, OsString};
use std::path::Path;

use super::map::EnvMap;

/// A program to run in a session of its own.
#[derive(Debug)]
pub(super) struct Launch<'a> {
    /// The file to run.
    pub(super) program: &'a Path,
    /// What it is told its name is; the program's path if `None`.
    #[cfg_attr(windows, expect(dead_code, reason = "only a login shell is told it"))]
    pub(super) arg0: Option<&'a OsStr>,
    /// Its arguments.
    pub(super) args: &'a [OsString],
    /// Its folder.
    pub(super) cwd: &'a Path,
    /// Its whole environment: nothing is inherited beside it.
    pub(super) env: &'a EnvMap,
}

/// Why a session was over.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// The reader of its output had what it wanted.
    Satisfied,
    /// The output was closed first. Says how the leader ended.
    OutputClosed(String),
    /// The limit came first.
    TimedOut,
}

/// What a session left behind: never a process.
#[derive(Debug)]
pub(super) struct Outcome {
    /// Why it was over.
    pub(super) ended: Ended,
    /// The last part of what it wrote to stderr.
    pub(super) stderr: String,
}
