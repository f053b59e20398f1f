//! Descriptors: made close-on-exec from birth, owned, turned non-blocking.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::ptr;

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Turns a libc return value into a result.
pub(crate) fn check(rc: libc::c_int) -> io::Result<libc::c_int> {
    if rc < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(rc)
    }
}

/// Repeats a call that a signal interrupted.
pub(crate) fn retry<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}

/// A connected pair of stream sockets.
///
/// A stream and not packets: a packet socket cut a 1 MB environment short, and the spawn was
/// answered as a success.
pub(crate) fn socket_pair() -> io::Result<(OwnedFd, OwnedFd)> {
    let mut fds = [-1; 2];
    #[cfg(target_os = "linux")]
    let kind = libc::SOCK_STREAM | libc::SOCK_CLOEXEC;
    #[cfg(not(target_os = "linux"))]
    let kind = libc::SOCK_STREAM;
    // SAFETY: `fds` has room for the two descriptors that the call writes.
    check(unsafe { libc::socketpair(libc::AF_UNIX, kind, 0, fds.as_mut_ptr()) })?;
    own_pair(fds)
}

/// A pipe: (read end, write end).
pub(crate) fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    let mut fds = [-1; 2];
    #[cfg(target_os = "linux")]
    // SAFETY: `fds` has room for the two descriptors that the call writes.
    check(unsafe { libc::pipe2(fds.as_mut_ptr(), libc::O_CLOEXEC) })?;
    #[cfg(not(target_os = "linux"))]
    // SAFETY: `fds` has room for the two descriptors that the call writes.
    check(unsafe { libc::pipe(fds.as_mut_ptr()) })?;
    own_pair(fds)
}

#[cfg_attr(
    target_os = "linux",
    expect(
        clippy::unnecessary_wraps,
        reason = "elsewhere close-on-exec is set here, and may fail"
    )
)]
fn own_pair(fds: [RawFd; 2]) -> io::Result<(OwnedFd, OwnedFd)> {
    // SAFETY: the kernel just gave us this descriptor and nobody else owns it.
    let a = unsafe { OwnedFd::from_raw_fd(fds[0]) };
    // SAFETY: as above, the other one.
    let b = unsafe { OwnedFd::from_raw_fd(fds[1]) };
    #[cfg(not(target_os = "linux"))]
    {
        set_cloexec(&a)?;
        set_cloexec(&b)?;
    }
    Ok((a, b))
}

#[cfg(not(target_os = "linux"))]
pub(super) fn set_cloexec(fd: &impl AsRawFd) -> io::Result<()> {
    // SAFETY: fcntl on a descriptor that we own, with integer arguments only.
    check(unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_SETFD, libc::FD_CLOEXEC) }).map(drop)
}

/// A pipe that is silent for ever, for one that outlives whoever would hold its other end: it is
/// its own writer.
#[cfg(target_os = "linux")]
pub(crate) fn silent_pipe() -> io::Result<OwnedFd> {
    let (read, _write) = pipe()?;
    // Opened anew by its name, a pipe can be had for both, see pipe(7).
    let name = format!("/proc/self/fd/{}", read.as_raw_fd());
    let both = std::fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open(name)?;
    Ok(both.into())
}

/// Nobody outlives his host here.
#[cfg(not(target_os = "linux"))]
pub(crate) fn silent_pipe() -> io::Result<OwnedFd> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Asks for a pipe that holds 1 MiB instead of 64 KiB. A refusal changes nothing.
pub(crate) fn grow_pipe(pipe: &impl AsRawFd) {
    #[cfg(target_os = "linux")]
    // SAFETY: fcntl on a descriptor that we own, with integer arguments only.
    let _ = unsafe { libc::fcntl(pipe.as_raw_fd(), libc::F_SETPIPE_SZ, 1 << 20) };
    #[cfg(not(target_os = "linux"))]
    let _ = pipe; // macOS grows its pipes by itself.
}

/// Whether so many more descriptors can be had at this moment.
pub(crate) fn has_room(count: usize) -> io::Result<()> {
    let null = dev_null()?;
    let copies = (1..count).map(|_| null.try_clone());
    copies.collect::<io::Result<Vec<_>>>().map(drop)
}

/// Moves bytes from a pipe to a place in a file inside the kernel, without waiting for any. Zero:
/// nobody can write to the pipe any more. `None`: this system or this file system does not do it.
#[cfg(target_os = "linux")]
pub(crate) fn splice(
    pipe: &impl AsRawFd,
    file: &impl AsRawFd,
    offset: u64,
    limit: usize,
) -> io::Result<Option<usize>> {
    use std::sync::atomic::{AtomicBool, Ordering};
    /// Asked once.
    static REFUSED: AtomicBool = AtomicBool::new(false);
    if REFUSED.load(Ordering::Relaxed) {
        return Ok(None);
    }
    let mut offset = libc::off64_t::try_from(offset).map_err(io::Error::other)?;
    let moved = retry(|| {
        // SAFETY: both descriptors are open, and `offset` lives until the call returns.
        let n = unsafe {
            libc::splice(
                pipe.as_raw_fd(),
                ptr::null_mut(),
                file.as_raw_fd(),
                &raw mut offset,
                limit,
                libc::SPLICE_F_MOVE | libc::SPLICE_F_NONBLOCK,
            )
        };
        if n < 0 {
            Err(io::Error::last_os_error())
        } else {
            Ok(n as usize)
        }
    });
    match moved {
        Err(e) if e.raw_os_error() == Some(libc::EINVAL) => {
            REFUSED.store(true, Ordering::Relaxed);
            Ok(None)
        }
        moved => moved.map(Some),
    }
}

