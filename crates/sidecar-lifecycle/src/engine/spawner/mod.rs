//! Starts and ends trees: through the guardian on Unix, in job objects on Windows. Both export
//! the same names.

use std::ffi::OsString;
use std::fs::File;
use std::path::PathBuf;
use std::time::Duration;

use crate::core::RunId;
use crate::identity::Identity;
use crate::logs::Rotation;
use crate::sys::Variables;

#[cfg(any(windows, test))]
mod command_line;
#[cfg(any(windows, test))]
mod path_form;
#[cfg(unix)]
#[path = "unix/mod.rs"]
mod platform;
#[cfg(windows)]
#[path = "windows/mod.rs"]
mod platform;

#[cfg(windows)]
pub(crate) use platform::to_run;
pub(crate) use platform::{OutputEnd, RawEnd, Spawner, read_pipes, write_stdin};

/// One spawn.
pub(crate) struct SpawnOrder {
    pub(crate) run: RunId,
    /// Absolute path.
    pub(crate) program: PathBuf,
    /// Its own name for itself, then its arguments.
    pub(crate) argv: Vec<OsString>,
    /// All of its environment, the marker among it.
    pub(crate) env: Variables,
    pub(crate) cwd: Option<PathBuf>,
    pub(crate) marker: String,
    pub(crate) stop_signal: i32,
    pub(crate) grace: Duration,
    /// The log file that its output goes into, at the end. `None`: pipes.
    pub(crate) log: Option<LogOrder>,
    /// Its stdout comes through a pipe in any case.
    pub(crate) raw_stdout: bool,
    /// It outlives its host, and writes into this file by itself.
    pub(crate) direct_log: Option<File>,
    pub(crate) silent_stdin: bool,
    pub(crate) keep: Vec<String>,
}

/// A tree that an earlier host has left.
pub(crate) struct TakeOverOrder {
    pub(crate) run: RunId,
    pub(crate) leader: Identity,
    pub(crate) members: Vec<Identity>,
    pub(crate) marker: String,
    pub(crate) stop_signal: i32,
    pub(crate) grace: Duration,
    pub(crate) keep: Vec<String>,
}

/// A log file.
pub(crate) struct LogOrder {
    pub(crate) file: File,
    /// Absolute, and by no links.
    pub(crate) path: PathBuf,
    pub(crate) rotation: Rotation,
}

/// What the host holds of a run's standard streams.
#[derive(Default)]
pub(crate) struct HostEnds {
    /// Write end of its stdin.
    pub(crate) stdin: Option<File>,
    /// Read ends of stdout and stderr, non-blocking, unless a log file takes them.
    pub(crate) output: [Option<OutputEnd>; 2],
}
