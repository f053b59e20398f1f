//! Bytes and descriptors over one stream socket (`SCM_RIGHTS`).

use std::io;
use std::mem;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::ptr;

use super::fd::retry;

/// No message carries more descriptors. The host's news of its output carry the most, one for each
/// log file that it has not been given yet.
pub(crate) const MAX_FDS: usize = crate::logs::MAX_FILES;

/// Room for one control message with `MAX_FDS` descriptors, aligned as cmsghdr wants it.
#[repr(align(8))]
struct Control([u8; 64]);

/// Sends what the socket takes, without waiting; the descriptors go with the first byte.
pub(crate) fn send(
    socket: &impl AsRawFd,
    bytes: &[u8],
    fds: &[BorrowedFd<'_>],
) -> io::Result<usize> {
    assert!(fds.len() <= MAX_FDS, "no message of ours carries more");
    let mut iov = libc::iovec {
        iov_base: bytes.as_ptr().cast_mut().cast(),
        iov_len: bytes.len(),
    };
    let mut control = Control([0; 64]);
    // SAFETY: msghdr is a C struct for which all zeroes is a valid value.
    let mut msg: libc::msghdr = unsafe { mem::zeroed() };
    msg.msg_iov = &raw mut iov;
    msg.msg_iovlen = 1;
    if !fds.is_empty() {
        let raw: Vec<RawFd> = fds.iter().map(AsRawFd::as_raw_fd).collect();
        let size = size_of_val(raw.as_slice()) as u32;
        msg.msg_control = control.0.as_mut_ptr().cast();
        // SAFETY: computes a size only.
        msg.msg_controllen = unsafe { libc::CMSG_SPACE(size) } as _;
        // SAFETY: msg has a control buffer with room for one header.
        let header = unsafe { libc::CMSG_FIRSTHDR(&raw const msg) };
        // SAFETY: computes a size only.
        let len = unsafe { libc::CMSG_LEN(size) };
        // SAFETY: `header` points into `control`, which is aligned and large enough.
        let header = unsafe { &mut *header };
        header.cmsg_level = libc::SOL_SOCKET;
        header.cmsg_type = libc::SCM_RIGHTS;
        header.cmsg_len = len as _;
        // SAFETY: the data area follows the header, inside `control`.
        let data = unsafe { libc::CMSG_DATA(header) };
        // SAFETY: `size` bytes fit: CMSG_SPACE(size) <= 64 for MAX_FDS descriptors.
        unsafe { ptr::copy_nonoverlapping(raw.as_ptr().cast::<u8>(), data, size as usize) };
    }
    #[cfg(target_os = "linux")]
    let flags = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
    #[cfg(not(target_os = "linux"))]
    let flags = libc::MSG_DONTWAIT; // The guardian ignores SIGPIPE, and so does Rust's runtime in the host.
    retry(|| {
        // SAFETY: msg and all that it points to live until the call returns.
        let rc = unsafe { libc::sendmsg(socket.as_raw_fd(), &raw const msg, flags) };
        if rc < 0 {
            Err(io::Error::last_os_error())
        } else {
            Ok(rc as usize)
        }
    })
}

/// What a call to [`receive`] got.
pub(crate) struct Received {
    /// Zero: the other side is gone.
    pub(crate) bytes: usize,
    /// Descriptors came along. All of them, or as many as our table had room for.
    pub(crate) carried: bool,
}

/// Receives bytes into `buf` and descriptors into `fds`.
pub(crate) fn receive(
    socket: &impl AsRawFd,
    buf: &mut [u8],
    fds: &mut Vec<OwnedFd>,
) -> io::Result<Received> {
    let mut iov = libc::iovec {
        iov_base: buf.as_mut_ptr().cast(),
        iov_len: buf.len(),
    };
    let mut control = Control([0; 64]);
    // SAFETY: msghdr is a C struct for which all zeroes is a valid value.
    let mut msg: libc::msghdr = unsafe { mem::zeroed() };
    msg.msg_iov = &raw mut iov;
    msg.msg_iovlen = 1;
    msg.msg_control = control.0.as_mut_ptr().cast();
    msg.msg_controllen = control.0.len() as _;
    #[cfg(target_os = "linux")]
    let flags = libc::MSG_CMSG_CLOEXEC;
    #[cfg(not(target_os = "linux"))]
    let flags = 0;
    let got = retry(|| {
        // SAFETY: msg and all that it points to live until the call returns.
        let rc = unsafe { libc::recvmsg(socket.as_raw_fd(), &raw mut msg, flags) };
        if rc < 0 {
            Err(io::Error::last_os_error())
        } else {
            Ok(rc as usize)
        }
    })?;
    // SAFETY: msg was filled in by the kernel.
    let mut header = unsafe { libc::CMSG_FIRSTHDR(&raw const msg) };
    while !header.is_null() {
        // SAFETY: a non-null header from the CMSG macros lies within `control`.
        let h = unsafe { &*header };
        if h.cmsg_level == libc::SOL_SOCKET && h.cmsg_type == libc::SCM_RIGHTS {
            // SAFETY: computes a size only.
            let base = unsafe { libc::CMSG_LEN(0) } as usize;
            let count = (h.cmsg_len as usize - base) / size_of::<RawFd>();
            // SAFETY: the data area follows the header.
            let data = unsafe { libc::CMSG_DATA(header) };
            // SAFETY: the kernel wrote that many descriptors there.
            let data = unsafe { std::slice::from_raw_parts(data, count * size_of::<RawFd>()) };
            for raw in data.as_chunks::<{ size_of::<RawFd>() }>().0 {
                let raw = RawFd::from_ne_bytes(*raw);
                // SAFETY: the kernel installed this descriptor for us just now.
                let fd = unsafe { OwnedFd::from_raw_fd(raw) };
                #[cfg(not(target_os = "linux"))]
                super::fd::set_cloexec(&fd)?;
                fds.push(fd);
            }
        }
        // SAFETY: walks within the control buffer.
        header = unsafe { libc::CMSG_NXTHDR(&raw const msg, header) };
    }
    // Cut short: the kernel has dropped those that did not fit.
    let carried = !fds.is_empty() || msg.msg_flags & libc::MSG_CTRUNC != 0;
    Ok(Received {
        bytes: got,
        carried,
    })
}
