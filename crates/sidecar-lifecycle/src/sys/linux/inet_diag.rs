//! Socket diagnostics over netlink, see `sock_diag(7)`: the kernel walks its table of listeners
//! alone, where reading `/proc/net/tcp` walks every connection there is.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use crate::sys::Listener;
use crate::sys::unix::fd::{check, retry};

/// `SOCK_DIAG_BY_FAMILY` from `linux/sock_diag.h`.
const SOCK_DIAG_BY_FAMILY: u16 = 20;
/// `TCP_LISTEN` from `net/tcp_states.h`.
const TCP_LISTEN: u32 = 10;
/// `struct nlmsghdr`.
const HEADER: usize = 16;
/// `struct inet_diag_req_v2`.
const REQUEST: usize = 56;
/// `struct inet_diag_msg`.
const ANSWER: usize = 72;
/// Dumps come in pieces no larger than this; a larger buffer changes nothing.
const BUFFER: usize = 32 * 1024;

/// Every listener of both families, or those on one port.
pub(super) fn listeners(port: Option<u16>) -> io::Result<Vec<Listener>> {
    let socket = open()?;
    let mut found = Vec::new();
    for family in [libc::AF_INET, libc::AF_INET6] {
        send(&socket, &request(family, port))?;
        receive(&socket, port, &mut found)?;
    }
    Ok(found)
}

fn open() -> io::Result<OwnedFd> {
    let kind = libc::SOCK_DGRAM | libc::SOCK_CLOEXEC;
    // SAFETY: integer arguments only.
    let fd = check(unsafe { libc::socket(libc::AF_NETLINK, kind, libc::NETLINK_SOCK_DIAG) })?;
    // SAFETY: the kernel just gave us this descriptor and nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// One dump request: `nlmsghdr` and `inet_diag_req_v2`, whose socket id stays zero (any socket)
/// but for the port: with a thousand listeners the rest is never copied.
fn request(family: libc::c_int, port: Option<u16>) -> [u8; HEADER + REQUEST] {
    let flags = (libc::NLM_F_REQUEST | libc::NLM_F_DUMP) as u16;
    let mut message = [0; HEADER + REQUEST];
    message[0..4].copy_from_slice(&((HEADER + REQUEST) as u32).to_ne_bytes());
    message[4..6].copy_from_slice(&SOCK_DIAG_BY_FAMILY.to_ne_bytes());
    message[6..8].copy_from_slice(&flags.to_ne_bytes());
    message[HEADER] = family as u8;
    message[HEADER + 1] = libc::IPPROTO_TCP as u8;
    message[HEADER + 4..HEADER + 8].copy_from_slice(&(1_u32 << TCP_LISTEN).to_ne_bytes());
    message[HEADER + 8..HEADER + 10].copy_from_slice(&port.unwrap_or(0).to_be_bytes());
    message
}

fn send(socket: &OwnedFd, message: &[u8]) -> io::Result<()> {
    retry(|| {
        // SAFETY: the pointer and the length describe `message`; an unconnected netlink socket
        // sends to the kernel.
        let sent = unsafe {
            libc::send(
                socket.as_raw_fd(),
                message.as_ptr().cast(),
                message.len(),
                0,
            )
        };
        check(sent as libc::c_int)
    })
    .map(drop)
}

/// Reads a dump to its end.
fn receive(socket: &OwnedFd, port: Option<u16>, found: &mut Vec<Listener>) -> io::Result<()> {
    let mut buffer = vec![0_u8; BUFFER];
    loop {
        let n = retry(|| {
            // SAFETY: the pointer and the length describe `buffer`.
            let n = unsafe {
                libc::recv(
                    socket.as_raw_fd(),
                    buffer.as_mut_ptr().cast(),
                    buffer.len(),
                    0,
                )
            };
            check(n as libc::c_int)
        })?;
        if read_messages(&buffer[..n as usize], port, found)? {
            return Ok(());
        }
    }
}

/// Takes the listeners out of one datagram; true when it ends the dump.
pub(super) fn read_messages(
    mut bytes: &[u8],
    port: Option<u16>,
    found: &mut Vec<Listener>,
) -> io::Result<bool> {
    while bytes.len() >= HEADER {
        let length = u32_at(bytes, 0) as usize;
        let kind = libc::c_int::from(u16::from_ne_bytes([bytes[4], bytes[5]]));
        let Some(payload) = bytes.get(HEADER..length) else {
            return Err(io::Error::from(io::ErrorKind::InvalidData));
        };
        match kind {
            libc::NLMSG_DONE => return Ok(true),
            libc::NLMSG_ERROR => return Err(error_of(payload)),
            _ => found.extend(listener(payload).filter(|l| port.is_none_or(|p| p == l.port))),
        }
        // Messages are padded to four bytes, all but the last.
        bytes = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    Ok(false)
}

/// The error in an `nlmsgerr`: a negative errno.
fn error_of(payload: &[u8]) -> io::Error {
    match payload.first_chunk::<4>() {
        Some(code) => io::Error::from_raw_os_error(i32::from_ne_bytes(*code).saturating_neg()),
        None => io::Error::from(io::ErrorKind::InvalidData),
    }
}

/// One `inet_diag_msg`: family, state, timer, retransmits; socket id (ports and addresses in
/// network order); expires, receive queue, send queue, uid, inode.
fn listener(message: &[u8]) -> Option<Listener> {
    let message = message.get(..ANSWER)?;
    let addr = match libc::c_int::from(message[0]) {
        libc::AF_INET => IpAddr::V4(Ipv4Addr::from(*message[8..].first_chunk::<4>()?)),
        libc::AF_INET6 => IpAddr::V6(Ipv6Addr::from(*message[8..].first_chunk::<16>()?)),
        _ => return None,
    };
    let port = u16::from_be_bytes([message[4], message[5]]);
    let (uid, inode) = (u32_at(message, 64), u64::from(u32_at(message, 68)));
    (u32::from(message[1]) == TCP_LISTEN).then_some(Listener {
        port,
        addr,
        inode,
        uid,
    })
}

/// A number in the machine's order. The caller has checked the length.
fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_ne_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}
