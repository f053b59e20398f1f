//! macOS and Windows, by `sysinfo`. Who somebody is, the engine tells: `sysinfo` counts start times
//! in seconds, and pids come round faster.

use std::path::PathBuf;
use std::time::Instant;

use sidecar_lifecycle::identity::Identity;
use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System, UpdateKind};

use super::Process;
use crate::testing::waiting::within;

pub(super) fn birth_of(pid: i32) -> Option<u64> {
    Some(Identity::of(pid.try_into().ok()?)?.start)
}

/// Nothing for a zombie.
pub(super) fn start_of(pid: i32) -> Option<u64> {
    let identity = Identity::of(pid.try_into().ok()?)?;
    identity.is_alive().then_some(identity.start)
}

pub(super) fn parent_of(pid: i32) -> Option<i32> {
    let parent = look(pid, ProcessRefreshKind::nothing(), sysinfo::Process::parent)?;
    parent?.as_u32().try_into().ok()
}

pub(super) fn name_of(pid: i32) -> Option<String> {
    look(pid, ProcessRefreshKind::nothing(), |p| {
        p.name().to_string_lossy().into_owned()
    })
}

pub(super) fn command_of(pid: i32) -> Option<String> {
    let command = ProcessRefreshKind::nothing().with_cmd(UpdateKind::Always);
    look(pid, command, |p| {
        let words = p.cmd().iter().map(|word| word.to_string_lossy());
        words.collect::<Vec<_>>().join(" ")
    })
}

#[cfg(unix)]
pub(super) fn environment_of(pid: i32) -> Option<Vec<String>> {
    let environment = ProcessRefreshKind::nothing().with_environ(UpdateKind::Always);
    look(pid, environment, |p| {
        let entries = p.environ().iter().map(|entry| entry.to_string_lossy());
        entries.map(std::borrow::Cow::into_owned).collect()
    })
}

#[cfg(unix)]
pub(super) fn environment_holds(pid: i32, wanted: &[&str]) -> bool {
    environment_of(pid).is_some_and(|found| {
        let has = |entry: &&str| found.iter().any(|f| f == entry);
        wanted.iter().all(has)
    })
}

pub(super) fn executable_of(pid: i32) -> Option<PathBuf> {
    let executable = ProcessRefreshKind::nothing().with_exe(UpdateKind::Always);
    look(pid, executable, |p| p.exe().map(PathBuf::from))?
}

pub(super) fn pids() -> impl Iterator<Item = i32> {
    let mut system = System::new().expect("a process table");
    let bare = ProcessRefreshKind::nothing();
    system.refresh_processes_specifics(ProcessesToUpdate::All, true, bare);
    let pids = system.processes().keys().map(|pid| pid.as_u32());
    pids.filter_map(|pid| pid.try_into().ok())
        .collect::<Vec<i32>>()
        .into_iter()
}

#[cfg(unix)]
pub(super) fn kill(pid: i32) {
    super::kill(pid, libc::SIGKILL);
}

/// With the code that whoever is ended by his job has too.
#[cfg(windows)]
pub(super) fn kill(pid: i32) {
    use windows_sys::Win32::Foundation::CloseHandle;
    use windows_sys::Win32::System::Threading::{OpenProcess, PROCESS_TERMINATE, TerminateProcess};

    // SAFETY: asks for a handle that no child inherits.
    let process = unsafe { OpenProcess(PROCESS_TERMINATE, 0, pid.unsigned_abs()) };
    if process.is_null() {
        return; // It is gone.
    }
    // SAFETY: the handle is open. Who is ending already refuses, and ends.
    unsafe { TerminateProcess(process, 1) };
    // SAFETY: it is ours, and used no more.
    unsafe { CloseHandle(process) };
}

pub(super) fn wait(process: &Process, end: Instant) -> bool {
    let left = end.saturating_duration_since(Instant::now());
    within(left, || (!process.lives()).then_some(())).is_some()
}

/// Asks one process something, of which as much is read as `what` says.
fn look<T>(
    pid: i32,
    what: ProcessRefreshKind,
    ask: impl FnOnce(&sysinfo::Process) -> T,
) -> Option<T> {
    let mut system = System::new().ok()?;
    let pid = Pid::from_u32(pid.try_into().ok()?);
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), true, what);
    system.process(pid).map(ask)
}
