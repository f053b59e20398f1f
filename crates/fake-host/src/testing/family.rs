//! The processes of one fake sidecar, by the file in which each writes its pid down.

use std::fs;
use std::path::{Path, PathBuf};

use super::table::Process;
use super::waiting::eventually;

/// A pidfile and what is in it.
#[derive(Debug, Clone)]
pub struct Family {
    file: PathBuf,
}

impl Family {
    /// The family that writes into this file.
    pub fn new(file: impl Into<PathBuf>) -> Family {
        Family { file: file.into() }
    }

    /// The file.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// All pids that were ever written, in order, with their roles.
    pub fn written(&self) -> Vec<(String, i32)> {
        let text = fs::read_to_string(&self.file).unwrap_or_default();
        // The last line may be half written.
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        let line = |line: &str| {
            let (role, pid) = line.split_once(' ')?;
            Some((role.to_owned(), pid.parse().ok()?))
        };
        whole.lines().filter_map(line).collect()
    }

    /// The living members. A pid that now belongs to another program is none.
    pub fn living(&self) -> Vec<Process> {
        let file = self.file.to_string_lossy();
        let ours = |p: &Process| p.names(&file);
        self.written()
            .into_iter()
            .filter_map(|(_, pid)| Process::of(pid))
            .filter(ours)
            .collect()
    }

    /// The living members of one role.
    pub fn living_as(&self, role: &str) -> Vec<Process> {
        let pids: Vec<i32> = self
            .written()
            .into_iter()
            .filter(|(r, _)| r == role)
            .map(|(_, pid)| pid)
            .collect();
        self.living()
            .into_iter()
            .filter(|p| pids.contains(&p.pid))
            .collect()
    }

    /// Waits until so many live.
    pub fn wait_for(&self, count: usize) -> Vec<Process> {
        eventually("the whole family is up", || self.living().len() >= count);
        self.living()
    }
}
