//! A terminal that can be closed.

use std::ffi::{CStr, OsStr};
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

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
    let mut name: [libc::c_char; 64] = [0; 64];
    // SAFETY: the descriptor is open, here and below.
    let granted = unsafe { libc::grantpt(fd) };
    // SAFETY: as above.
    let unlocked = unsafe { libc::unlockpt(fd) };
    // SAFETY: as above, and the buffer has the length that is told.
    let named = unsafe { libc::ptsname_r(fd, name.as_mut_ptr(), name.len()) };
    if granted != 0 || unlocked != 0 || named != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call above has written a C string.
    let name = unsafe { CStr::from_ptr(name.as_ptr()) };
    let path = OsStr::from_bytes(name.to_bytes());
    let slave = File::options()
        .read(true)
        .write(true)
        .custom_flags(libc::O_NOCTTY)
        .open(path)?;
    Ok((master, slave))
}

/// In the new process: a session of its own, whose terminal is stdin.
fn take_terminal() -> io::Result<()> {
    // SAFETY: takes no arguments.
    if unsafe { libc::setsid() } < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: integer arguments only.
    if unsafe { libc::ioctl(0, libc::TIOCSCTTY, 0) } < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}
