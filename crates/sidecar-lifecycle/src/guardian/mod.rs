//! The process that outlives the host and ends the trees (Unix).
//!
//! See [`start`]. The guardian spawns the sidecars, so that they are its children; it is a
//! subreaper on Linux, so that whoever runs away from a tree becomes its child too; and it holds
//! one end of a socket whose other end closes when the host dies, however it dies.
//!
//! With [`start_with_standby`] there is a second one, which does nothing until the first has died.
//!
//! ```no_run
//! use sidecar_lifecycle::{Engine, Protection, guardian};
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     guardian::start()?; // First of all: it forks.
//!     let engine = Engine::builder("com.example.app", "/var/lib/example/state").build()?;
//!     assert_eq!(engine.protection(), Protection::Guardian);
//!     Ok(())
//! }
//! ```

#[cfg(unix)]
mod birth;
#[cfg(unix)]
mod drains;
#[cfg(unix)]
mod ending;
#[cfg(all(test, unix))]
mod fuzz;
#[cfg(unix)]
mod hunt;
mod keep;
mod keep_list;
#[cfg(unix)]
mod letting_go;
#[cfg(unix)]
mod lineages;
mod no_guardian;
#[cfg(unix)]
mod output;
#[cfg(unix)]
mod pump;
#[cfg(unix)]
mod run;
#[cfg(unix)]
mod settle;
#[cfg(unix)]
mod snapshot;
#[cfg(unix)]
mod spared;
#[cfg(unix)]
mod standby;
#[cfg(unix)]
mod start;
#[cfg(windows)]
#[path = "windows.rs"]
mod start;
#[cfg(unix)]
mod survey;
#[cfg(unix)]
mod tree;
#[cfg(unix)]
pub(crate) mod warden;
#[cfg(unix)]
pub(crate) mod wire;

#[cfg(windows)]
pub(crate) use keep::is_named;
pub(crate) use keep::{bare_name, executable_name, is_used_elsewhere, reason as keep_reason};
pub use keep_list::DEFAULT_KEEP;
pub use no_guardian::NoGuardian;
#[cfg(unix)]
pub(crate) use start::{Standby, take};
pub use start::{start, start_with_standby};
