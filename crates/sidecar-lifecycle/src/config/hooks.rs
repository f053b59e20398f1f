//! What a sidecar's user wants to be called for.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use serde::Serialize;

use crate::core::{Phase, RunId, Wanted};
use crate::info::SidecarInfo;

/// A crash: an end that nobody asked for, a start that timed out, lost liveness.
///
/// ```
/// use sidecar_lifecycle::{CrashInfo, SidecarConfig};
///
/// let config = SidecarConfig::builder()
///     .name("api")
///     .on_crash(|info: CrashInfo| eprintln!("{info}"))
///     .build()?;
/// # Ok::<(), sidecar_lifecycle::ConfigError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[non_exhaustive]
pub struct CrashInfo {
    /// The sidecar's id.
    pub id: String,
    /// The run that crashed.
    pub run: RunId,
    /// What happened, in words.
    pub reason: String,
    /// The leader's exit code; `None` when a signal ended it, or when it had not ended.
    pub exit_code: Option<i32>,
    /// The signal that ended the leader.
    pub signal: Option<i32>,
    /// Crashes within the sliding window, this one included.
    pub restart_attempt: u32,
    /// After how many it is given up.
    pub max_attempts: u32,
    /// The last lines that it wrote, oldest first; 20 at the most.
    pub last_lines: Vec<String>,
}

impl fmt::Display for CrashInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} crashed ({} of {}): {}",
            self.id, self.restart_attempt, self.max_attempts, self.reason
        )
    }
}

/// A sidecar's phase or what is wanted of it has changed, see
/// [`on_state_change`](crate::SidecarBuilder::on_state_change).
///
/// ```
/// use sidecar_lifecycle::{Phase, StateChange};
///
/// fn came_up(change: &StateChange) -> bool {
///     change.from != change.to && change.to == Phase::Ready
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StateChange {
    /// The sidecar's id.
    pub id: String,
    /// The phase before.
    pub from: Phase,
    /// The phase now; the same where only the wish has changed.
    pub to: Phase,
    /// What is wanted now.
    pub wanted: Wanted,
}

/// A rolling restart has a new run ready: what was sent to the old one goes to the new one from
/// now on. See [`on_hand_over`](crate::SidecarBuilder::on_hand_over).
///
/// ```
/// use sidecar_lifecycle::HandOver;
///
/// fn line(change: &HandOver) -> String {
///     format!("{}: {:?} -> {:?}", change.id, change.old_port, change.port)
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct HandOver {
    /// The sidecar's id.
    pub id: String,
    /// The run that ends once this is done.
    pub old: RunId,
    /// The old run's port.
    pub old_port: Option<u16>,
    /// The run that takes its place.
    pub new: RunId,
    /// The new run's port.
    pub port: Option<u16>,
    /// The new run's URL.
    pub url: Option<String>,
}

type Hook<T> = Option<Arc<dyn Fn(T) + Send + Sync>>;
type Done = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;
pub(crate) type HandOverHook = Arc<dyn Fn(HandOver) -> Done + Send + Sync>;

/// Closures cannot be compared and say nothing about how the sidecar is run: any two sets of them
/// count as the same, and those that came first stay.
#[derive(Clone, Default)]
pub(crate) struct Hooks {
    pub(crate) crash: Hook<CrashInfo>,
    pub(crate) healthy: Hook<SidecarInfo>,
    pub(crate) state_change: Hook<StateChange>,
    pub(crate) hand_over: Option<HandOverHook>,
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hooks")
            .field("crash", &self.crash.is_some())
            .field("healthy", &self.healthy.is_some())
            .field("state_change", &self.state_change.is_some())
            .field("hand_over", &self.hand_over.is_some())
            .finish()
    }
}

impl PartialEq for Hooks {
    fn eq(&self, _other: &Hooks) -> bool {
        true
    }
}

impl Eq for Hooks {}
