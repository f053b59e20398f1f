//! A descriptor that becomes readable when a process ends, be it our child or not.

use std::io;
use std::os::fd::{FromRawFd, OwnedFd};

use super::fd::check;

/// Linux: a pidfd. An error says that the process is gone already or the kernel is too old (5.3).
#[cfg(target_os = "linux")]
pub(crate) fn process_end(pid: u32) -> io::Result<OwnedFd> {
    // SAFETY: integer arguments only; a pidfd is close-on-exec from birth.
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid as libc::pid_t, 0) };
    let fd = check(fd as libc::c_int)?;
    // SAFETY: the kernel just gave us this descriptor.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// macOS: a kqueue with one `NOTE_EXIT` in it.
#[cfg(target_os = "macos")]
pub(crate) fn process_end(pid: u32) -> io::Result<OwnedFd> {
    use std::os::fd::AsRawFd;
    use std::ptr;
    // SAFETY: takes no arguments.
    let fd = check(unsafe { libc::kqueue() })?;
    // SAFETY: the kernel just gave us this descriptor.
    let queue = unsafe { OwnedFd::from_raw_fd(fd) };
    let change = libc::kevent {
        ident: pid as libc::uintptr_t,
        filter: libc::EVFILT_PROC,
        flags: libc::EV_ADD | libc::EV_ONESHOT,
        fflags: libc::NOTE_EXIT,
        data: 0,
        udata: ptr::null_mut(),
    };
    // SAFETY: one change, no room for events, no time-out: the call only registers.
    check(unsafe {
        libc::kevent(
            queue.as_raw_fd(),
            &raw const change,
            1,
            ptr::null_mut(),
            0,
            ptr::null(),
        )
    })?;
    Ok(queue)
}
