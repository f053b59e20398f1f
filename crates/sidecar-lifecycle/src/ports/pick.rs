//! Picking a port that nobody holds, ourselves included.

use super::{PortWish, Reservation, Reservations, is_free};
use crate::sys::sockets;

/// Where [`PortWish::Auto`] looks: above the well-known ports, below the ephemeral ones of every
/// system (Linux from 32768, macOS and Windows from 49152), so that no client is given it by chance.
const AUTO_FIRST: u16 = 20_000;
/// How many ports that is.
const AUTO_COUNT: u16 = 10_000;

/// A port that was free when tested, and is reserved.
///
/// ```
/// use sidecar_lifecycle::ports::{Picked, PortWish, Reservations, pick};
///
/// let all = Reservations::default();
/// let Some(Picked { port, reservation, .. }) = pick(PortWish::Auto, &all, 42, None, &[])? else {
///     unreachable!("one was wished for")
/// };
/// assert_eq!(reservation.port(), port);
/// let other = pick(PortWish::Auto, &all, 42, Some(port), &[])?;
/// assert!(other.is_some_and(|other| other.port != port), "nobody else is given it");
/// # Ok::<(), sidecar_lifecycle::ports::PickError>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Picked {
    /// The port.
    pub port: u16,
    /// To be kept until the server has bound the port, or is not going to.
    pub reservation: Reservation,
}

/// Why no port was picked.
///
/// ```
/// use sidecar_lifecycle::ports::{PickError, PortWish, Reservations, pick};
///
/// let server = std::net::TcpListener::bind("127.0.0.1:0")?;
/// let port = server.local_addr()?.port();
/// let refused = pick(PortWish::Fixed(port), &Reservations::default(), 42, None, &[]).unwrap_err();
/// assert_eq!(refused, PickError::Held { port });
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PickError {
    /// The one port that would do is taken. [`super::holder_of`] says by whom.
    #[error("port {port} is held: end its holder, or allow a range or `auto`")]
    Held {
        /// The port.
        port: u16,
    },
    /// All ports that would do are taken.
    #[error("every port from {first} to {last} is held: end a holder, or allow other ports")]
    AllHeld {
        /// The lowest one tried.
        first: u16,
        /// The highest one tried.
        last: u16,
    },
}

/// Picks a port and reserves it; `None` when none is wished for.
///
/// `preferred` is tried first where the wish allows it: a project whose port moves loses what the
/// browser stored under the old one. Ports to `avoid` are left out, but for a fixed one: a server
/// has found them taken although they could be bound here. `seed` spreads [`PortWish::Auto`], so that programs that start
/// together do not all try the same ports.
///
/// # Errors
/// [`PickError`] when everything that would do is held or reserved.
///
/// ```no_run
/// use sidecar_lifecycle::ports::{self, PortWish, Reservations};
///
/// let reservations = Reservations::machine_wide()?;
/// let picked = ports::pick(PortWish::Auto, &reservations, 42, None, &[])?;
/// if let Some(picked) = picked {
///     println!("{} is ours until the reservation is dropped", picked.port);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn pick(
    wish: PortWish,
    reservations: &Reservations,
    seed: u64,
    preferred: Option<u16>,
    avoid: &[u16],
) -> Result<Option<Picked>, PickError> {
    let preferred = preferred.filter(|&port| port != 0);
    let allowed = |port: &u16| !avoid.contains(port) || wish == PortWish::Fixed(*port);
    let first_free = |ports: &mut dyn Iterator<Item = u16>| {
        ports.filter(allowed).find_map(|port| {
            let reservation = reservations.reserve(port)?;
            is_free(port).ok().map(|()| Picked { port, reservation })
        })
    };
    match wish {
        PortWish::None => Ok(None),
        PortWish::Fixed(port) => first_free(&mut std::iter::once(port))
            .map(Some)
            .ok_or(PickError::Held { port }),
        PortWish::Range(first, last) => {
            let preferred = preferred.filter(|port| (first..=last).contains(port));
            first_free(&mut preferred.into_iter().chain(first..=last))
                .map(Some)
                .ok_or(PickError::AllHeld { first, last })
        }
        PortWish::Auto => first_free(&mut preferred.into_iter().chain(scattered(seed)))
            .map(Some)
            .ok_or(PickError::AllHeld {
                first: AUTO_FIRST,
                last: AUTO_FIRST + AUTO_COUNT - 1,
            }),
    }
}

/// Every automatic port once, in an order that the seed decides; those that the system may give to
/// a client come last.
fn scattered(seed: u64) -> impl Iterator<Item = u16> {
    let start = fastrand::Rng::with_seed(seed).u16(..AUTO_COUNT);
    // A prime that does not divide the count: the walk meets every port, neighbours far apart.
    let ports = (0..u32::from(AUTO_COUNT)).map(move |step| {
        let offset = (u32::from(start) + step * 7919) % u32::from(AUTO_COUNT);
        AUTO_FIRST + offset as u16
    });
    let ephemeral = sockets::ephemeral_ports();
    let is_risky = move |port: &u16| ephemeral.as_ref().is_some_and(|range| range.contains(port));
    let is_quiet = {
        let is_risky = is_risky.clone();
        move |port: &u16| !is_risky(port)
    };
    ports.clone().filter(is_quiet).chain(ports.filter(is_risky))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_walk_meets_every_port_once_and_seeds_differ() {
        let one: Vec<u16> = scattered(1).collect();
        let mut sorted = one.clone();
        sorted.sort_unstable();
        assert_eq!(
            sorted,
            (AUTO_FIRST..AUTO_FIRST + AUTO_COUNT).collect::<Vec<_>>()
        );
        assert_eq!(one, scattered(1).collect::<Vec<_>>());
        assert_ne!(one, scattered(2).collect::<Vec<_>>());
    }
}
