//! The pure core: what is decided, and nothing of how it is done.
//!
//! No I/O, no clock, no randomness, no `unsafe`: `now` and a seed are arguments. Facts go in as
//! [`Input`], orders come out as [`Effect`]. Its door is [`Fleet`].
//!
//! # Phases
//!
//! ```text
//!            start          Prepared          Spawned, CheckPassed
//!   Idle ────────► Preparing ──────► Starting ────────────────────► Ready
//!    ▲               ▲    │             │ │                         │  │
//!    │               │    │ it cannot   │ │ stop, restart, exit,    │  │ liveness
//!    │       backoff │    │ be spawned  │ │ ready time-out          │  │ lost
//!    │       is over │    ▼             │ │                         │  ▼
//!    │               │  Failed ◄────────┘ │                  stop,  │ Unhealthy
//!    │               │    ▲               │               restart,  │  │
//!    │            Waiting │ given up, or  │                   exit  │  │ at once
//!    │               ▲    │ survivors     ▼                         ▼  ▼
//!    └───────────────┴────┴─────────── Stopping ◄──────────────────────┘
//!          when the tree is gone       ask, grace, force
//! ```
//!
//! From `Stopping` it goes straight to `Preparing` when a user wants a new run. A stop leads from
//! `Preparing` and `Waiting` to `Idle` at once; a start leads from `Waiting` and `Failed` to
//! `Preparing`. `Unhealthy` is told and left within one step.
//!
//! # The grammar of notices
//!
//! Of one sidecar, given that the shell answers each order as [`Order`] says:
//!
//! ```text
//! sidecar = { run } ;
//! run     = [ life ], [ restarting | failed ] ;
//! life    = spawned, [ ready, [ unhealthy ] ], ( asked | ended ), stopped
//!         | stopping, [ spawned, [ exited ], stopped ] ;
//! asked   = [ crashed ], stopping, [ exited ] ;
//! ended   = [ exited ], [ crashed ], [ stopping ] ;
//! ```
//!
//! - `crashed` before `stopping` is a start that timed out or lost liveness; after `exited` it is
//!   an end that nobody asked for. A clean end has no `crashed`.
//! - `stopping` after `exited` is a user's stop that came while the rest of the tree was ended.
//! - The second line of `life` is a stop that overtook the spawn.
//! - `stopped` follows each `spawned` exactly once, and no new run begins before it.
//! - `phase_changed` comes after what explains it, and with the same phase twice when only the
//!   wanted state has changed.

mod backoff;
#[cfg(test)]
mod bench;
mod crashing;
mod effect;
mod fleet;
mod health;
mod ids;
mod input;
mod moving;
mod policy;
mod random;
mod run;
mod sidecar;
mod starting;
mod state;
mod stopping;
mod threshold;
mod time;
mod timers;

pub use effect::{Effect, Notice, Order};
pub use fleet::Fleet;
pub use ids::{RunId, SidecarId};
pub use input::{ExitStatus, Fact, Input};
pub use policy::{Policy, Restart};
pub use sidecar::Sidecar;
pub use state::{Phase, Wanted};
pub use time::Mono;
