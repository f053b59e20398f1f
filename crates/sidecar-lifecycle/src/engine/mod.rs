//! The I/O shell: gathers inputs, performs effects, decides nothing.

mod announce;
mod checks;
mod clock;
mod customs;
mod entry;
mod events;
mod guardian_lost;
mod handle;
mod hooks;
pub(crate) mod ledger;
pub(crate) mod leftovers;
mod log_file;
mod log_reader;
mod message;
mod metering;
mod output;
pub(crate) mod ownership;
mod perform;
mod port_memory;
mod port_taken;
mod prepare;
mod probe;
mod question;
mod reports;
mod rolling;
mod run_loop;
mod shared;
mod silence;
mod spawner;
mod stdin;
mod waiters;
mod watch;

pub use events::{EventStream, EventSubscription};
pub use handle::{Engine, EngineBuilder, ShutdownReport};
pub use stdin::{SidecarStdin, StdinError};
