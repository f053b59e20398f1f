//! Processes that are past all that they do themselves.

use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};

use windows_sys::Win32::Foundation::INVALID_HANDLE_VALUE;
use windows_sys::Win32::System::Diagnostics::ToolHelp::{
    CreateToolhelp32Snapshot, PROCESSENTRY32W, Process32FirstW, Process32NextW, TH32CS_SNAPPROCESS,
};

/// Whether a process with several threads has one at the most: its exit ends the others first, and
/// after that the system alone goes on.
pub(super) fn is_all_there_is(pid: i32) -> bool {
    threads_of(pid as u32).is_none_or(|threads| threads <= 1)
}

/// How many threads it has, if it is there.
fn threads_of(pid: u32) -> Option<u32> {
    // SAFETY: integer arguments only.
    let handle = unsafe { CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0) };
    assert!(handle != INVALID_HANDLE_VALUE, "no list of processes");
    // SAFETY: the call just gave us this handle and nobody else owns it.
    let snapshot = unsafe { OwnedHandle::from_raw_handle(handle) };
    let mut entry = PROCESSENTRY32W {
        dwSize: size_of::<PROCESSENTRY32W>() as u32,
        ..Default::default()
    };
    // SAFETY: the handle is a snapshot's, and the entry says its own size.
    let mut more = unsafe { Process32FirstW(snapshot.as_raw_handle(), &raw mut entry) };
    while more != 0 {
        if entry.th32ProcessID == pid {
            return Some(entry.cntThreads);
        }
        // SAFETY: as above.
        more = unsafe { Process32NextW(snapshot.as_raw_handle(), &raw mut entry) };
    }
    None
}
