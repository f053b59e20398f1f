//! The process table.

#[cfg(windows)]
mod commands;
#[cfg(not(target_os = "linux"))]
mod elsewhere;
#[cfg(target_os = "linux")]
mod linux;

use std::path::{Path, PathBuf};
use std::time::Instant;

#[cfg(not(target_os = "linux"))]
use elsewhere as system;
#[cfg(target_os = "linux")]
use linux as system;

use super::waiting::DEADLINE;

/// The name under which a guardian runs, where a process can have one of its own.
pub const GUARDIAN: &str = "sidecar-guard";
/// The name under which its standby runs.
pub const STANDBY: &str = "sidecar-standby";

/// One process that cannot be mistaken for another: its pid and its start time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// Its pid.
    pub pid: i32,
    start: u64,
}

impl Process {
    /// The process that has this pid now. A zombie is none.
    pub fn of(pid: i32) -> Option<Process> {
        let start = system::start_of(pid)?;
        Some(Process { pid, start })
    }

    /// A child of this test that nobody has waited for: it may have ended already.
    pub(super) fn of_child(pid: i32) -> Option<Process> {
        let start = system::birth_of(pid)?;
        Some(Process { pid, start })
    }

    /// Whether it still runs.
    pub fn lives(&self) -> bool {
        system::start_of(self.pid) == Some(self.start)
    }

    /// Its parent's pid.
    pub fn parent(&self) -> Option<i32> {
        system::parent_of(self.pid)
    }

    /// Its short name.
    pub fn name(&self) -> String {
        system::name_of(self.pid).unwrap_or_default()
    }

    /// Its command line, for messages.
    pub fn command(&self) -> String {
        system::command_of(self.pid).unwrap_or_default()
    }

    /// Whether its command line names this. On Windows that of one that shows none any more counts
    /// as it was, so that nobody is taken for gone who only cannot be read.
    pub(super) fn names(&self, text: &str) -> bool {
        #[cfg(windows)]
        let command = commands::of(self);
        #[cfg(unix)]
        let command = self.command();
        command.contains(text)
    }

    /// Its start time, in the unit of the engine's `Identity`.
    pub fn start(&self) -> u64 {
        self.start
    }

    /// The value of a variable in the environment that it was started with.
    #[cfg(unix)]
    pub fn variable(&self, name: &str) -> Option<String> {
        let environment = system::environment_of(self.pid)?;
        environment.iter().find_map(|entry| {
            let (found, value) = entry.split_once('=')?;
            (found == name).then(|| value.to_owned())
        })
    }

    /// Its executable, while it has one.
    pub fn executable(&self) -> Option<PathBuf> {
        system::executable_of(self.pid)
    }

    /// Whether it is a guardian, or on Windows a messenger. Only Linux gives it a name of its own;
    /// elsewhere it looks as its host does, which has to be known as another.
    pub fn is_guardian(&self) -> bool {
        if cfg!(target_os = "linux") {
            return self.name() == GUARDIAN;
        }
        let executable = self.executable();
        let name = executable.as_deref().and_then(Path::file_stem);
        name.is_some_and(|name| name == "fake-host" || name == "sidecar")
    }

    /// Sends a signal, unless it is gone.
    #[cfg(unix)]
    pub fn signal(&self, signal: i32) {
        if self.lives() {
            kill(self.pid, signal);
        }
    }

    /// Ends it at once, unless it is gone.
    pub fn kill(&self) {
        if self.lives() {
            system::kill(self.pid);
        }
    }

    /// All processes, in the table's order.
    pub fn all() -> Vec<Process> {
        system::pids().filter_map(Process::of).collect()
    }

    /// Its children.
    pub fn children(&self) -> Vec<Process> {
        Process::all()
            .into_iter()
            .filter(|p| p.parent() == Some(self.pid))
            .collect()
    }

    /// Waits for its end, on Linux seen by the kernel at once and not by looking again and again.
    pub fn wait(&self) {
        let ended = self.wait_until(Instant::now() + DEADLINE);
        assert!(
            ended,
            "process {} did not end: {}",
            self.pid,
            self.command()
        );
    }

    /// The same, until a time. Answers whether it has ended.
    pub fn wait_until(&self, end: Instant) -> bool {
        system::wait(self, end)
    }
}

/// Sends a signal; a process that is gone is none to fail about.
#[cfg(unix)]
pub fn kill(pid: i32, signal: i32) {
    assert!(pid > 1, "no test signals groups or init");
    // SAFETY: integers only; callers name processes of their own tests.
    unsafe { libc::kill(pid, signal) };
}

/// All processes of one test, but for ourselves: whose environment holds its mark.
#[cfg(unix)]
pub(super) fn processes_of(mark: &str, _folder: &Path) -> Vec<Process> {
    processes_marked(mark)
}

/// All processes of one test, but for ourselves: whose command lines name its folder. Under Wine, who
/// asks for the environment of a process that ends may wait for the answer for ever.
#[cfg(windows)]
pub(super) fn processes_of(_mark: &str, folder: &Path) -> Vec<Process> {
    let folder = folder.to_string_lossy();
    let me = std::process::id() as i32;
    let of_it = |p: &Process| p.pid != me && p.names(&folder);
    Process::all().into_iter().filter(of_it).collect()
}

/// All processes whose environment holds this entry, but for ourselves.
#[cfg(unix)]
pub fn processes_marked(entry: &str) -> Vec<Process> {
    processes_with(&[entry])
}

/// All processes whose environment holds all of these entries, but for ourselves. Who lives
/// for a moment only is found while it does: its environment is read at once.
#[cfg(unix)]
pub fn processes_with(entries: &[&str]) -> Vec<Process> {
    let me = std::process::id() as i32;
    let marked = |pid: i32| {
        let process = Process::of(pid)?;
        let holds = system::environment_holds(pid, entries);
        (pid != me && holds).then_some(process)
    };
    system::pids().filter_map(marked).collect()
}
