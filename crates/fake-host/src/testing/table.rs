//! The process table.

use std::fs;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::path::PathBuf;
use std::time::Instant;

use super::waiting::DEADLINE;

/// One process that cannot be mistaken for another: its pid and its start time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// Its pid.
    pub pid: i32,
    start: String,
}

impl Process {
    /// The process that has this pid now. A zombie is none.
    pub fn of(pid: i32) -> Option<Process> {
        let stat = stat(pid)?;
        (stat[0] != "Z" && stat[0] != "X").then(|| Process {
            pid,
            start: stat[19].clone(),
        })
    }

    /// Whether it still runs.
    pub fn lives(&self) -> bool {
        Process::of(self.pid).as_ref() == Some(self)
    }

    /// Its parent's pid.
    pub fn parent(&self) -> Option<i32> {
        stat(self.pid)?[1].parse().ok()
    }

    /// Its short name.
    pub fn name(&self) -> String {
        let name = fs::read_to_string(format!("/proc/{}/comm", self.pid)).unwrap_or_default();
        name.trim_end().to_owned()
    }

    /// Its command line, for messages.
    pub fn command(&self) -> String {
        let line = fs::read(format!("/proc/{}/cmdline", self.pid)).unwrap_or_default();
        String::from_utf8_lossy(&line).replace('\0', " ")
    }

    /// Its start time, in clock ticks since boot.
    pub fn start(&self) -> u64 {
        self.start.parse().expect("a number")
    }

    /// The value of a variable in the environment that it was started with.
    pub fn variable(&self, name: &str) -> Option<String> {
        let environ = fs::read(format!("/proc/{}/environ", self.pid)).ok()?;
        environ.split(|&b| b == 0).find_map(|entry| {
            let entry = String::from_utf8_lossy(entry);
            let (found, value) = entry.split_once('=')?;
            (found == name).then(|| value.to_owned())
        })
    }

    /// Sends a signal, unless it is gone.
    pub fn signal(&self, signal: i32) {
        if self.lives() {
            kill(self.pid, signal);
        }
    }

    /// All processes, in the table's order, each looked at when it is its turn.
    fn each() -> impl Iterator<Item = Process> {
        let entries = fs::read_dir("/proc").expect("a process table");
        entries
            .flatten()
            .filter_map(|entry| Process::of(entry.file_name().to_str()?.parse().ok()?))
    }

    /// All processes, in the table's order.
    pub fn all() -> Vec<Process> {
        Process::each().collect()
    }

    /// Its children.
    pub fn children(&self) -> Vec<Process> {
        Process::all()
            .into_iter()
            .filter(|p| p.parent() == Some(self.pid))
            .collect()
    }

    /// Waits for its end, seen by the kernel at once and not by looking again and again.
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
        // SAFETY: integer arguments only.
        let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, self.pid, 0) };
        if fd < 0 {
            let why = io::Error::last_os_error();
            assert_eq!(why.raw_os_error(), Some(libc::ESRCH), "{why}");
            return true;
        }
        // SAFETY: the kernel just gave us this descriptor.
        let fd = unsafe { OwnedFd::from_raw_fd(fd as i32) };
        if !self.lives() {
            return true;
        }
        let mut poll = libc::pollfd {
            fd: fd.as_raw_fd(),
            events: libc::POLLIN,
            revents: 0,
        };
        let left = end.saturating_duration_since(Instant::now());
        // SAFETY: one valid entry that lives through the call.
        let ready = unsafe { libc::poll(&raw mut poll, 1, left.as_millis() as i32) };
        ready == 1
    }

    /// Its executable, while it has one.
    pub fn executable(&self) -> Option<PathBuf> {
        fs::read_link(format!("/proc/{}/exe", self.pid)).ok()
    }
}

/// Fields of `/proc/PID/stat` after the name: state, parent, …, start time at 19.
fn stat(pid: i32) -> Option<Vec<String>> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    Some(
        stat.rsplit_once(')')?
            .1
            .split_whitespace()
            .map(str::to_owned)
            .collect(),
    )
}

/// Sends a signal; a process that is gone is none to fail about.
pub fn kill(pid: i32, signal: i32) {
    assert!(pid > 1, "no test signals groups or init");
    // SAFETY: integers only; callers name processes of their own tests.
    unsafe { libc::kill(pid, signal) };
}

/// All processes whose environment holds this entry, but for ourselves.
pub fn processes_marked(entry: &str) -> Vec<Process> {
    processes_with(&[entry])
}

/// All processes whose environment holds all of these entries, but for ourselves. Who lives
/// for a moment only is found while it does: its environment is read at once.
pub fn processes_with(entries: &[&str]) -> Vec<Process> {
    let me = std::process::id() as i32;
    let marked = |p: &Process| {
        fs::read(format!("/proc/{}/environ", p.pid)).is_ok_and(|env| {
            let found: Vec<&[u8]> = env.split(|&b| b == 0).collect();
            entries.iter().all(|e| found.contains(&e.as_bytes()))
        })
    };
    Process::each()
        .filter(|p| p.pid != me && marked(p))
        .collect()
}
