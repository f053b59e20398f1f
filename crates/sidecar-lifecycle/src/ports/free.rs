//! Whether a port can be had.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use socket2::{Domain, Protocol, Socket, Type};

use crate::sys::sockets;

/// Why a port cannot be had.
///
/// ```
/// use sidecar_lifecycle::ports;
///
/// let server = std::net::TcpListener::bind("127.0.0.1:0")?;
/// let busy = ports::is_free(server.local_addr()?.port()).unwrap_err();
/// assert_eq!(busy.address, server.local_addr()?);
/// assert_eq!(busy.source.kind(), std::io::ErrorKind::AddrInUse);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, thiserror::Error)]
#[error("cannot bind {address}: {source}; end its holder or choose another port")]
pub struct Busy {
    /// The address on which the bind failed.
    pub address: SocketAddr,
    /// What the system answered: `AddrInUse`, or `PermissionDenied` for a port that the system keeps
    /// for itself, see [`super::barred`]; on Windows also for one that its holder wants alone.
    #[source]
    pub source: io::Error,
}

/// Tests whether a server could bind this port, whichever loopback or wildcard address it takes.
///
/// All four are tried, since a holder of one can be invisible to a bind on another: one on `::1`
/// hinders nobody on 127.0.0.1, and yet the browser would meet it under `localhost`. Connections
/// in `TIME_WAIT` do not count, and a machine without IPv6 is not a busy one. Nothing listens
/// meanwhile, so no client can mistake the test for a server.
///
/// # Errors
/// [`Busy`] with the first address that is taken.
///
/// ```no_run
/// use sidecar_lifecycle::ports;
///
/// if let Err(busy) = ports::is_free(5173) {
///     eprintln!("{busy}");
/// }
/// ```
pub fn is_free(port: u16) -> Result<(), Busy> {
    for address in addresses(port) {
        if let Trial::Refused(source) = attempt(address) {
            return Err(Busy { address, source });
        }
    }
    Ok(())
}

/// What came of a bind on one address.
///
/// ```
/// use std::io::ErrorKind;
/// use sidecar_lifecycle::ports::{Trial, try_all};
///
/// /// Why a server cannot have one of the four, in words.
/// fn verdict(trial: &Trial) -> &'static str {
///     match trial {
///         Trial::Free => "free",
///         Trial::Refused(e) if e.kind() == ErrorKind::PermissionDenied => "not for us",
///         Trial::Refused(_) => "taken",
///         Trial::Missing => "not on this machine",
///     }
/// }
///
/// let server = std::net::TcpListener::bind("127.0.0.1:0")?;
/// let trials = try_all(server.local_addr()?.port());
/// assert_eq!(verdict(&trials[0].1), "taken");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub enum Trial {
    /// A server can have it.
    Free,
    /// The system refused: `AddrInUse`, or `PermissionDenied` for a port that the system keeps for
    /// itself, see [`super::barred`]; on Windows also for one that its holder wants alone.
    Refused(io::Error),
    /// There is no such address family on this machine.
    Missing,
}

/// The same test as [`is_free`]'s, with an answer for each of the four addresses.
///
/// ```
/// use sidecar_lifecycle::ports::{Trial, try_all};
///
/// let server = std::net::TcpListener::bind("127.0.0.1:0")?;
/// let [(address, trial), ..] = try_all(server.local_addr()?.port());
/// assert!(address.is_loopback() && matches!(trial, Trial::Refused(_)));
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn try_all(port: u16) -> [(IpAddr, Trial); 4] {
    addresses(port).map(|address| (address.ip(), attempt(address)))
}

fn addresses(port: u16) -> [SocketAddr; 4] {
    [
        (Ipv4Addr::LOCALHOST, port).into(),
        (Ipv6Addr::LOCALHOST, port).into(),
        (Ipv4Addr::UNSPECIFIED, port).into(),
        (Ipv6Addr::UNSPECIFIED, port).into(),
    ]
}

/// The socket is closed before the next is opened: they would be in each other's way.
fn attempt(address: SocketAddr) -> Trial {
    match bind(address) {
        Ok(()) => Trial::Free,
        Err(e) if address.is_ipv6() && sockets::family_is_missing(&e) => Trial::Missing,
        Err(e) => Trial::Refused(e),
    }
}

fn bind(address: SocketAddr) -> io::Result<()> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    if address.is_ipv6() {
        // Else the bind on [::] would take the IPv4 side too, and name the wrong address.
        socket.set_only_v6(true)?;
    }
    sockets::prepare_probe(&socket)?;
    socket.bind(&address.into())
}
