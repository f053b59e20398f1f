//! Who listens where: the tables of the IP helper, which name the owner right away.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::RangeInclusive;
use std::os::windows::io::AsRawSocket;

use windows_sys::Win32::Foundation::ERROR_INSUFFICIENT_BUFFER;
use windows_sys::Win32::NetworkManagement::IpHelper::{
    GetExtendedTcpTable, MIB_TCP6ROW_OWNER_PID, MIB_TCPROW_OWNER_PID, TCP_TABLE_OWNER_PID_LISTENER,
};
use windows_sys::Win32::Networking::WinSock::{
    AF_INET, AF_INET6, SO_EXCLUSIVEADDRUSE, SOCKET_ERROR, SOL_SOCKET, WSAEADDRNOTAVAIL,
    WSAEAFNOSUPPORT, WSAEPROTONOSUPPORT, setsockopt,
};

use crate::sys::{Listener, Owner};

/// Whether [`Listener::uid`] means anything.
pub(crate) const HAS_USERS: bool = false;

/// Whether the listeners of a port are asked for by one cheap question.
pub(crate) const LISTS_SOCKETS: bool = true;

/// Those of these processes alone, by their own descriptors: here the system's table is asked.
pub(crate) fn listeners_among(_pids: Vec<u32>, _port: Option<u16>) -> Vec<Listener> {
    Vec::new()
}

/// Every listening TCP socket, or those on one port.
pub(crate) fn listeners(port: Option<u16>) -> io::Result<Vec<Listener>> {
    let mut found = Vec::new();
    for row in rows::<MIB_TCPROW_OWNER_PID>(AF_INET)? {
        let addr = IpAddr::V4(Ipv4Addr::from(row.dwLocalAddr.to_ne_bytes()));
        found.push(listener(addr, row.dwLocalPort, row.dwOwningPid));
    }
    for row in rows::<MIB_TCP6ROW_OWNER_PID>(AF_INET6)? {
        let addr = IpAddr::V6(Ipv6Addr::from(row.ucLocalAddr));
        found.push(listener(addr, row.dwLocalPort, row.dwOwningPid));
    }
    found.retain(|listener| port.is_none_or(|p| p == listener.port));
    Ok(found)
}

fn listener(addr: IpAddr, port: u32, pid: u32) -> Listener {
    // The port is in network order, in the low half of a number.
    Listener {
        port: u16::from_be(port as u16),
        addr,
        inode: u64::from(pid),
        uid: 0,
    }
}

/// The rows of one family's table. `R` must be that family's row.
fn rows<R: Copy>(family: u16) -> io::Result<Vec<R>> {
    // Words, so that the table is aligned: a number of rows and then the rows.
    let mut table = vec![0_u32; 4096];
    loop {
        let mut size = size_of_val(table.as_slice()) as u32;
        // SAFETY: pointer and size describe `table`.
        let code = unsafe {
            GetExtendedTcpTable(
                table.as_mut_ptr().cast(),
                &raw mut size,
                0,
                u32::from(family),
                TCP_TABLE_OWNER_PID_LISTENER,
                0,
            )
        };
        match code {
            0 => break,
            // It may have grown by the next call, so some room is added.
            ERROR_INSUFFICIENT_BUFFER => table.resize(size as usize / 4 + 256, 0),
            code => return Err(io::Error::from_raw_os_error(code as i32)),
        }
    }
    let (count, rows) = table.split_first().ok_or(io::ErrorKind::InvalidData)?;
    let whole = rows.chunks_exact(size_of::<R>() / 4).take(*count as usize);
    // SAFETY: each chunk is as long as a row, which is made of integers only.
    Ok(whole
        .map(|row| unsafe { row.as_ptr().cast::<R>().read_unaligned() })
        .collect())
}

/// The owner of a listener, if it is one of these processes.
pub(crate) fn owner_among(inode: u64, pids: &[u32]) -> Option<u32> {
    pids.iter().copied().find(|&pid| u64::from(pid) == inode)
}

/// A listener is named after its process here.
pub(crate) fn held_by(pid: u32) -> Vec<u64> {
    vec![u64::from(pid)]
}

/// The owner of a listener, which its table named.
pub(crate) fn owner(inode: u64) -> Owner {
    match u32::try_from(inode) {
        Ok(pid @ 1..) => Owner::Pid(pid),
        _ => Owner::Unreadable,
    }
}

/// Whether an error says that an address family does not exist here.
pub(crate) fn family_is_missing(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(WSAEAFNOSUPPORT | WSAEPROTONOSUPPORT | WSAEADDRNOTAVAIL)
    )
}

/// The ports that the system gives to clients: where they lie is not asked, since by default they
/// begin at 49152, past all that is ever picked.
pub(crate) fn ephemeral_ports() -> Option<RangeInclusive<u16>> {
    None
}

/// Makes a bind fail on any other socket. `SO_REUSEADDR` would take a listener's port away here.
pub(crate) fn prepare_probe(socket: &socket2::Socket) -> io::Result<()> {
    let yes = 1_i32.to_ne_bytes();
    // SAFETY: the socket is open, pointer and length describe `yes`.
    let rc = unsafe {
        setsockopt(
            socket.as_raw_socket() as usize,
            SOL_SOCKET,
            SO_EXCLUSIVEADDRUSE,
            yes.as_ptr(),
            yes.len() as i32,
        )
    };
    if rc == SOCKET_ERROR {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}
