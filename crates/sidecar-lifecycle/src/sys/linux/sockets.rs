//! Who listens where, and who has a socket open.

use std::ffi::CStr;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io;
use std::ops::RangeInclusive;
use std::os::fd::AsRawFd;

use super::{entries, inet_diag, proc_net, process};
use crate::sys::{Listener, Owner};

/// Whether [`Listener::uid`] means anything.
pub(crate) const HAS_USERS: bool = true;

/// Whether the listeners of a port are asked for by one cheap question.
pub(crate) const LISTS_SOCKETS: bool = true;

/// Those of these processes alone, by their own descriptors: here the system's table is asked.
pub(crate) fn listeners_among(_pids: Vec<u32>, _port: Option<u16>) -> Vec<Listener> {
    Vec::new()
}

/// Every listening TCP socket of this network namespace, or those on one port.
pub(crate) fn listeners(port: Option<u16>) -> io::Result<Vec<Listener>> {
    // Seccomp profiles and kernels without the module refuse the first way.
    inet_diag::listeners(port).or_else(|_| proc_net::listeners(port))
}

/// The first of these processes that has the socket open.
pub(crate) fn owner_among(inode: u64, pids: &[u32]) -> Option<u32> {
    let mut links = Links::to_socket(inode);
    pids.iter().copied().find(|&pid| links.lead_from(pid))
}

/// The sockets that a process has open, by their inodes. None for one that we may not look into.
pub(crate) fn held_by(pid: u32) -> Vec<u64> {
    let entries = fs::read_dir(format!("/proc/{pid}/fd"));
    let links = entries.into_iter().flatten().flatten();
    links
        .filter_map(|entry| {
            let target = fs::read_link(entry.path()).ok()?;
            let inode = target.to_str()?.strip_prefix("socket:[")?;
            inode.strip_suffix(']')?.parse().ok()
        })
        .collect()
}

/// Who has the socket open, among all processes.
///
/// Of several that share it the one with the lowest pid is named: mostly the parent, which opened
/// it. Another user's processes refuse to be looked into at once, so nobody is asked whose they are.
pub(crate) fn owner(inode: u64) -> Owner {
    let mut pids = process::pids();
    pids.sort_unstable();
    owner_among(inode, &pids).map_or(Owner::Unreadable, Owner::Pid)
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
    let text = fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").ok()?;
    let mut numbers = text.split_whitespace().map(str::parse);
    Some(numbers.next()?.ok()?..=numbers.next()?.ok()?)
}

/// Makes a bind fail on a listener, and on nothing that is on its way out (`TIME_WAIT`).
pub(crate) fn prepare_probe(socket: &socket2::Socket) -> io::Result<()> {
    socket.set_reuse_address(true)
}

/// Reads the links in `/proc/PID/fd` and looks for one text.
///
/// A system has some thousand of them, and what a look-up costs is what the kernel does to walk
/// from `/proc` to each: so the folder is opened once and its links are read from there.
struct Links {
    wanted: Vec<u8>,
    path: String,
    names: Vec<u8>,
}

impl Links {
    fn to_socket(inode: u64) -> Links {
        Links {
            wanted: format!("socket:[{inode}]").into_bytes(),
            path: String::new(),
            names: vec![0; 8 << 10],
        }
    }

    /// Whether this process has the socket open. No for one whose descriptors we may not read.
    fn lead_from(&mut self, pid: u32) -> bool {
        self.path.clear();
        // Writing to a string cannot fail.
        let _ = write!(self.path, "/proc/{pid}/fd");
        let Ok(folder) = File::open(&self.path) else {
            return false;
        };
        loop {
            let filled = entries::read(&folder, &mut self.names);
            if filled == 0 {
                return false;
            }
            for name in entries::names(&self.names[..filled]) {
                match self.link_matches(&folder, name) {
                    Some(true) => return true,
                    Some(false) => {}
                    None => return false,
                }
            }
        }
    }

    /// Compares one link. A target longer than the buffer is cut short and cannot be equal.
    ///
    /// Nothing when the process may not be looked into: it lists its descriptors to root and then
    /// refuses each of them.
    fn link_matches(&self, folder: &File, name: &CStr) -> Option<bool> {
        let mut target = [0_u8; 64];
        // SAFETY: the name ends in NUL, and the pointer and the length describe `target`.
        let n = unsafe {
            libc::readlinkat(
                folder.as_raw_fd(),
                name.as_ptr(),
                target.as_mut_ptr().cast(),
                target.len(),
            )
        };
        match usize::try_from(n) {
            Ok(n) => Some(target[..n] == *self.wanted),
            // A descriptor that was closed meanwhile says nothing of the others.
            Err(_) => {
                (io::Error::last_os_error().raw_os_error() != Some(libc::EACCES)).then_some(false)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn both_ways_to_list_agree_on_what_we_hold() {
        let held: Vec<TcpListener> = ["127.0.0.1:0", "0.0.0.0:0", "[::1]:0", "[::]:0"]
            .iter()
            .filter_map(|address| TcpListener::bind(address).ok())
            .collect();
        assert!(held.len() >= 2, "IPv4 exists everywhere");
        for listener in &held {
            let address = listener.local_addr().expect("bound");
            // Another address may have a listener with the same port, one of these even.
            let there = |all: io::Result<Vec<Listener>>| {
                let mut all = all.expect("available");
                all.retain(|listener| listener.addr == address.ip());
                all
            };
            let by_netlink = there(inet_diag::listeners(Some(address.port())));
            let by_proc = there(proc_net::listeners(Some(address.port())));
            assert_eq!(by_netlink, by_proc);
            assert_eq!(by_netlink.len(), 1, "nobody else can listen there");
            assert!(
                inet_diag::listeners(None)
                    .expect("available")
                    .contains(&by_netlink[0])
            );
            assert!(
                proc_net::listeners(None)
                    .expect("available")
                    .contains(&by_netlink[0])
            );

            let me = std::process::id();
            assert!(held_by(me).contains(&by_netlink[0].inode));
            assert_eq!(owner(by_netlink[0].inode), Owner::Pid(me));
            assert_eq!(owner_among(by_netlink[0].inode, &[0, me]), Some(me));
            assert_eq!(owner_among(by_netlink[0].inode, &[0, u32::MAX]), None);
        }
    }

    #[test]
    fn a_dump_larger_than_one_datagram_is_read_to_its_end() {
        let held: Vec<TcpListener> = (0..300)
            .filter_map(|_| TcpListener::bind("127.0.0.1:0").ok())
            .collect();
        let all = inet_diag::listeners(None).expect("available");
        for listener in &held {
            let port = listener.local_addr().expect("bound").port();
            assert!(all.iter().any(|l| l.port == port), "{port} is missing");
        }
    }

    #[test]
    fn a_socket_that_nobody_has_open_is_not_guessed() {
        assert_eq!(owner(u64::MAX), Owner::Unreadable);
    }
}
