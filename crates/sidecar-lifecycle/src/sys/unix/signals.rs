//! Signals as something that can be read, instead of something that interrupts.

use std::io::{self, Read};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicI32, Ordering};
use std::{fs::File, mem, ptr, thread};

use super::fd::{check, pipe, set_nonblocking};
use crate::termination::Termination;

/// Asks a process to end.
pub(crate) const STOP_SIGNAL: i32 = libc::SIGTERM;
/// Ends a process.
pub(crate) const KILL_SIGNAL: i32 = libc::SIGKILL;

/// Write end of the pipe that the handler writes to. One per process: handlers are per process.
static WRITE_END: AtomicI32 = AtomicI32::new(-1);

/// The only handler: one byte with the signal's number. write(2) is async-signal-safe, and errno
/// is put back because the interrupted code may be about to read it.
extern "C" fn handler(signal: libc::c_int) {
    let fd = WRITE_END.load(Ordering::Relaxed);
    let byte = signal as u8;
    #[cfg(target_os = "linux")]
    // SAFETY: returns this thread's errno slot.
    let errno = unsafe { libc::__errno_location() };
    #[cfg(target_os = "macos")]
    // SAFETY: returns this thread's errno slot.
    let errno = unsafe { libc::__error() };
    // SAFETY: the slot is valid for as long as the thread.
    let saved = unsafe { *errno };
    // SAFETY: writes one byte from the stack. A full pipe loses it, which is fine: what is in
    // the pipe already wakes the reader.
    let _ = unsafe { libc::write(fd, ptr::from_ref(&byte).cast(), 1) };
    // SAFETY: as above.
    unsafe { *errno = saved };
}

/// The read end. Signals that were asked for arrive here as bytes.
pub(crate) struct SignalPipe {
    file: File,
    _write: OwnedFd,
}

impl SignalPipe {
    /// Catches these signals from now on, for the whole process.
    pub(crate) fn catch(signals: &[i32]) -> io::Result<SignalPipe> {
        let (read, write) = pipe()?;
        set_nonblocking(&write)?;
        WRITE_END.store(write.as_raw_fd(), Ordering::Relaxed);
        for &signal in signals {
            set_action(signal, handler as *const () as libc::sighandler_t)?;
        }
        Ok(SignalPipe {
            file: File::from(read),
            _write: write,
        })
    }

    pub(crate) fn raw_fd(&self) -> RawFd {
        self.file.as_raw_fd()
    }

    /// Waits for the next signal.
    pub(crate) fn next(&mut self) -> io::Result<i32> {
        let mut byte = [0];
        self.file.read_exact(&mut byte)?;
        Ok(i32::from(byte[0]))
    }

    /// Empties the pipe without waiting, for a reader that only wants to know "something".
    pub(crate) fn drain(&mut self) {
        let mut buf = [0; 256];
        while matches!(self.file.read(&mut buf), Ok(n) if n == buf.len()) {}
    }

    pub(crate) fn set_nonblocking(&self) -> io::Result<()> {
        set_nonblocking(&self.file)
    }
}

/// Hands every request to end this program to `on`, on a thread of its own.
pub(crate) fn on_termination(mut on: impl FnMut(Termination) + Send + 'static) -> io::Result<()> {
    const REQUESTS: [i32; 3] = [libc::SIGTERM, libc::SIGINT, libc::SIGHUP];
    let mut requests = SignalPipe::catch(&REQUESTS)?;
    thread::Builder::new()
        .name("termination".into())
        .stack_size(128 * 1024)
        .spawn(move || {
            unblock(&REQUESTS);
            let mut count = 0;
            while let Ok(signal) = requests.next() {
                count += 1;
                on(Termination { signal, count });
            }
        })?;
    Ok(())
}

/// A signal's name, for people.
pub(crate) fn signal_name(signal: i32) -> &'static str {
    match signal {
        libc::SIGTERM => "SIGTERM",
        libc::SIGINT => "SIGINT",
        libc::SIGHUP => "SIGHUP",
        libc::SIGKILL => "SIGKILL",
        libc::SIGQUIT => "SIGQUIT",
        libc::SIGABRT => "SIGABRT",
        libc::SIGSEGV => "SIGSEGV",
        libc::SIGBUS => "SIGBUS",
        libc::SIGILL => "SIGILL",
        libc::SIGFPE => "SIGFPE",
        libc::SIGPIPE => "SIGPIPE",
        libc::SIGUSR1 => "SIGUSR1",
        libc::SIGUSR2 => "SIGUSR2",
        _ => "a signal",
    }
}

