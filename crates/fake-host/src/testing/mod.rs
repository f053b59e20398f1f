//! Hosts, sidecars and the process table, as tests want them.
//!
//! Everything here panics when a test cannot go on; that is how tests fail.
#![expect(clippy::missing_panics_doc, reason = "a test fails by panicking")]

mod family;
mod grammar;
mod host;
mod papers;
mod programs;
mod table;
mod terminal;
mod waiting;

pub use family::Family;
pub use grammar::Grammar;
pub use host::{GUARDIAN, Host, STANDBY, Setup, args, args_for, free_port};
pub use papers::sealed;
pub use programs::{example, fake_host, fake_sidecar, sidecar};
pub use table::{Process, kill, processes_marked, processes_with};
pub use waiting::{DEADLINE, eventually, eventually_some, reaches};
