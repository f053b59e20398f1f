//! A terminal that can be closed.

use std::ffi::{CStr, OsStr};
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

/// Our side of a terminal. Dropping it closes the terminal's window, so to speak.
#[derive(Debug)]
pub(super) struct Terminal {
    _master: OwnedFd,
}

/// Gives the command a terminal of its own as stdin, and makes it the leader of its session, as a
/// shell's jobs and terminals do.
pub(super) fn attach(command: &mut Command) -> io::Result<Terminal> {
    let (master, slave) = open()?;
    command.stdin(Stdio::from(slave));
    // SAFETY: `take_terminal` is async-signal-safe and allocates nothing.
    unsafe { command.pre_exec(take_terminal) };
    Ok(Terminal { _master: master })
}

/// Both sides of a new terminal, closed on exec from birth: a copy of ours in any other child of
/// this test would keep the terminal open.
fn open() -> io::Result<(OwnedFd, File)> {
    let flags = libc::O_RDWR | libc::O_NOCTTY | libc::O_CLOEXEC;
    // SAFETY: integer arguments only.
    let master = unsafe { libc::posix_openpt(flags) };
    if master < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel just gave us this descriptor.
    let master = unsafe { OwnedFd::from_raw_fd(master) };
    let fd = master.as_raw_fd();
    // SAFETY: the descriptor is open, here and below.
    let granted = unsafe { libc::grantpt(fd) };
    // SAFETY: as above.
    let unlocked = unsafe { libc::unlockpt(fd) };
    if granted != 0 || unlocked != 0 {
        return Err(io::Error::last_os_error());
    }
    let path = name_of(fd)?;
    let slave = File::options()
        .read(true)
        .write(true)
        .custom_flags(libc::O_NOCTTY)
        .open(path)?;
    Ok((master, slave))
}

/// The path of a terminal's other side.
fn name_of(master: RawFd) -> io::Result<PathBuf> {
    // The text lies in one place for all threads, and nobody else asks for it.
    static ASKING: Mutex<()> = Mutex::new(());
    let _asking = ASKING.lock().unwrap_or_else(PoisonError::into_inner);
    // SAFETY: the descriptor is open.
    let name = unsafe { libc::ptsname(master) };
    if name.is_null() {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call has written a C string, which the next one overwrites.
    let name = unsafe { CStr::from_ptr(name) };
    Ok(OsStr::from_bytes(name.to_bytes()).into())
}

const TAKE_TERMINAL: libc::c_ulong = libc::TIOCSCTTY as libc::c_ulong;

/// In the new process: a session of its own, whose terminal is stdin.
fn take_terminal() -> io::Result<()> {
    // SAFETY: takes no arguments.
    if unsafe { libc::setsid() } < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: integer arguments only.
    if unsafe { libc::ioctl(0, TAKE_TERMINAL, 0) } < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}
