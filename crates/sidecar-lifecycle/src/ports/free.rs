//! Whether a port can be had.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use socket2::{Domain, Protocol, Socket, Type};

use crate::sys::sockets;

/// Why a port cannot be had.
#[derive(Debug, thiserror::Error)]
#[error("cannot bind {address}: {source}; end its holder or choose another port")]
pub struct Busy {
    /// The address on which the bind failed.
    pub address: SocketAddr,
    /// What the system answered: `AddrInUse`, or `PermissionDenied` for a privileged port.
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
pub fn is_free(port: u16) -> Result<(), Busy> {
    let addresses: [SocketAddr; 4] = [
        (Ipv4Addr::LOCALHOST, port).into(),
        (Ipv6Addr::LOCALHOST, port).into(),
        (Ipv4Addr::UNSPECIFIED, port).into(),
        (Ipv6Addr::UNSPECIFIED, port).into(),
    ];
    for address in addresses {
        match bind(address) {
            Err(source) if !(address.is_ipv6() && sockets::family_is_missing(&source)) => {
                return Err(Busy { address, source });
            }
            // Each socket is closed before the next is opened: they would be in each other's way.
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
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
