//! What is wanted and what is: two fields, never one.

use serde::{Deserialize, Serialize};

/// What the user wants.
///
/// ```
/// use sidecar_lifecycle::{Phase, SidecarInfo, Wanted};
///
/// /// What a list shows besides the phase: a sidecar that is idle for good looks like one whose turn
/// /// has not come.
/// fn mark(info: &SidecarInfo) -> &'static str {
///     match (info.wanted, info.state) {
///         (Wanted::Up, Phase::Idle | Phase::Waiting | Phase::Preparing) => "on its way",
///         (Wanted::Down, Phase::Stopping) => "on its way out",
///         (Wanted::Up | Wanted::Down, _) => "",
///     }
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Wanted {
    /// It shall run.
    Up,
    /// It shall not.
    #[default]
    Down,
}

/// What is observed.
///
/// ```
/// use sidecar_lifecycle::Phase;
///
/// /// The word that a window has for it.
/// fn word(phase: Phase) -> &'static str {
///     match phase {
///         Phase::Idle => "Stopped",
///         Phase::Preparing | Phase::Starting => "Starting",
///         Phase::Ready => "Running",
///         Phase::Unhealthy => "Not answering",
///         Phase::Stopping => "Stopping",
///         Phase::Waiting => "Starting again soon",
///         Phase::Failed => "Failed",
///     }
/// }
/// assert_eq!(word(Phase::Ready), "Running");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
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
    ///
    /// ```
    /// use sidecar_lifecycle::Phase;
    ///
    /// assert!(Phase::Stopping.may_have_processes(), "its port may still be bound");
    /// assert!(!Phase::Waiting.may_have_processes());
    /// ```
    pub fn may_have_processes(self) -> bool {
        matches!(
            self,
            Phase::Starting | Phase::Ready | Phase::Unhealthy | Phase::Stopping
        )
    }
}
