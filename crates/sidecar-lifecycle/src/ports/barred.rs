//! Ports that the system itself refuses, although nobody listens on them.

use std::fmt;
use std::io;

use super::free::{Trial, try_all};
use crate::sys::sockets;

/// Below it, a port is for root on Unix; on Linux unless `net.ipv4.ip_unprivileged_port_start`
/// says otherwise.
const FIRST_UNPRIVILEGED: u16 = 1024;

/// Why the system refuses a port that nobody holds. To try again helps nobody: another port does.
///
/// ```
/// use sidecar_lifecycle::ports::Barred;
///
/// /// The port that a page proposes instead.
/// fn instead(port: u16, why: Barred) -> u16 {
///     match why {
///         Barred::Privileged => port + 8000,
///         _ => port + 1,
///     }
/// }
/// assert_eq!(instead(80, Barred::Privileged), 8080);
/// assert!(Barred::Excluded.to_string().contains("netsh"), "what shows it is named");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Barred {
    /// It is in one of the ranges that Windows keeps for itself: for Hyper-V, WSL 2 and Docker, in
    /// hundreds at a time, and other ones after each start of the machine.
    /// `netsh interface ipv4 show excludedportrange protocol=tcp` lists them.
    Excluded,
    /// It is one of Unix's first 1023, and for root alone.
    Privileged,
    /// The user may not open it for a reason that the system does not tell: a security policy, say.
    Forbidden,
}

impl fmt::Display for Barred {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Barred::Excluded => {
                "Windows keeps it for itself (`netsh interface ipv4 show excludedportrange \
                 protocol=tcp` lists what it has reserved, for Hyper-V, WSL and Docker too): choose \
                 a port outside these ranges"
            }
            Barred::Privileged => {
                "ports below 1024 are for root alone: choose a higher one, or allow it by the \
                 system's settings"
            }
            Barred::Forbidden => {
                "the system does not let this user open it, by a security policy perhaps: choose \
                 another one"
            }
        })
    }
}

/// Whether the system itself refuses a port, on any of the four addresses that [`super::is_free`]
/// tests, while nobody is seen to listen on it. `None` for a port that is free or held.
///
/// ```
/// use sidecar_lifecycle::ports;
///
/// let server = std::net::TcpListener::bind("127.0.0.1:0")?;
/// let port = server.local_addr()?.port();
/// assert_eq!(ports::barred(port), None, "it is held, and by somebody");
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn barred(port: u16) -> Option<Barred> {
    let refused = try_all(port)
        .into_iter()
        .filter_map(|(_, trial)| match trial {
            Trial::Refused(e) => Some(e.kind()),
            Trial::Free | Trial::Missing => None,
        });
    // Nobody is asked for while nothing is refused: on Windows that is the whole table.
    let refused: Vec<_> = refused.collect();
    if !refused.contains(&io::ErrorKind::PermissionDenied) {
        return None;
    }
    let listened = sockets::listeners(Some(port)).map_or(true, |found| !found.is_empty());
    why(&refused, listened, port, cfg!(windows))
}

/// What a port's refusals mean. `listened`: somebody listens on it, or that cannot be known.
fn why(refused: &[io::ErrorKind], listened: bool, port: u16, windows: bool) -> Option<Barred> {
    // Windows answers the same for a port that another program has to itself
    // (`SO_EXCLUSIVEADDRUSE`), and on Unix a holder is the better reason to tell, though not the
    // only one. Where one address is in use, somebody uses it who does not listen.
    let held = listened || refused.contains(&io::ErrorKind::AddrInUse);
    if held || !refused.contains(&io::ErrorKind::PermissionDenied) {
        return None;
    }
    Some(if windows {
        Barred::Excluded
    } else if port < FIRST_UNPRIVILEGED {
        Barred::Privileged
    } else {
        Barred::Forbidden
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::ErrorKind::{AddrInUse, Other, PermissionDenied};

    #[test]
    fn a_refused_port_that_nobody_holds_is_the_systems_own() {
        let denied = [PermissionDenied; 4];
        assert_eq!(why(&denied, false, 5173, true), Some(Barred::Excluded));
        assert_eq!(why(&denied, false, 80, true), Some(Barred::Excluded));
        assert_eq!(why(&denied, false, 80, false), Some(Barred::Privileged));
        assert_eq!(why(&denied, false, 1023, false), Some(Barred::Privileged));
        assert_eq!(why(&denied, false, 1024, false), Some(Barred::Forbidden));
        // The ranges of IPv4 and IPv6 are two lists.
        let one = &denied[..1];
        assert_eq!(why(one, false, 5173, true), Some(Barred::Excluded));
    }

    #[test]
    fn a_port_that_somebody_has_is_held_and_not_the_systems() {
        for windows in [true, false] {
            assert_eq!(why(&[], false, 5173, windows), None, "free");
            assert_eq!(why(&[AddrInUse; 4], true, 5173, windows), None);
            assert_eq!(why(&[AddrInUse; 4], false, 5173, windows), None);
            assert_eq!(why(&[Other], false, 5173, windows), None);
            // A service that listens there with the port to itself.
            assert_eq!(why(&[PermissionDenied; 2], true, 80, windows), None);
            // Bound by somebody who does not listen yet.
            let mixed = [PermissionDenied, AddrInUse];
            assert_eq!(why(&mixed, false, 5173, windows), None);
        }
    }

    #[test]
    fn what_is_said_names_the_cause_and_what_helps() {
        for (why, cause) in [
            (Barred::Excluded, "Windows keeps it for itself"),
            (Barred::Privileged, "root"),
            (Barred::Forbidden, "does not let this user"),
        ] {
            let said = why.to_string();
            assert!(said.contains(cause) && said.contains("choose"), "{said}");
        }
    }
}
