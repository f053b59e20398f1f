//! Who listens where, and who has a socket open.

use std::fs;
use std::io::{self, Write as _};
use std::ops::RangeInclusive;
use std::os::unix::ffi::OsStrExt;

use super::{inet_diag, proc_net, process};
use crate::sys::{Listener, Owner};

/// Whether [`Listener::uid`] means anything.
pub(crate) const HAS_USERS: bool = true;

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
/// Our own user's processes are asked first, since they are the likeliest and always readable.
pub(crate) fn owner(inode: u64) -> Owner {
    // SAFETY: takes nothing, cannot fail.
    let me = unsafe { libc::geteuid() };
    let (own, others): (Vec<u32>, Vec<u32>) = process::pids()
        .into_iter()
        .partition(|&pid| process::uid_of(pid) == Some(me));
    match owner_among(inode, &own).or_else(|| owner_among(inode, &others)) {
        Some(pid) => Owner::Pid(pid),
        None => Owner::Unreadable,
    }
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
struct Links {
    wanted: Vec<u8>,
    path: Vec<u8>,
}

impl Links {
    fn to_socket(inode: u64) -> Links {
        Links {
            wanted: format!("socket:[{inode}]").into_bytes(),
            path: Vec::new(),
        }
    }

    /// Whether this process has the socket open. No for one whose descriptors we may not read.
    fn lead_from(&mut self, pid: u32) -> bool {
        self.path.clear();
        // Writing to a vector cannot fail.
        let _ = write!(self.path, "/proc/{pid}/fd/");
        let Ok(entries) = fs::read_dir(std::ffi::OsStr::from_bytes(&self.path)) else {
            return false;
        };
        let folder = self.path.len();
        entries.flatten().any(|entry| {
            self.path.truncate(folder);
            self.path.extend_from_slice(entry.file_name().as_bytes());
            self.path.push(0);
            self.link_matches()
        })
    }

    /// Compares one link. A target longer than the buffer is cut short and cannot be equal.
    fn link_matches(&self) -> bool {
        let mut target = [0_u8; 64];
        debug_assert_eq!(self.path.last(), Some(&0));
        // SAFETY: the path ends in NUL, and the pointer and the length describe `target`.
        let n = unsafe {
            libc::readlink(
                self.path.as_ptr().cast(),
                target.as_mut_ptr().cast(),
                target.len(),
            )
        };
        usize::try_from(n).is_ok_and(|n| target[..n] == *self.wanted)
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
            let by_netlink = inet_diag::listeners(Some(address.port())).expect("available");
            let by_proc = proc_net::listeners(Some(address.port())).expect("available");
            assert_eq!(by_netlink, by_proc);
            assert_eq!(by_netlink.len(), 1, "nobody else listens there");
            assert_eq!(by_netlink[0].addr, address.ip());
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
