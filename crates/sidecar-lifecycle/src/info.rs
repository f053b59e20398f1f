//! What is known about a sidecar right now.

use std::time::SystemTime;

use serde::Serialize;

use crate::core::{Phase, RunId, Wanted};

/// A sidecar as it is at this moment, see [`Engine::info`](crate::Engine::info).
///
/// ```
/// use sidecar_lifecycle::SidecarInfo;
///
/// fn describe(info: &SidecarInfo) -> String {
///     match (&info.url, &info.failure) {
///         (_, Some(failure)) => format!("{} was given up: {failure}", info.id),
///         (Some(url), _) if info.is_healthy => format!("{} is at {url}", info.id),
///         _ => format!("{} is {:?}", info.id, info.state),
///     }
/// }
/// assert_eq!(describe(&SidecarInfo::idle("api")), "api is Idle");
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[non_exhaustive]
pub struct SidecarInfo {
    /// Its id.
    pub id: String,
    /// What is observed.
    pub state: Phase,
    /// What is wanted.
    pub wanted: Wanted,
    /// Whether processes of it run.
    pub is_running: bool,
    /// Whether its checks pass.
    pub is_healthy: bool,
    /// The leader.
    pub pid: Option<u32>,
    /// The run that the leader belongs to; none while none has been spawned.
    pub run: Option<RunId>,
    /// The port that it listens on.
    pub port: Option<u16>,
    /// Its URL, once ready.
    pub url: Option<String>,
    /// How long it has been ready, in seconds.
    pub uptime_seconds: u64,
    /// New runs after the first, asked for or not.
    pub restart_count: u64,
    /// When its health was last asked and answered; in JSON as RFC 3339. Before it is ready, a check
    /// that fails is no news.
    #[serde(serialize_with = "crate::ports::rfc3339::serialize")]
    #[cfg_attr(test, ts(type = "string | null"))]
    pub last_health_check: Option<SystemTime>,
    /// What it was given up for.
    pub failure: Option<String>,
}

impl SidecarInfo {
    /// A sidecar that was declared and never started.
    ///
    /// ```
    /// use sidecar_lifecycle::{Phase, SidecarInfo};
    ///
    /// let info = SidecarInfo::idle("api");
    /// assert_eq!((info.state, info.is_running), (Phase::Idle, false));
    /// ```
    pub fn idle(id: &str) -> SidecarInfo {
        SidecarInfo {
            id: id.to_owned(),
            state: Phase::Idle,
            wanted: Wanted::Down,
            is_running: false,
            is_healthy: false,
            pid: None,
            run: None,
            port: None,
            url: None,
            uptime_seconds: 0,
            restart_count: 0,
            last_health_check: None,
            failure: None,
        }
    }
}
