//! Limits of processes, set from outside while they run.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::ptr;
use std::thread;

use fake_host::testing::Process;

pub(crate) use libc::{RLIMIT_AS, RLIMIT_FSIZE, RLIMIT_NOFILE, RLIMIT_NPROC, RLIMIT_STACK};

/// What `RLIMIT_…` is of.
pub(crate) type Resource = libc::__rlimit_resource_t;

/// A limit that was set, to be given back.
pub(crate) struct Lowered {
    process: Process,
    resource: Resource,
    before: libc::rlimit,
}

/// Lowers a soft limit of a process.
pub(crate) fn lower(process: &Process, resource: Resource, to: u64) -> Lowered {
    let before = limit(process, resource, None);
    let new = libc::rlimit {
        rlim_cur: to,
        ..before
    };
    limit(process, resource, Some(new));
    Lowered {
        process: process.clone(),
        resource,
        before,
    }
}

impl Lowered {
    /// Gives it back. The process may have died of it, at any moment.
    pub(crate) fn restore(self) {
        if let Err(e) = try_limit(&self.process, self.resource, Some(self.before)) {
            assert!(!self.process.lives(), "prlimit: {e}");
        }
    }
}

/// Sets a limit and answers what it was.
fn limit(process: &Process, resource: Resource, new: Option<libc::rlimit>) -> libc::rlimit {
    try_limit(process, resource, new).unwrap_or_else(|e| panic!("prlimit: {e}"))
}

/// The same, as the process's own user: not even root may do it to others everywhere.
fn try_limit(
    process: &Process,
    resource: Resource,
    new: Option<libc::rlimit>,
) -> io::Result<libc::rlimit> {
    let Ok(owner) = fs::metadata(format!("/proc/{}", process.pid)).map(|it| it.uid()) else {
        return Err(io::Error::from_raw_os_error(libc::ESRCH));
    };
    let set = |user: Option<u32>| {
        let mut old = libc::rlimit {
            rlim_cur: 0,
            rlim_max: 0,
        };
        if let Some(user) = user {
            become_user(user);
        }
        let new = new.as_ref().map_or(ptr::null(), ptr::from_ref);
        // SAFETY: `new` is null or valid, `old` is valid to be written.
        let rc = unsafe { libc::prlimit(process.pid, resource, new, &raw mut old) };
        match rc {
            0 => Ok(old),
            _ => Err(io::Error::last_os_error()),
        }
    };
    // SAFETY: takes nothing, cannot fail.
    if owner == unsafe { libc::geteuid() } {
        return set(None);
    }
    // A thread of its own, whose user is nobody else's business and ends with it.
    thread::scope(|scope| {
        let other = scope.spawn(|| set(Some(owner)));
        other.join().expect("it has asked")
    })
}

/// Makes this thread, and no other, another user's: the plain system calls know threads only.
fn become_user(user: u32) {
    // SAFETY: integer arguments only.
    let group = unsafe { libc::syscall(libc::SYS_setresgid, user, user, user) };
    // SAFETY: as above.
    let own = unsafe { libc::syscall(libc::SYS_setresuid, user, user, user) };
    assert_eq!((group, own), (0, 0), "{}", io::Error::last_os_error());
}

/// How many descriptors a process has open.
pub(crate) fn descriptors(process: &Process) -> usize {
    fs::read_dir(format!("/proc/{}/fd", process.pid)).map_or(0, Iterator::count)
}

/// The number in a line of `/proc/PID/status`, in its own unit.
pub(crate) fn status(process: &Process, name: &str) -> u64 {
    let text = fs::read_to_string(format!("/proc/{}/status", process.pid)).unwrap_or_default();
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let number = line.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
    number.unwrap_or_else(|| panic!("no {name} of {}", process.pid))
}
