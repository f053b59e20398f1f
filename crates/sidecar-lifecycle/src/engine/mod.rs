//! The I/O shell: gathers inputs, performs effects, decides nothing.

mod announce;
mod checks;
mod entry;
mod guardian_lost;
mod handle;
mod ledger;
mod leftovers;
mod message;
mod output;
mod ownership;
mod perform;
mod prepare;
mod probe;
mod readiness;
mod reports;
mod run_loop;
mod shared;
mod spawner;

pub use handle::{Engine, EngineBuilder, ShutdownReport};
