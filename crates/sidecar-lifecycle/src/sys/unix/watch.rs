//! A descriptor that becomes readable when a process ends, be it our child or not.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

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
    let queue = queue()?;
    register(&queue, pid, libc::EV_ONESHOT, libc::NOTE_EXIT)?;
    Ok(queue)
}

#[cfg(target_os = "macos")]
fn queue() -> io::Result<OwnedFd> {
    // SAFETY: takes no arguments.
    let fd = check(unsafe { libc::kqueue() })?;
    // SAFETY: the kernel just gave us this descriptor.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

#[cfg(target_os = "macos")]
fn register(queue: &OwnedFd, pid: u32, flags: u16, notes: u32) -> io::Result<()> {
    let change = libc::kevent {
        ident: pid as libc::uintptr_t,
        filter: libc::EVFILT_PROC,
        flags: libc::EV_ADD | flags,
        fflags: notes,
        data: 0,
        udata: std::ptr::null_mut(),
    };
    // SAFETY: one change, no room for events, no time-out: the call only registers.
    check(unsafe {
        libc::kevent(
            queue.as_raw_fd(),
            &raw const change,
            1,
            std::ptr::null_mut(),
            0,
            std::ptr::null(),
        )
    })
    .map(drop)
}

/// A descriptor that becomes readable when one of some processes forks or ends: a kqueue.
#[cfg(target_os = "macos")]
pub(crate) struct Forks {
    queue: OwnedFd,
}

/// There is none, nor a need: here orphans come to us.
#[cfg(not(target_os = "macos"))]
pub(crate) enum Forks {}

#[cfg(target_os = "macos")]
impl Forks {
    pub(crate) fn new() -> Option<Forks> {
        queue().ok().map(|queue| Forks { queue })
    }

    /// Watches this process too. One that has ended needs no watch.
    pub(crate) fn add(&self, pid: u32) {
        let _ = register(
            &self.queue,
            pid,
            libc::EV_CLEAR,
            libc::NOTE_FORK | libc::NOTE_EXIT,
        );
    }

    /// Takes what was told. It names the parents alone, so that it is not looked at.
    pub(crate) fn drain(&self) {
        const ROOM: usize = 64;
        // SAFETY: a kevent is a C struct for which all zeroes is a valid value.
        let mut events: [libc::kevent; ROOM] = unsafe { std::mem::zeroed() };
        let at_once = libc::timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        loop {
            // SAFETY: no change; `events` has room for as many as are asked for.
            let n = unsafe {
                libc::kevent(
                    self.queue.as_raw_fd(),
                    std::ptr::null(),
                    0,
                    events.as_mut_ptr(),
                    ROOM as libc::c_int,
                    &raw const at_once,
                )
            };
            if usize::try_from(n).unwrap_or(0) < ROOM {
                return;
            }
        }
    }
}

#[cfg(target_os = "macos")]
impl AsRawFd for Forks {
    fn as_raw_fd(&self) -> RawFd {
        self.queue.as_raw_fd()
    }
}

#[cfg(not(target_os = "macos"))]
impl Forks {
    pub(crate) fn new() -> Option<Forks> {
        None
    }

    pub(crate) fn add(&self, _pid: u32) {
        match *self {}
    }

    pub(crate) fn drain(&self) {
        match *self {}
    }
}

#[cfg(not(target_os = "macos"))]
impl AsRawFd for Forks {
    fn as_raw_fd(&self) -> RawFd {
        match *self {}
    }
}
