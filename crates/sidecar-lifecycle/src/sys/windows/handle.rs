//! Open processes.

use std::io;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::time::Duration;

use windows_sys::Win32::Foundation::{FILETIME, HANDLE, WAIT_OBJECT_0, WAIT_TIMEOUT};
use windows_sys::Win32::System::Threading::{
    GetExitCodeProcess, GetProcessTimes, OpenProcess, PROCESS_ACCESS_RIGHTS, TerminateProcess,
    WaitForSingleObject,
};

/// A process that is held: while it is, its pid is not given to another.
pub(crate) struct Process(OwnedHandle);

impl From<OwnedHandle> for Process {
    fn from(handle: OwnedHandle) -> Process {
        Process(handle)
    }
}

impl Process {
    /// Opens a process with the given rights.
    pub(super) fn open(pid: u32, rights: PROCESS_ACCESS_RIGHTS) -> io::Result<Process> {
        // SAFETY: integer arguments only.
        let handle = unsafe { OpenProcess(rights, 0, pid) };
        if handle.is_null() {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the call just gave us this handle and nobody else owns it.
        Ok(Process(unsafe { OwnedHandle::from_raw_handle(handle) }))
    }

    /// For calls of the system.
    pub(super) fn raw(&self) -> HANDLE {
        self.0.as_raw_handle()
    }

    /// When it was created, in 100 ns since 1601.
    pub(crate) fn created(&self) -> io::Result<u64> {
        let mut times = [FILETIME {
            dwLowDateTime: 0,
            dwHighDateTime: 0,
        }; 4];
        let [created, exited, kernel, user] = &mut times;
        // SAFETY: the handle is open, and the pointers are to four FILETIMEs of ours.
        let ok = unsafe { GetProcessTimes(self.raw(), created, exited, kernel, user) };
        if ok == 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(u64::from(created.dwHighDateTime) << 32 | u64::from(created.dwLowDateTime))
    }

    /// Whether it still runs. Needs the right `PROCESS_SYNCHRONIZE`.
    pub(crate) fn runs(&self) -> bool {
        // SAFETY: the handle is open; a time-out of zero does not wait.
        unsafe { WaitForSingleObject(self.raw(), 0) == WAIT_TIMEOUT }
    }

    /// Waits for its end, or until this long has passed. Answers whether it has ended. Needs the
    /// right `PROCESS_SYNCHRONIZE`.
    pub(crate) fn wait(&self, limit: Duration) -> bool {
        let millis = u32::try_from(limit.as_millis()).unwrap_or(u32::MAX - 1);
        // SAFETY: the handle is open.
        unsafe { WaitForSingleObject(self.raw(), millis) == WAIT_OBJECT_0 }
    }

    /// What it ended with. Says something only once it does not run any more.
    pub(crate) fn exit_code(&self) -> io::Result<i32> {
        let mut code = 0;
        // SAFETY: the handle is open, and the pointer is to a number of ours.
        let ok = unsafe { GetExitCodeProcess(self.raw(), &raw mut code) };
        if ok == 0 {
            Err(io::Error::last_os_error())
        } else {
            Ok(code as i32)
        }
    }

    /// Ends it with exit code 1.
    pub(crate) fn terminate(&self) -> io::Result<()> {
        // SAFETY: the handle is open.
        let ok = unsafe { TerminateProcess(self.raw(), 1) };
        if ok == 0 {
            Err(io::Error::last_os_error())
        } else {
            Ok(())
        }
    }
}
