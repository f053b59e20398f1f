//! A completion port: one place at which a thread waits for everything.

use std::io;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::ptr;
use std::time::Duration;

use windows_sys::Win32::Foundation::{HANDLE, INVALID_HANDLE_VALUE, WAIT_TIMEOUT};
use windows_sys::Win32::System::IO::{
    CreateIoCompletionPort, GetQueuedCompletionStatus, PostQueuedCompletionStatus,
};
use windows_sys::Win32::System::Threading::INFINITE;

/// An open port.
pub(crate) struct CompletionPort(OwnedHandle);

impl CompletionPort {
    pub(crate) fn new() -> io::Result<CompletionPort> {
        // SAFETY: no file and no port: makes a new one, for one thread.
        let handle = unsafe { CreateIoCompletionPort(INVALID_HANDLE_VALUE, ptr::null_mut(), 0, 1) };
        if handle.is_null() {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the call just gave us this handle and nobody else owns it.
        Ok(CompletionPort(unsafe {
            OwnedHandle::from_raw_handle(handle)
        }))
    }

    pub(super) fn raw(&self) -> HANDLE {
        self.0.as_raw_handle()
    }

    /// Puts a packet with this key into the port. Callable from any thread.
    pub(crate) fn post(&self, key: usize) -> io::Result<()> {
        // SAFETY: the handle is open, and no OVERLAPPED goes along.
        let ok = unsafe { PostQueuedCompletionStatus(self.raw(), 0, key, ptr::null()) };
        if ok == 0 {
            Err(io::Error::last_os_error())
        } else {
            Ok(())
        }
    }

    /// Waits for a packet and returns its key; `None` when the time is up first.
    pub(crate) fn wait(&self, limit: Option<Duration>) -> io::Result<Option<usize>> {
        // Rounded up: a deadline 0.3 ms away must not become a busy loop of zero time-outs.
        let ms = limit.map_or(INFINITE, |d| {
            u32::try_from(d.as_micros().div_ceil(1000)).unwrap_or(INFINITE - 1)
        });
        let (mut bytes, mut key, mut overlapped) = (0, 0, ptr::null_mut());
        // SAFETY: the handle is open and the pointers are to three values of ours. A job's packet
        // carries a pid where others carry a pointer: it is not looked at.
        let ok = unsafe {
            GetQueuedCompletionStatus(
                self.raw(),
                &raw mut bytes,
                &raw mut key,
                &raw mut overlapped,
                ms,
            )
        };
        if ok != 0 {
            return Ok(Some(key));
        }
        let e = io::Error::last_os_error();
        if e.raw_os_error() == Some(WAIT_TIMEOUT as i32) {
            Ok(None)
        } else {
            Err(e)
        }
    }
}
