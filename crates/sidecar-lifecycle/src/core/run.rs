//! What a sidecar remembers of its current run.

use super::effect::{Effect, Notice, Order};
use super::ids::{RunId, RunIds, SidecarId};
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
    pub(super) ready_at: Option<Mono>,
    /// Whether the leader's end was seen.
    pub(super) exited: bool,
    /// Liveness failures in a row.
    pub(super) failures: u32,
    pub(super) ending: Option<Ending>,
}

impl Run {
    pub(super) fn new(id: RunId) -> Run {
        Run {
            id,
            port: None,
            pid: None,
            spawned_at: Mono::default(),
            ready_at: None,
            exited: false,
            failures: 0,
            ending: None,
        }
    }
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