/// The signal of a name without `SIG`, of those that programs take as a wish to end.
pub(crate) fn signal_named(name: &str) -> Option<i32> {
    Some(match name {
        "HUP" => libc::SIGHUP,
        "INT" => libc::SIGINT,
        "QUIT" => libc::SIGQUIT,
        "KILL" => libc::SIGKILL,
        "USR1" => libc::SIGUSR1,
        "USR2" => libc::SIGUSR2,
        "ALRM" => libc::SIGALRM,
        "TERM" => libc::SIGTERM,
        "WINCH" => libc::SIGWINCH,
        _ => return None,
    })
}

/// Sets the disposition of a signal: a handler, `SIG_DFL` or `SIG_IGN`.
pub(crate) fn set_action(signal: i32, action: libc::sighandler_t) -> io::Result<()> {
    // SAFETY: sigaction is a C struct for which all zeroes is a valid value (empty mask).
    let mut sa: libc::sigaction = unsafe { mem::zeroed() };
    sa.sa_sigaction = action;
    sa.sa_flags = libc::SA_RESTART;
    // SAFETY: `sa` is initialised; the old action is not asked for.
    check(unsafe { libc::sigaction(signal, &raw const sa, ptr::null_mut()) }).map(drop)
}

/// Has this thread's writes fail where they would bring a signal: past the limit on a file's size
/// (`ulimit -f`) SIGXFSZ ends the program, whatever the write was for.
pub(crate) fn errors_not_signals() {
    // SAFETY: sigset_t is plain data.
    let mut set: libc::sigset_t = unsafe { mem::zeroed() };
    // SAFETY: `set` is valid for the call to fill in.
    unsafe { libc::sigemptyset(&raw mut set) };
    // SAFETY: the set is initialised.
    unsafe { libc::sigaddset(&raw mut set, libc::SIGXFSZ) };
    // SAFETY: the set is valid and the old one is not asked for.
    unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &raw const set, ptr::null_mut()) };
}

/// Blocks every signal in this thread and returns the mask before.
pub(crate) fn block_all() -> libc::sigset_t {
    // SAFETY: sigset_t is plain data.
    let mut all: libc::sigset_t = unsafe { mem::zeroed() };
    // SAFETY: as above.
    let mut old: libc::sigset_t = unsafe { mem::zeroed() };
    // SAFETY: `all` is valid for the call to fill in.
    unsafe { libc::sigfillset(&raw mut all) };
    // SAFETY: both sets are valid.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const all, &raw mut old) };
    old
}

/// Lets these signals through to this thread. A mask survives fork and exec, so whoever started
/// us may have left one that keeps them waiting for ever.
pub(crate) fn unblock(signals: &[i32]) {
    // SAFETY: sigset_t is plain data.
    let mut set: libc::sigset_t = unsafe { mem::zeroed() };
    // SAFETY: `set` is valid for the call to fill in.
    unsafe { libc::sigemptyset(&raw mut set) };
    for &signal in signals {
        // SAFETY: the set is initialised. A number that is no signal is refused and changes nothing.
        unsafe { libc::sigaddset(&raw mut set, signal) };
    }
    // SAFETY: the set is valid and the old one is not asked for.
    unsafe { libc::pthread_sigmask(libc::SIG_UNBLOCK, &raw const set, ptr::null_mut()) };
}

/// Lets every signal through to this thread.
pub(crate) fn unblock_all() {
    // SAFETY: sigset_t is plain data.
    let mut none: libc::sigset_t = unsafe { mem::zeroed() };
    // SAFETY: `none` is valid for the call to fill in.
    unsafe { libc::sigemptyset(&raw mut none) };
    restore_mask(&none);
}

/// Puts back a mask.
pub(crate) fn restore_mask(mask: &libc::sigset_t) {
    // SAFETY: the set is valid and the old one is not asked for.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, ptr::from_ref(mask), ptr::null_mut()) };
}

/// Kills a child that has not been reaped: its number is certainly still its.
pub(crate) fn kill_child(pid: u32) {
    // SAFETY: integer arguments only. A child that has ended meanwhile needs no signal.
    let _ = unsafe { libc::kill(pid as libc::pid_t, libc::SIGKILL) };
}

/// Signals a whole process group. The caller proves that the number is still that group's: its
/// leader is a child that has not been reaped.
pub(crate) fn kill_group(leader: u32, signal: i32) {
    // SAFETY: integer arguments only. ESRCH says that nobody is left, which is no error here.
    let _ = unsafe { libc::kill(-(leader as libc::pid_t), signal) };
}
