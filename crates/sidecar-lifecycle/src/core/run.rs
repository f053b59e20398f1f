//! What a sidecar remembers of its current run.

use std::time::Duration;

use super::effect::{Effect, Notice, Order};
use super::ids::{RunId, RunIds, SidecarId};
use super::threshold::InARow;
use super::time::Mono;

/// One spawn, from `Prepare` until its tree is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) id: RunId,
    /// The port that was picked.
    pub(super) port: Option<u16>,
    /// The leader. `None` until the spawner has told of it: until then nobody else was told
    /// either, and no `Stopped` is owed.
    pub(super) pid: Option<u32>,
    pub(super) spawned_at: Mono,
    /// Its leader was not spawned for it, but found: an earlier host has left it.
    pub(super) adopted: bool,
    /// Set at the first ready.
    pub(super) ready: Option<Ready>,
    /// Since when it is unhealthy, while it is.
    pub(super) unhealthy_at: Option<Mono>,
    /// Whether the leader's end was seen.
    pub(super) exited: bool,
    /// Liveness failures.
    pub(super) dead: InARow,
    /// Readiness failures.
    pub(super) unready: InARow,
    /// Readiness passes while it is unhealthy.
    pub(super) recovered: InARow,
    pub(super) ending: Option<Ending>,
}

impl Run {
    pub(super) fn new(id: RunId) -> Run {
        Run {
            id,
            port: None,
            pid: None,
            spawned_at: Mono::default(),
            adopted: false,
            ready: None,
            unhealthy_at: None,
            exited: false,
            dead: InARow::default(),
            unready: InARow::default(),
            recovered: InARow::default(),
            ending: None,
        }
    }

    pub(super) fn id(&self) -> RunId {
        self.id
    }
}

/// What was found when it was ready first, to be told again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ready {
    pub(super) at: Mono,
    pub(super) port: Option<u16>,
    pub(super) url: Option<String>,
    /// From the spawn.
    pub(super) took: Duration,
}

/// A tree that is being ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ending {
    /// The first signal, or the leader's own end.
    pub(super) since: Mono,
    /// Whether `Stopping` was published: once a run at the most.
    pub(super) told: bool,
    pub(super) then: Then,
}

/// What follows once the tree is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Then {
    /// Nothing: it is wanted down.
    Rest,
    /// A new run: a user wants one.
    Again,
    /// It crashed; the restart policy decides.
    Crashed {
        /// What happened, in words.
        reason: String,
        /// Whether it was one crash too many.
        last: bool,
    },
    /// A new run at once: its port is taken, and another one will do.
    Elsewhere,
    /// Its leader ended well; the restart policy decides.
    Ended,
}

/// What one call of `step` or `tick` works with.
pub(super) struct Turn<'a> {
    pub(super) now: Mono,
    pub(super) ids: &'a mut RunIds,
    pub(super) out: &'a mut Vec<Effect>,
}

impl Turn<'_> {
    pub(super) fn order(&mut self, sidecar: SidecarId, order: Order) {
        self.out.push(Effect { sidecar, order });
    }

    pub(super) fn publish(&mut self, sidecar: SidecarId, notice: Notice) {
        self.order(sidecar, Order::Publish(notice));
    }
}
