//! Unix.

use std::fs::{File, OpenOptions};
use std::io::{self, PipeWriter};
use std::os::fd::{AsFd, AsRawFd};
use std::process::{Child, Command};
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;

/// The signals that ask a server to end.
const ASKING: [libc::c_int; 3] = [libc::SIGTERM, libc::SIGINT, libc::SIGHUP];

/// Where [`note_signal`] writes; -1 until [`catch_asking_signals`] ran.
static SIGNAL_PIPE: AtomicI32 = AtomicI32::new(-1);

/// Makes this process deaf to SIGTERM, SIGINT and SIGHUP.
///
/// Children inherit this over `exec`, so the family is made first.
pub(crate) fn ignore_asking_signals() {
    for signal in ASKING {
        // SAFETY: SIG_IGN is a valid disposition for these three signals.
        unsafe { libc::signal(signal, libc::SIG_IGN) };
    }
}

/// Turns SIGTERM, SIGINT and SIGHUP into one byte each on `pipe`, which must
/// stay open for good.
///
/// The signal mask is left as it was found: a host that starts its children
/// with signals blocked has a bug, and this server must not hide it.
#[expect(clippy::unnecessary_wraps, reason = "one signature on every platform")]
pub(crate) fn catch_asking_signals(pipe: &PipeWriter) -> io::Result<()> {
    SIGNAL_PIPE.store(pipe.as_raw_fd(), Ordering::SeqCst);
    for signal in ASKING {
        // SAFETY: the handler only loads an atomic and calls `write`, both of
        // which are async-signal-safe.
        unsafe { libc::signal(signal, note_signal as *const () as libc::sighandler_t) };
    }
    Ok(())
}

extern "C" fn note_signal(_signal: libc::c_int) {
    let byte = 1_u8;
    // SAFETY: one byte from a live local; a failed write only loses a repeat.
    unsafe {
        libc::write(
            SIGNAL_PIPE.load(Ordering::SeqCst),
            (&raw const byte).cast(),
            1,
        )
    };
}

/// A standard stream, by a descriptor of its own.
pub(crate) fn own(stream: &impl AsFd) -> io::Result<File> {
    stream.as_fd().try_clone_to_owned().map(File::from)
}

/// Has the kernel end this process by SIGALRM after `life`.
pub(crate) fn limit_life(life: Duration) {
    let seconds = u32::try_from(life.as_secs().max(1)).unwrap_or(u32::MAX);
    // SAFETY: `alarm` takes any number and touches no memory.
    unsafe { libc::alarm(seconds) };
}

/// Takes on the program's owner as the real user too, by whom others judge whether they may signal
/// this process.
pub(crate) fn become_owner() -> io::Result<()> {
    // SAFETY: no arguments, no memory.
    let owner = unsafe { libc::geteuid() };
    // SAFETY: numbers only.
    if unsafe { libc::setreuid(owner, owner) } == -1 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

/// Starts a session of its own.
pub(crate) fn new_session() -> io::Result<()> {
    // SAFETY: no arguments, no memory.
    if unsafe { libc::setsid() } == -1 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

/// Starts somebody who is away by the session that was begun for it.
pub(crate) fn spawn_away(command: &mut Command) -> io::Result<Child> {
    command.spawn()
}

/// Forks this process, which must have one thread. True in the child.
pub(crate) fn fork() -> io::Result<bool> {
    // SAFETY: there is no other thread whose locks could be copied.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        pid => Ok(pid == 0),
    }
}

/// Ends this process at once, without what others have to do at its end.
pub(crate) fn leave() -> ! {
    // SAFETY: takes a number and does not return.
    unsafe { libc::_exit(0) }
}

/// Has the kernel reap all children by itself.
pub(crate) fn reap_nobody() {
    // SAFETY: SIG_IGN is a valid disposition for SIGCHLD.
    unsafe { libc::signal(libc::SIGCHLD, libc::SIG_IGN) };
}

/// Puts `/dev/null` in the place of stdin.
pub(crate) fn forget_stdin() -> io::Result<()> {
    let null = OpenOptions::new().read(true).open("/dev/null")?;
    // SAFETY: `null` is open, and nobody owns descriptor 0 in std.
    if unsafe { libc::dup2(null.as_raw_fd(), 0) } == -1 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

/// Closes every descriptor, the three standard ones too.
///
/// Only for a process that does nothing but live on afterwards.
pub(crate) fn close_all_descriptors() {
    // SAFETY: asks for a number.
    let limit = unsafe { libc::sysconf(libc::_SC_OPEN_MAX) };
    for fd in 0..limit.clamp(256, 1 << 16) as libc::c_int {
        // SAFETY: the caller owns no descriptor that it would use again.
        unsafe { libc::close(fd) };
    }
}

/// Dies by SIGABRT without leaving a core file in the project.
pub(crate) fn abort() -> ! {
    let none = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: `none` is a valid limit and lives through the call.
    unsafe { libc::setrlimit(libc::RLIMIT_CORE, &raw const none) };
    std::process::abort()
}
