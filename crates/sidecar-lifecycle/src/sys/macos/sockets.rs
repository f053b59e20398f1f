//! Who listens where, and who has a socket open.
//!
//! There is no table of sockets that an ordinary user may read: the descriptors of every readable
//! process are looked through. Other users' listeners are therefore not seen at all; that a port
//! is held all the same, the test bind tells.

use std::io;
use std::mem::MaybeUninit;
use std::ops::RangeInclusive;

use super::socket_info::SocketFdInfo;
use super::{process, sysctl};
use crate::sys::{Listener, Owner};

/// `PROC_PIDFDSOCKETINFO` from `sys/proc_info.h`.
const SOCKET_INFO: libc::c_int = 3;

/// Whether [`Listener::uid`] means anything.
pub(crate) const HAS_USERS: bool = true;

/// Whether the listeners of a port are asked for by one cheap question.
pub(crate) const LISTS_SOCKETS: bool = false;

/// Every listening TCP socket that we may see, or those on one port.
#[expect(clippy::unnecessary_wraps, reason = "the other platforms can fail")]
pub(crate) fn listeners(port: Option<u16>) -> io::Result<Vec<Listener>> {
    Ok(listeners_among(process::pids(), port))
}

/// The same of these processes alone, by their own descriptors.
pub(crate) fn listeners_among(pids: Vec<u32>, port: Option<u16>) -> Vec<Listener> {
    let mut found: Vec<Listener> = Vec::new();
    for listener in pids
        .into_iter()
        .flat_map(sockets_of)
        .filter_map(|s| s.listener())
    {
        let wanted = port.is_none_or(|p| p == listener.port);
        // Workers that share a socket each have it open.
        if wanted && !found.iter().any(|known| known.inode == listener.inode) {
            found.push(listener);
        }
    }
    found
}

/// The first of these processes that has the socket open.
pub(crate) fn owner_among(inode: u64, pids: &[u32]) -> Option<u32> {
    pids.iter()
        .copied()
        .find(|&pid| sockets_of(pid).any(|socket| socket.handle() == inode))
}

/// The sockets that a process has open, by their handles. None for one that we may not look into.
pub(crate) fn held_by(pid: u32) -> Vec<u64> {
    sockets_of(pid).map(|socket| socket.handle()).collect()
}

/// Who has the socket open, among all processes that we may look into.
pub(crate) fn owner(inode: u64) -> Owner {
    owner_among(inode, &process::pids()).map_or(Owner::Unreadable, Owner::Pid)
}

/// The sockets that a process has open; none for one that we may not look into.
fn sockets_of(pid: u32) -> impl Iterator<Item = SocketFdInfo> {
    descriptors(pid)
        .into_iter()
        .filter(|d| d.proc_fdtype == libc::PROX_FDTYPE_SOCKET as u32)
        .filter_map(move |d| socket(pid, d.proc_fd))
}

fn descriptors(pid: u32) -> Vec<libc::proc_fdinfo> {
    let Ok(pid) = libc::pid_t::try_from(pid) else {
        return Vec::new();
    };
    let list = libc::PROC_PIDLISTFDS;
    // SAFETY: a null buffer of no length asks for the size in bytes that is needed.
    let needed = unsafe { libc::proc_pidinfo(pid, list, 0, std::ptr::null_mut(), 0) };
    let entry = size_of::<libc::proc_fdinfo>();
    let room = usize::try_from(needed).unwrap_or(0) / entry;
    let mut found = Vec::<libc::proc_fdinfo>::with_capacity(room);
    let size = (room * entry) as libc::c_int;
    // SAFETY: pointer and size describe the memory that `found` has set aside.
    let n = unsafe { libc::proc_pidinfo(pid, list, 0, found.as_mut_ptr().cast(), size) };
    let filled = usize::try_from(n).unwrap_or(0) / entry;
    // SAFETY: the kernel wrote that many entries, and never more than there was room for.
    unsafe { found.set_len(filled.min(room)) };
    found
}

fn socket(pid: u32, fd: i32) -> Option<SocketFdInfo> {
    let mut info = MaybeUninit::<SocketFdInfo>::zeroed();
    let size = size_of::<SocketFdInfo>() as libc::c_int;
    let pid = pid as libc::pid_t;
    // SAFETY: pointer and size describe `info`.
    let n = unsafe { libc::proc_pidfdinfo(pid, fd, SOCKET_INFO, info.as_mut_ptr().cast(), size) };
    // SAFETY: the kernel filled all of it, and it is made of integers only.
    (n == size).then(|| unsafe { info.assume_init() })
}

/// Whether an error says that an address family does not exist here.
pub(crate) fn family_is_missing(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(libc::EAFNOSUPPORT | libc::EPROTONOSUPPORT | libc::EADDRNOTAVAIL)
    )
}

/// The ports that the system gives to clients.
pub(crate) fn ephemeral_ports() -> Option<RangeInclusive<u16>> {
    let first = sysctl::number(c"net.inet.ip.portrange.first").ok()?;
    let last = sysctl::number(c"net.inet.ip.portrange.last").ok()?;
    Some(u16::try_from(first).ok()?..=u16::try_from(last).ok()?)
}

/// Makes a bind fail on a listener, and on nothing that is on its way out (`TIME_WAIT`).
pub(crate) fn prepare_probe(socket: &socket2::Socket) -> io::Result<()> {
    socket.set_reuse_address(true)
}
