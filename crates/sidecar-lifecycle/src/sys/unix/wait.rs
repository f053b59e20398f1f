//! Ends of children: seen without reaping first, so that the pid stays pinned while its group is
//! swept.

use std::io;
use std::mem;

use super::fd::{check, retry};
use crate::core::ExitStatus;

/// How this child ended, without reaping it. `None` while it runs, or if it is not our child.
pub(crate) fn peek_exit(pid: u32) -> Option<ExitStatus> {
    // SAFETY: siginfo_t is a C struct for which all zeroes is a valid value.
    let mut info: libc::siginfo_t = unsafe { mem::zeroed() };
    let options = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
    retry(|| {
        // SAFETY: `info` is valid for the call to fill in.
        check(unsafe { libc::waitid(libc::P_PID, pid, &raw mut info, options) })
    })
    .ok()?;
    // SAFETY: si_pid is valid for the CLD_* codes that waitid reports; zero means "still runs".
    if unsafe { info.si_pid() } == 0 {
        return None;
    }
    // SAFETY: si_status is valid where si_pid is.
    let status = unsafe { info.si_status() };
    Some(if info.si_code == libc::CLD_EXITED {
        // macOS adds the highest byte of what was given to exit(3), which wait(2) never tells.
        ExitStatus::Code(status & 0xff)
    } else {
        ExitStatus::Signal(status)
    })
}

/// Reaps this child if it has ended. True if it was reaped now.
pub(crate) fn reap(pid: u32) -> bool {
    let mut status = 0;
    let got = retry(|| {
        // SAFETY: `status` is valid for the call to fill in.
        check(unsafe { libc::waitpid(pid as libc::pid_t, &raw mut status, libc::WNOHANG) })
    });
    matches!(got, Ok(p) if p > 0)
}

/// Waits until this child has ended and reaps it.
pub(crate) fn reap_blocking(pid: u32) -> io::Result<()> {
    let mut status = 0;
    retry(|| {
        // SAFETY: `status` is valid for the call to fill in.
        check(unsafe { libc::waitpid(pid as libc::pid_t, &raw mut status, 0) })
    })
    .map(drop)
}

/// Whether we have any child at all, dead or alive.
pub(crate) fn has_children() -> bool {
    peek_any().is_ok()
}

/// A child that has ended and was not reaped: the first of them, in the order of their births.
pub(crate) fn dead_child() -> Option<u32> {
    let info = peek_any().ok()?;
    // SAFETY: si_pid is valid for the CLD_* codes that waitid reports; zero means "all run".
    let pid = unsafe { info.si_pid() };
    u32::try_from(pid).ok().filter(|&pid| pid != 0)
}

/// What the kernel says first of any child that has ended. An error: there is no child.
fn peek_any() -> io::Result<libc::siginfo_t> {
    // SAFETY: siginfo_t is a C struct for which all zeroes is a valid value.
    let mut info: libc::siginfo_t = unsafe { mem::zeroed() };
    let options = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
    retry(|| {
        // SAFETY: `info` is valid for the call to fill in.
        check(unsafe { libc::waitid(libc::P_ALL, 0, &raw mut info, options) })
    })
    .map(|_| info)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is told of a child that does this at once.
    fn end_of(last_act: fn()) -> ExitStatus {
        // SAFETY: the child calls only async-signal-safe functions before it ends.
        let pid = check(unsafe { libc::fork() }).expect("a child");
        if pid == 0 {
            last_act();
            // SAFETY: as above.
            unsafe { libc::_exit(1) };
        }
        let pid = pid as u32;
        // SAFETY: siginfo_t is a C struct for which all zeroes is a valid value.
        let mut info: libc::siginfo_t = unsafe { mem::zeroed() };
        let options = libc::WEXITED | libc::WNOWAIT;
        retry(|| {
            // SAFETY: `info` is valid for the call to fill in.
            check(unsafe { libc::waitid(libc::P_PID, pid, &raw mut info, options) })
        })
        .expect("our child");
        let end = peek_exit(pid).expect("it has ended");
        assert!(reap(pid), "a look does not reap");
        end
    }

    #[test]
    fn an_exit_code_is_a_byte_and_a_signal_has_its_number() {
        // SAFETY: ends the child, without running anything of this program's.
        assert_eq!(end_of(|| unsafe { libc::_exit(-2) }), ExitStatus::Code(254));
        let by_signal = end_of(|| {
            // SAFETY: ends the child by a signal of its own.
            let _ = unsafe { libc::raise(libc::SIGKILL) };
        });
        assert_eq!(by_signal, ExitStatus::Signal(libc::SIGKILL));
    }
}
