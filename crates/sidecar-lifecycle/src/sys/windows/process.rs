//! Processes, by snapshot and by handle.

use std::ffi::OsString;
use std::io;
use std::os::windows::ffi::OsStringExt;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use windows_sys::Win32::Foundation::{ERROR_INVALID_PARAMETER, INVALID_HANDLE_VALUE};
use windows_sys::Win32::System::Diagnostics::ToolHelp::{
    CreateToolhelp32Snapshot, PROCESSENTRY32W, Process32FirstW, Process32NextW, TH32CS_SNAPPROCESS,
};
use windows_sys::Win32::System::ProcessStatus::{K32GetProcessMemoryInfo, PROCESS_MEMORY_COUNTERS};
use windows_sys::Win32::System::Threading::{
    PROCESS_NAME_WIN32, PROCESS_QUERY_LIMITED_INFORMATION, PROCESS_SYNCHRONIZE, PROCESS_TERMINATE,
    QueryFullProcessImageNameW,
};

use super::handle::Process;
use super::memory;
use crate::identity::{BootId, Identity, Signalled};
use crate::sys::ProcessFacts;
use crate::sys::facts::{Lineage, for_people};

/// Who a process is and who has made it: not told here.
pub(crate) fn lineage_of(_pid: u32) -> Option<Lineage> {
    None
}

/// Whether who begins later has a larger start. By the wall clock, and mostly right; parents are not.
pub(crate) const STARTS_ARE_ORDERED: bool = true;

/// Whether [`ProcessFacts::pty`] is told. There are no such terminals.
pub(crate) const TELLS_TERMINALS: bool = false;

/// From 1601, where Windows counts from, to 1970, in 100 ns.
const EPOCH_1601: u64 = 116_444_736_000_000_000;

/// A constant: start times are absolute here, so that none of them comes twice.
#[expect(clippy::unnecessary_wraps, reason = "the other platforms may not know")]
pub(crate) fn boot_id() -> Option<BootId> {
    Some(BootId("windows".to_owned()))
}

/// The identity of a process.
pub(crate) fn identity_of(pid: u32) -> Option<Identity> {
    Some(Identity {
        pid,
        start: created(pid)?,
        boot: boot_id()?,
    })
}

/// Whether this very process runs.
pub(crate) fn is_alive(identity: &Identity) -> bool {
    let rights = PROCESS_QUERY_LIMITED_INFORMATION | PROCESS_SYNCHRONIZE;
    Process::open(identity.pid, rights).is_ok_and(|process| is(&process, identity))
}

fn is(process: &Process, identity: &Identity) -> bool {
    boot_id().as_ref() == Some(&identity.boot)
        && process
            .created()
            .is_ok_and(|created| created == identity.start)
        && process.runs()
}

/// The process alone: here only the whole table tells descendants. Empty when it is gone.
pub(crate) fn descendants(root: &Identity) -> Vec<u32> {
    if is_alive(root) {
        vec![root.pid]
    } else {
        Vec::new()
    }
}

/// The pid of every process.
pub(crate) fn pids() -> Vec<u32> {
    all_processes().into_iter().map(|facts| facts.pid).collect()
}

/// Every process.
pub(crate) fn all_processes() -> Vec<ProcessFacts> {
    snapshot(|_| true)
}

/// One process.
pub(crate) fn process(pid: u32) -> Option<ProcessFacts> {
    snapshot(|entry| entry.th32ProcessID == pid).pop()
}

fn snapshot(wanted: impl Fn(&PROCESSENTRY32W) -> bool) -> Vec<ProcessFacts> {
    let mut found = Vec::new();
    // SAFETY: integer arguments only.
    let handle = unsafe { CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0) };
    if handle == INVALID_HANDLE_VALUE {
        return found;
    }
    // SAFETY: the call just gave us this handle and nobody else owns it.
    let snapshot = unsafe { OwnedHandle::from_raw_handle(handle) };
    let mut entry = PROCESSENTRY32W {
        dwSize: size_of::<PROCESSENTRY32W>() as u32,
        ..Default::default()
    };
    // SAFETY: the handle is a snapshot's, and the entry says its own size.
    let mut more = unsafe { Process32FirstW(snapshot.as_raw_handle(), &raw mut entry) };
    while more != 0 {
        if wanted(&entry) {
            found.push(facts(&entry));
        }
        // SAFETY: as above.
        more = unsafe { Process32NextW(snapshot.as_raw_handle(), &raw mut entry) };
    }
    found
}

