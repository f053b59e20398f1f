//! The pure core: what is decided, and nothing of how it is done.
//!
//! No I/O, no clock, no randomness, no `unsafe`: `now` and a seed are arguments. Facts go in as
//! [`Input`], orders come out as [`Effect`]. Its door is [`Fleet`].
//!
//! ```
//! use sidecar_lifecycle::core::{Fact, Fleet, Input, Mono, Order, Policy, RunId};
//!
//! let mut fleet = Fleet::new(7);
//! let sidecar = fleet.add("web", Policy::default());
//! let mut orders = Vec::new();
//! fleet.step(Mono::default(), Input { sidecar, fact: Fact::StartRequested }, &mut orders);
//! assert_eq!(orders[0].order, Order::Prepare { run: RunId(1) });
//! ```
//!
//! # Phases
//!
//! ```text
//!            start          Prepared          Spawned, CheckPassed
//!   Idle ────────► Preparing ──────► Starting ────────────────────► Ready ◄───┐
//!    ▲               ▲    │             │ │                         │  │      │
//!    │               │    │ it cannot   │ │ stop, restart, exit,    │  │ not  │ ready
//!    │    backoff is │    │ be spawned  │ │ ready time-out,         │  │ ready│ again
//!    │   over, needs │    ▼             │ │ port taken              │  ▼      │
//!    │       are met │  Failed ◄────────┘ │                  stop,  │ Unhealthy
//!    │               │    ▲               │               restart,  │  │
//!    │            Waiting │ given up, or  │                   exit, │  │ the same, or
//!    │               ▲    │ survivors     ▼                liveness ▼  ▼ lost liveness
//!    └───────────────┴────┴─────────── Stopping ◄──────────────────────┘
//!          when the tree is gone       ask, grace, force
//! ```
//!
//! From `Stopping` it goes straight to `Preparing` when a user wants a new run, when its port was
//! taken, or when what it needs has restarted. A stop leads from `Preparing` and `Waiting` to
//! `Idle` at once; a start leads from `Waiting` and `Failed` to `Preparing`. Whatever leads to
//! `Preparing` leads to `Waiting` instead while a condition of what it needs does not hold, and to
//! `Failed` when it will not come to hold. From `Preparing` a leftover that is taken over leads to
//! `Starting` as a spawn does; if it has ended meanwhile, back to `Preparing`. When the host exits,
//! who is to outlive it goes to `Idle` at once. When liveness is lost, `Unhealthy` is told and left
//! within one step. What cannot be spawned for a reason that may pass by itself is a crash: it leads
//! to `Waiting` if the restart policy says so.
//!
//! # Several sidecars
//!
//! - A start starts what is needed. A stop stops one alone. `StopAllRequested` and `HostExiting`
//!   stop all, who needs somebody before them: until its turn comes a sidecar is wanted down and
//!   runs on. If it ends meanwhile it rests, and a start takes it and what it needs out again.
//! - Who needs somebody waits through their restarts, and fails when they fail or are stopped while
//!   it waits. Who runs is left alone, or restarted with them if its configuration says so.
//! - A roll adds a successor, a sidecar with an id of its own, and ends in exactly one of
//!   `Replace` (the successor is the sidecar now), `roll_failed`, or a stop or restart that was
//!   asked for meanwhile. In all three somebody is ended and, when down, gets `Forget`. If the old
//!   one ends by itself while the successor is on its way, it does not begin again unless the roll
//!   fails.
//!
//! # The grammar of notices
//!
//! Of one sidecar, given that the shell answers each order as [`Order`] says:
//!
//! ```text
//! sidecar = { run } ;
//! run     = [ waiting_for ], [ life | crashed ], [ restarting | failed ] ;
//! life    = begun, [ up ], ( asked | ended ), stopped
//!         | begun, [ up ], released
//!         | stopping, [ begun, [ exited ], stopped ] ;
//! begun   = spawned | adopted ;
//! up      = ready, { unhealthy, ready }, [ unhealthy ] ;
//! asked   = [ crashed | port_taken ], stopping, [ exited ] ;
//! ended   = [ exited ], [ crashed | port_taken ], [ stopping ] ;
//! ```
//!
//! - `crashed` before `stopping` is a start that timed out or lost liveness; after `exited` it is
//!   an end that nobody asked for; in place of a `life` it is a start that failed for a reason that
//!   may pass, such as too many open files. A clean end has no `crashed`.
//! - `port_taken` stands where `crashed` would, and only before `ready`: a new run follows at once.
//! - `stopping` after `exited` is a user's stop that came while the rest of the tree was ended.
//! - The third line of `life` is a stop that overtook the spawn.
//! - `adopted` stands for `spawned` where an earlier host has left the sidecar running, and
//!   `released` for `stopped` where this one does. After `released` comes no other run.
//! - `stopped` or `released` follows each `spawned` and each `adopted` exactly once, and no new run
//!   begins before it.
//! - `waiting_for` may stand between the `restarting` of a run and the next one. A `failed` without
//!   a `life` is about something that never ran: the preparation failed, or what it needs.
//! - `roll_degraded` and `roll_failed` may stand anywhere: what is told of the run goes on around
//!   them.
//! - `phase_changed` comes after what explains it, and with the same phase twice when only the
//!   wanted state has changed.

mod backoff;
#[cfg(test)]
mod bench;
mod crashing;
#[cfg(test)]
mod crew;
mod dependencies;
mod effect;
mod fleet;
mod health;
mod ids;
mod input;
mod links;
mod moving;
mod policy;
mod random;
mod ripple;
mod rolling;
mod run;
mod shutdown_order;
mod sidecar;
mod starting;
mod state;
mod stopping;
mod threshold;
mod time;
mod timers;
mod view;
mod waiting;

pub use dependencies::{Condition, Cycle, Dependency, OnDependencyRestart};
pub use effect::{Effect, Notice, Order};
pub use fleet::Fleet;
pub use ids::{RunId, SidecarId};
pub use input::{ExitStatus, Fact, Input};
pub use policy::{Leftovers, Policy, Restart};
pub use sidecar::Sidecar;
pub use state::{Phase, Wanted};
pub use time::Mono;
