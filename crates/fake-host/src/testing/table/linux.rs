//! Linux: `/proc` and pidfds, without the engine that is looked at.

use std::fs;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::path::PathBuf;
use std::time::Instant;

use super::Process;

/// Clock ticks since boot.
pub(super) fn birth_of(pid: i32) -> Option<u64> {
    stat(pid)?[19].parse().ok()
}

/// The same, and nothing for one that waits for its parent only. Its first thread is shown as a
/// zombie while others still end, and with them its ports and files.
pub(super) fn start_of(pid: i32) -> Option<u64> {
    let stat = stat(pid)?;
    let ended = stat[0] == "Z" || stat[0] == "X";
    let runs = !ended || stat[17].parse::<u32>().is_ok_and(|threads| threads > 1);
    runs.then(|| stat[19].parse().ok()).flatten()
}

pub(super) fn parent_of(pid: i32) -> Option<i32> {
    stat(pid)?[1].parse().ok()
}

pub(super) fn name_of(pid: i32) -> Option<String> {
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
    Some(name.trim_end().to_owned())
}

pub(super) fn command_of(pid: i32) -> Option<String> {
    let line = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    Some(String::from_utf8_lossy(&line).replace('\0', " "))
}

pub(super) fn environment_of(pid: i32) -> Option<Vec<String>> {
    let environ = fs::read(format!("/proc/{pid}/environ")).ok()?;
    let entries = environ.split(|&b| b == 0);
    Some(
        entries
            .map(|e| String::from_utf8_lossy(e).into_owned())
            .collect(),
    )
}

/// The same without a copy of each entry: an onlooker does this to every process, again and again.
pub(super) fn environment_holds(pid: i32, wanted: &[&str]) -> bool {
    fs::read(format!("/proc/{pid}/environ")).is_ok_and(|environ| {
        let found: Vec<&[u8]> = environ.split(|&b| b == 0).collect();
        wanted.iter().all(|entry| found.contains(&entry.as_bytes()))
    })
}

pub(super) fn executable_of(pid: i32) -> Option<PathBuf> {
    fs::read_link(format!("/proc/{pid}/exe")).ok()
}

/// Each pid when it is its turn.
pub(super) fn pids() -> impl Iterator<Item = i32> {
    let entries = fs::read_dir("/proc").expect("a process table");
    entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

pub(super) fn kill(pid: i32) {
    super::kill(pid, libc::SIGKILL);
}

pub(super) fn wait(process: &Process, end: Instant) -> bool {
    // SAFETY: integer arguments only.
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, process.pid, 0) };
    if fd < 0 {
        let why = io::Error::last_os_error();
        assert_eq!(why.raw_os_error(), Some(libc::ESRCH), "{why}");
        return true;
    }
    // SAFETY: the kernel just gave us this descriptor.
    let fd = unsafe { OwnedFd::from_raw_fd(fd as i32) };
    if !process.lives() {
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

/// Fields of `/proc/PID/stat` after the name: state, parent, …, threads at 17, start time at 19.
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
