//! The numbers and choices that the core decides by.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// When a new run follows an end that was not asked for.
///
/// ```
/// use sidecar_lifecycle::{Restart, SidecarConfig};
///
/// // A worker that ends when its queue is empty, and is wanted again all the same.
/// let worker = SidecarConfig::builder().name("worker").restart(Restart::Always).build()?;
/// assert_eq!(SidecarConfig::from_json(r#"{ "name": "worker", "restart": "always" }"#)?, worker);
/// # Ok::<(), sidecar_lifecycle::ConfigError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(
    test,
    derive(schemars::JsonSchema),
    schemars(description = "When a new run follows an end that was not asked for.")
)]
pub enum Restart {
    /// Never.
    #[default]
    Never,
    /// After a crash: an exit outside the success set, a start that timed out, lost liveness.
    OnFailure,
    /// After any end that was not asked for.
    Always,
}

/// What becomes of a sidecar whose host ends without having stopped it.
///
/// ```
/// use sidecar_lifecycle::{Leftovers, SidecarConfig};
///
/// // Lives on when its app ends, and the app's next launch looks after it again.
/// # #[cfg(target_os = "linux")] {
/// let config = SidecarConfig::builder()
///     .name("redis-server")
///     .log_file("/var/tmp/shop/redis.log")
///     .leftovers(Leftovers::Adopt)
///     .build()?;
/// # }
/// # Ok::<(), sidecar_lifecycle::ConfigError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(
    test,
    derive(schemars::JsonSchema),
    schemars(description = "What becomes of a sidecar whose host ends without having stopped it.")
)]
pub enum Leftovers {
    /// It is ended with its host, and what should be left all the same, at the next start.
    #[default]
    End,
    /// It lives on, and is nobody's from then on.
    Keep,
    /// It lives on, and is looked after again when it is started next.
    Adopt,
}

/// What the core needs to know of a sidecar's configuration.
///
/// ```
/// use std::time::Duration;
/// use sidecar_lifecycle::core::{Policy, Restart};
///
/// // A server that is checked, and tried three times a minute.
/// let server = Policy {
///     has_check: true,
///     restart: Restart::OnFailure,
///     max_restarts: 3,
///     ..Policy::default()
/// };
/// assert_eq!(server.window, Duration::from_secs(60));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Whether there is a readiness check. Without one, ready = spawned.
    pub has_check: bool,
    /// Whether liveness is checked once ready.
    pub has_liveness: bool,
    /// From spawn to ready at the most.
    pub ready_timeout: Duration,
    /// From the first signal to force.
    pub grace: Duration,
    /// From force to giving up on a tree that does not end (processes in uninterruptible sleep).
    pub force_limit: Duration,
    /// Whether a new run follows.
    pub restart: Restart,
    /// Whether a run that crashed before it was ready is followed by another one.
    pub restart_unready: bool,
    /// Given up after this many crashes within `window`; 0 = the first one is final.
    pub max_restarts: u32,
    /// The sliding window of `max_restarts`.
    pub window: Duration,
    /// First backoff; doubles with each crash, with full jitter.
    pub backoff: Duration,
    /// No backoff is longer.
    pub backoff_cap: Duration,
    /// Liveness failures in a row that count as lost.
    pub liveness_failures: u32,
    /// Exit codes that are no failure.
    pub success_codes: Vec<i32>,
    /// Exit codes after which trying again is no use: such an exit is a crash, and the last one,
    /// also if `success_codes` has the code too.
    pub permanent_codes: Vec<i32>,
    /// Whether readiness is checked on after the first ready.
    pub has_readiness: bool,
    /// Readiness failures in a row that make a ready sidecar unhealthy.
    pub readiness_failures: u32,
    /// Readiness passes in a row that make an unhealthy sidecar ready again.
    pub readiness_successes: u32,
    /// Whether its port may be another one than the last: a range, or any.
    pub can_move: bool,
    /// What becomes of it when the host exits.
    pub leftovers: Leftovers,
}

impl Default for Policy {
    fn default() -> Self {
        Policy {
            has_check: false,
            has_liveness: false,
            ready_timeout: Duration::from_mins(2),
            grace: Duration::from_secs(5),
            force_limit: Duration::from_secs(5),
            restart: Restart::Never,
            restart_unready: true,
            max_restarts: 5,
            window: Duration::from_mins(1),
            backoff: Duration::from_millis(250),
            backoff_cap: Duration::from_secs(30),
            liveness_failures: 3,
            success_codes: vec![0],
            permanent_codes: Vec::new(),
            has_readiness: false,
            readiness_failures: 3,
            readiness_successes: 1,
            can_move: false,
            leftovers: Leftovers::End,
        }
    }
}
