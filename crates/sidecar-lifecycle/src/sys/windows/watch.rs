//! The end of a process as a packet at a completion port.

use std::ffi::c_void;
use std::io;
use std::ptr;
use std::sync::Arc;

use windows_sys::Win32::Foundation::{HANDLE, INVALID_HANDLE_VALUE};
use windows_sys::Win32::System::Threading::{
    INFINITE, RegisterWaitForSingleObject, UnregisterWaitEx, WT_EXECUTEINWAITTHREAD,
    WT_EXECUTEONLYONCE,
};

use super::completion::CompletionPort;
use super::handle::Process;

/// A wait that is under way. One thread of the system's serves 63 of them. Drop it before the
/// process's handle.
pub(crate) struct ExitWatch {
    wait: HANDLE,
    _bell: Box<Bell>,
}

/// Where to tell it.
struct Bell {
    port: Arc<CompletionPort>,
    key: usize,
}

// SAFETY: the handle of a wait belongs to the process, not to a thread, and `Bell` is Send.
unsafe impl Send for ExitWatch {}

impl ExitWatch {
    /// Posts `key` to `port` when the process has ended.
    pub(crate) fn new(
        process: &Process,
        port: Arc<CompletionPort>,
        key: usize,
    ) -> io::Result<ExitWatch> {
        let bell = Box::new(Bell { port, key });
        let mut wait = ptr::null_mut();
        // SAFETY: the handle may be waited for, and `bell` stays where it is until the wait is
        // unregistered, which waits for a call that is under way.
        let ok = unsafe {
            RegisterWaitForSingleObject(
                &raw mut wait,
                process.raw(),
                Some(ring),
                ptr::from_ref::<Bell>(&bell).cast(),
                INFINITE,
                WT_EXECUTEONLYONCE | WT_EXECUTEINWAITTHREAD,
            )
        };
        if ok == 0 {
            Err(io::Error::last_os_error())
        } else {
            Ok(ExitWatch { wait, _bell: bell })
        }
    }
}

unsafe extern "system" fn ring(bell: *mut c_void, _timed_out: bool) {
    // SAFETY: the pointer that was registered; its target lives as long as the wait.
    let bell = unsafe { &*bell.cast::<Bell>() };
    let _ = bell.port.post(bell.key); // Fails only without memory; an ending run is asked besides.
}

impl Drop for ExitWatch {
    fn drop(&mut self) {
        // SAFETY: a wait of ours, unregistered once. The second argument waits for a call that is
        // under way, so that `bell` is not freed below it.
        let _ = unsafe { UnregisterWaitEx(self.wait, INVALID_HANDLE_VALUE) };
    }
}