fn facts(entry: &PROCESSENTRY32W) -> ProcessFacts {
    let pid = entry.th32ProcessID;
    let name = entry
        .szExeFile
        .split(|&unit| unit == 0)
        .next()
        .unwrap_or_default();
    ProcessFacts {
        pid,
        ppid: entry.th32ParentProcessID,
        pgid: pid,
        sid: 0,
        tty: false,
        pty: None,
        // Unreadable for the system's own processes; 0 equals no identity's start.
        start: created(pid).unwrap_or(0),
        zombie: false,
        lineage: None,
        comm: String::from_utf16_lossy(name),
    }
}

fn created(pid: u32) -> Option<u64> {
    Process::open(pid, PROCESS_QUERY_LIMITED_INFORMATION)
        .ok()?
        .created()
        .ok()
}

/// The program's file.
pub(crate) fn exe_of(pid: u32) -> Option<PathBuf> {
    let process = Process::open(pid, PROCESS_QUERY_LIMITED_INFORMATION).ok()?;
    // The longest path that Windows knows.
    let mut path = vec![0_u16; 32_768];
    let mut length = path.len() as u32;
    // SAFETY: the handle is open, pointer and length describe `path`.
    let ok = unsafe {
        QueryFullProcessImageNameW(
            process.raw(),
            PROCESS_NAME_WIN32,
            path.as_mut_ptr(),
            &raw mut length,
        )
    };
    let path = path.get(..length as usize).filter(|_| ok != 0)?;
    Some(PathBuf::from(OsString::from_wide(path)))
}

/// The working directory, as the process itself keeps it.
pub(crate) fn cwd_of(pid: u32) -> Option<PathBuf> {
    let path = memory::working_directory(pid)?;
    let text = OsString::from_wide(&path);
    // It is kept with a separator at its end, which nobody writes: as parts, it has none.
    (!text.is_empty()).then(|| Path::new(&text).components().collect())
}

/// Windows has no numbers for users.
pub(crate) fn uid_of(_pid: u32) -> Option<u32> {
    None
}

/// The command line, for people.
pub(crate) fn command_line(pid: u32) -> Option<String> {
    let line = for_people(&String::from_utf16_lossy(&memory::command_line(pid)?));
    (!line.is_empty()).then_some(line)
}

/// The value of a variable, as the process has it now. Nothing when unset or unreadable.
pub(crate) fn environ_var(pid: u32, name: &str) -> Option<Vec<u8>> {
    let block = memory::environment(pid)?;
    block.split(|&unit| unit == 0).find_map(|entry| {
        let entry = String::from_utf16(entry).ok()?;
        let (key, value) = entry.split_once('=')?;
        key.eq_ignore_ascii_case(name)
            .then(|| value.as_bytes().to_vec())
    })
}

/// The memory of a process in bytes: its working set.
pub(crate) fn memory_of(pid: u32) -> Option<u64> {
    let process = Process::open(pid, PROCESS_QUERY_LIMITED_INFORMATION).ok()?;
    let mut counters = PROCESS_MEMORY_COUNTERS::default();
    let size = size_of::<PROCESS_MEMORY_COUNTERS>() as u32;
    // SAFETY: the handle is open, and `size` is that of `counters`.
    let ok = unsafe { K32GetProcessMemoryInfo(process.raw(), &raw mut counters, size) };
    (ok != 0).then_some(counters.WorkingSetSize as u64)
}

/// When the process started.
pub(crate) fn started_at(pid: u32) -> Option<SystemTime> {
    let since_1970 = created(pid)?.checked_sub(EPOCH_1601)?;
    UNIX_EPOCH.checked_add(Duration::from_nanos(since_1970.checked_mul(100)?))
}

/// Terminates this very process; 0 only asks whether that would be possible.
///
/// The handle pins the process first, then its creation time is compared.
pub(crate) fn signal(identity: &Identity, signal: i32) -> io::Result<Signalled> {
    let rights = PROCESS_TERMINATE | PROCESS_QUERY_LIMITED_INFORMATION | PROCESS_SYNCHRONIZE;
    let process = match Process::open(identity.pid, rights) {
        Ok(process) => process,
        // What Windows says of a pid that nobody has.
        Err(e) if e.raw_os_error() == Some(ERROR_INVALID_PARAMETER as i32) => {
            return Ok(Signalled::Gone);
        }
        Err(e) => return Err(e),
    };
    if !is(&process, identity) {
        return Ok(Signalled::Gone);
    }
    if signal != 0 {
        match process.terminate() {
            // One that is ending already denies access.
            Err(_) if !process.runs() => return Ok(Signalled::Gone),
            other => other?,
        }
    }
    Ok(Signalled::Sent)
}

/// Whether this process has the master of this pseudoterminal open. There are none here.
pub(crate) fn holds_master(_pid: u32, _pty: u32) -> bool {
    false
}

#[cfg(test)]
mod tests;
