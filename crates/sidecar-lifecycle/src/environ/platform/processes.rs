//! Who is in a session, and ending them.

#[cfg(target_os = "linux")]
use std::fs;
use std::mem::MaybeUninit;

use libc::pid_t;

#[cfg(target_os = "linux")]
use crate::sys::process;

/// Sends SIGKILL to a process, or with a negative number to a group.
pub(super) fn kill(target: pid_t) {
    // SAFETY: kill takes two numbers. `target` is our unreaped leader's group, or a process seen
    // in our session a moment ago. A failure means that it is gone, which is what is wanted.
    let _ = unsafe { libc::kill(target, libc::SIGKILL) };
}

/// Whether our child has ended. Leaves it to be reaped later.
pub(super) fn has_exited(child: pid_t) -> bool {
    let mut info = MaybeUninit::<libc::siginfo_t>::zeroed();
    let options = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
    // SAFETY: `info` is a valid place for one siginfo_t.
    let result =
        unsafe { libc::waitid(libc::P_PID, child as libc::id_t, info.as_mut_ptr(), options) };
    // SAFETY: zero is a valid siginfo_t, and waitid writes a whole one.
    let info = unsafe { info.assume_init() };
    // With WNOHANG and nobody to report, waitid succeeds and leaves the signal number at zero.
    result == -1 || info.si_signo != 0
}

/// Live processes of the session, without its leader. An interactive shell may give each of its
/// children a group of its own, so that the leader's group is not all of them.
pub(super) fn members_of(session: pid_t) -> Vec<pid_t> {
    all_pids()
        .into_iter()
        .filter(|pid| *pid != session && session_of(*pid) == Some(session) && !is_zombie(*pid))
        .collect()
}

fn session_of(pid: pid_t) -> Option<pid_t> {
    // SAFETY: getsid takes a number; the result is checked.
    let session = unsafe { libc::getsid(pid) };
    (session != -1).then_some(session)
}

#[cfg(target_os = "linux")]
fn all_pids() -> Vec<pid_t> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect()
}

#[cfg(target_os = "linux")]
fn is_zombie(pid: pid_t) -> bool {
    process::process(pid.cast_unsigned()).is_some_and(|it| it.zombie)
}

#[cfg(target_vendor = "apple")]
fn all_pids() -> Vec<pid_t> {
    let mut pids: Vec<pid_t> = vec![0; 16 * 1024];
    let bytes = size_of_val(pids.as_slice()) as libc::c_int;
    // SAFETY: the pointer and the size describe one live buffer.
    let count = unsafe { libc::proc_listallpids(pids.as_mut_ptr().cast(), bytes) };
    pids.truncate(usize::try_from(count).unwrap_or(0));
    pids
}

/// `getsid` does not find zombies here.
#[cfg(target_vendor = "apple")]
fn is_zombie(_pid: pid_t) -> bool {
    false
}
