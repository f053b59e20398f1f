//! Hosts, sidecars and the process table, as tests want them.
//!
//! Everything here panics when a test cannot go on; that is how tests fail.
#![expect(clippy::missing_panics_doc, reason = "a test fails by panicking")]

mod family;
mod grammar;
mod host;
#[cfg(windows)]
mod last_thread;
mod papers;
mod ports;
mod programs;
mod setup;
mod table;
#[cfg(unix)]
mod terminal;
#[cfg(not(unix))]
mod terminal {
    /// There are none that could be closed.
    pub(super) type Terminal = std::convert::Infallible;
}
mod waiting;
#[path = "../../../sidecar-lifecycle/tests/support/wine.rs"]
mod wine;

pub use family::Family;
pub use grammar::Grammar;
pub use host::Host;
pub use papers::sealed;
pub use ports::{free_port, two_free_ports};
#[cfg(unix)]
pub use programs::SETSID;
pub use programs::{example, fake_host, fake_sidecar, sidecar};
pub use setup::{Setup, args, args_for};
pub use table::{GUARDIAN, Process, STANDBY};
#[cfg(unix)]
pub use table::{kill, processes_marked, processes_with};
pub use waiting::{DEADLINE, eventually, eventually_some, reaches};

/// Whether this is Wine, which cannot do all that Windows can.
pub fn is_wine() -> bool {
    wine::is_here()
}

/// Who the system says holds a listener of process `pid` on `addr`: nobody, where Wine does not know.
pub fn named_owner(addr: std::net::IpAddr, pid: u32) -> Option<u32> {
    wine::owner(addr, pid)
}
