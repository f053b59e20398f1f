//! `struct socket_fdinfo` from `sys/proc_info.h`, as far as it is looked at.
//!
//! The layout is part of macOS' ABI on both of its 64-bit processors and checked below.

use std::mem::offset_of;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::sys::Listener;

/// `SOCKINFO_TCP`.
const KIND_TCP: i32 = 2;
/// `TSI_S_LISTEN`.
const STATE_LISTEN: i32 = 1;
/// `INI_IPV4`.
const FAMILY_V4: u8 = 1;

#[repr(C)]
pub(super) struct SocketFdInfo {
    file: [u64; 3],
    stat: libc::vinfo_stat,
    /// The socket's handle in the kernel.
    handle: u64,
    unread: [u64; 11],
    kind: i32,
    reserved: u32,
    tcp: TcpInfo,
    /// The rest of the union, whose largest member describes Unix sockets.
    rest: [u64; 51],
}

#[repr(C)]
struct TcpInfo {
    foreign_port: i32,
    local_port: i32,
    unread: [u32; 4],
    family: u8,
    time_to_live: u8,
    reserved: u32,
    foreign_address: [u8; 16],
    local_address: [u8; 16],
    per_family: [u32; 4],
    state: i32,
    timers: [i32; 4],
    segment: i32,
    flags: u32,
    reserved_too: u32,
    handle: u64,
}

const _: () = {
    assert!(size_of::<libc::vinfo_stat>() == 136);
    assert!(size_of::<TcpInfo>() == 120);
    assert!(offset_of!(TcpInfo, local_address) == 48);
    assert!(offset_of!(TcpInfo, state) == 80);
    assert!(offset_of!(SocketFdInfo, handle) == 24 + 136);
    assert!(offset_of!(SocketFdInfo, kind) == 24 + 232);
    assert!(offset_of!(SocketFdInfo, tcp) == 24 + 240);
    assert!(size_of::<SocketFdInfo>() == 792);
};

impl SocketFdInfo {
    /// The kernel's name for the socket.
    pub(super) fn handle(&self) -> u64 {
        self.handle
    }

    /// The socket as a TCP listener; nothing when it is none.
    pub(super) fn listener(&self) -> Option<Listener> {
        if self.kind != KIND_TCP || self.tcp.state != STATE_LISTEN {
            return None;
        }
        // A socket for both families has both bits set and keeps an IPv6 address.
        let addr = if self.tcp.family == FAMILY_V4 {
            IpAddr::V4(Ipv4Addr::from(*self.tcp.local_address.last_chunk::<4>()?))
        } else {
            IpAddr::V6(Ipv6Addr::from(self.tcp.local_address))
        };
        // The port is in network order, in the low half of a number.
        let port = u16::from_be(self.tcp.local_port as u16);
        Some(Listener {
            port,
            addr,
            inode: self.handle,
            uid: self.stat.vst_uid,
        })
    }
}
