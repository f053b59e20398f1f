//! What is wanted and what is: two fields, never one.

use serde::{Deserialize, Serialize};

/// What the user wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wanted {
    /// It shall run.
    Up,
    /// It shall not.
    #[default]
    Down,
}

/// What is observed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Nothing runs.
    #[default]
    Idle,
    /// The port is being picked and freed, the program looked for.
    Preparing,
    /// Spawned (or being spawned), not yet ready.
    Starting,
    /// The checks passed.
    Ready,
    /// Liveness failed; a restart may follow.
    Unhealthy,
    /// The tree is being ended.
    Stopping,
    /// Backoff before the next run.
    Waiting,
    /// Given up.
    Failed,
}

impl Phase {
    /// Whether processes of this sidecar may exist in this phase.
    pub fn may_have_processes(self) -> bool {
        matches!(
            self,
            Phase::Starting | Phase::Ready | Phase::Unhealthy | Phase::Stopping
        )
    }
}