/// Only Linux moves bytes that way.
#[cfg(not(target_os = "linux"))]
#[expect(clippy::unnecessary_wraps, reason = "one signature on every platform")]
pub(crate) fn splice(
    _pipe: &impl AsRawFd,
    _file: &impl AsRawFd,
    _offset: u64,
    _limit: usize,
) -> io::Result<Option<usize>> {
    Ok(None)
}

/// Makes reads and writes return `WouldBlock` instead of waiting.
pub(crate) fn set_nonblocking(fd: &impl AsRawFd) -> io::Result<()> {
    // SAFETY: fcntl on a descriptor that we own, with integer arguments only.
    let flags = check(unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_GETFL) })?;
    // SAFETY: as above.
    check(unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_SETFL, flags | libc::O_NONBLOCK) }).map(drop)
}

/// Closes every descriptor from `first` on, but those named.
///
/// Used after a fork, where the other descriptors belong to the program that was forked and are
/// owned by values that will never be dropped here.
pub(crate) fn close_all_but(first: RawFd, keep: &[RawFd]) {
    let mut keep = keep.to_vec();
    keep.sort_unstable();
    let mut from = first;
    for fd in keep {
        close_range(from, fd - 1);
        from = from.max(fd + 1);
    }
    close_range(from, RawFd::MAX);
}

/// Closes the descriptors of an inclusive range. Async-signal-safe.
pub(crate) fn close_range(first: RawFd, last: RawFd) {
    if first > last {
        return;
    }
    #[cfg(target_os = "linux")]
    {
        // SAFETY: closes descriptors by number; the caller owns the whole range by contract.
        let rc = unsafe {
            libc::syscall(
                libc::SYS_close_range,
                first as libc::c_uint,
                last as libc::c_uint,
                0,
            )
        };
        if rc == 0 {
            return;
        }
    }
    for fd in first..=last.min(highest()) {
        // SAFETY: closing a number that is not open is answered by EBADF, which is fine here.
        unsafe { libc::close(fd) };
    }
}

/// No descriptor of this process has a larger number. Async-signal-safe.
fn highest() -> RawFd {
    #[cfg(target_os = "macos")]
    if let Some(highest) = size_of_table() {
        return highest;
    }
    // Kernels before 5.9. The soft limit bounds the numbers that can be open.
    // SAFETY: reads a limit, no memory is involved.
    let limit = unsafe { libc::sysconf(libc::_SC_OPEN_MAX) };
    if limit < 0 {
        65_536
    } else {
        limit.min(1 << 20) as RawFd
    }
}

/// How many descriptors the kernel's table of this process has room for. After a fork that is not much
/// more than are open, and the soft limit may be a million.
#[cfg(target_os = "macos")]
fn size_of_table() -> Option<RawFd> {
    let list = libc::PROC_PIDLISTFDS;
    // SAFETY: takes no arguments.
    let me = unsafe { libc::getpid() };
    // SAFETY: a null buffer of no length asks for the size in bytes that a list of the whole table
    // may need; nothing but a system call is made.
    let bytes = unsafe { libc::proc_pidinfo(me, list, 0, ptr::null_mut(), 0) };
    let entry = size_of::<libc::proc_fdinfo>() as libc::c_int;
    (bytes >= entry).then_some(bytes / entry)
}

/// Ends a connection for both sides and for every copy of the descriptor.
pub(crate) fn shutdown(socket: RawFd) {
    // SAFETY: integer arguments only; an error says that it is ended already.
    let _ = unsafe { libc::shutdown(socket, libc::SHUT_RDWR) };
}

/// Whether the other side of a connection has closed it. What it has said before is not read.
pub(crate) fn is_closed(socket: &impl AsRawFd) -> bool {
    let mut byte = 0u8;
    let peeked = retry(|| {
        // SAFETY: `byte` has room for the one byte that is asked for.
        let n = unsafe {
            libc::recv(
                socket.as_raw_fd(),
                ptr::from_mut(&mut byte).cast(),
                1,
                libc::MSG_PEEK | libc::MSG_DONTWAIT,
            )
        };
        check(n as libc::c_int)
    });
    match peeked {
        Ok(n) => n == 0,
        Err(e) => e.kind() != io::ErrorKind::WouldBlock,
    }
}

/// Waits until something can be read from a connection or it is closed, on the runtime that this
/// is called in. Nothing is read here.
pub(crate) async fn readable(fd: OwnedFd) -> io::Result<OwnedFd> {
    // SAFETY: an owned descriptor stays open, and the same, for as long as it is registered.
    let fd = unsafe { AsyncFd::register_with_interest(fd, Interest::READABLE) }?;
    fd.readable().await.map(drop)?;
    Ok(fd.into_inner())
}

/// Waits until a descriptor takes bytes, on the runtime that this is called in. The descriptor may
/// be a blocking one: nothing is written here.
pub(crate) async fn writable(fd: OwnedFd) -> io::Result<()> {
    // SAFETY: an owned descriptor stays open, and the same, for as long as it is registered.
    let fd = unsafe { AsyncFd::register_with_interest(fd, Interest::WRITABLE) }?;
    fd.writable().await.map(drop)
}

/// Opens `/dev/null`, for descriptors that must be something.
pub(crate) fn dev_null() -> io::Result<OwnedFd> {
    let path = c"/dev/null";
    // SAFETY: a C string literal and flags.
    let fd = check(unsafe { libc::open(path.as_ptr(), libc::O_RDWR | libc::O_CLOEXEC) })?;
    // SAFETY: the kernel just gave us this descriptor.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}
