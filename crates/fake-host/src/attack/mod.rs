//! The kill matrix: who is killed, how, and with which tree below; what is expected of each
//! combination, written down before anything is tried; and one run of one of them.
//!
//! `tests/matrix` tries each a few times, `src/bin/attack.rs` as often as there is time for.
#![expect(clippy::missing_panics_doc, reason = "a test fails by panicking")]

mod cell;
mod command;
mod expectation;
mod onlooker;
mod run;
mod statistics;

pub use cell::{Cell, How, Tree, Victim};
pub use command::main;
pub use expectation::{Expectation, expected};
pub use run::{GRACE, Seen, prepare, try_once};
pub use statistics::{Spread, spread};
