//! The configuration, setter by setter.

mod health;
mod hooks;
mod program;
mod supervision;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use super::{ConfigError, Hooks, SidecarConfig, StdinMode, StdoutMode};
use crate::core::{Leftovers, OnDependencyRestart, Restart};
use crate::ports::PortWish;

/// Collects a [`SidecarConfig`].
///
/// ```
/// use sidecar_lifecycle::{HealthCheck, SidecarConfig};
///
/// let config = SidecarConfig::builder()
///     .name("pnpm")
///     .args(["dev", "--port", "{port}"])
///     .port_range(5173..=5180)
///     .health_check(HealthCheck::http("/"))
///     .build()?;
/// # Ok::<(), sidecar_lifecycle::ConfigError>(())
/// ```
///
/// What is wrong is told by [`build`](SidecarBuilder::build), all of it at once:
///
/// ```
/// use sidecar_lifecycle::{HealthCheck, SidecarConfig};
///
/// let error = SidecarConfig::builder().health_check(HealthCheck::http("health")).build().unwrap_err();
/// let places: Vec<&str> = error.problems.iter().map(|p| p.path.as_str()).collect();
/// assert_eq!(places, ["name", "healthCheck", "healthCheck.path"]);
/// ```
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct SidecarBuilder(SidecarConfig);

impl Default for SidecarBuilder {
    fn default() -> Self {
        SidecarBuilder(SidecarConfig {
            program: PathBuf::new(),
            args: Vec::new(),
            env: BTreeMap::new(),
            clear_env: false,
            cwd: None,
            port: PortWish::None,
            preferred_port: None,
            port_variable: Some("PORT".to_owned()),
            check: None,
            any_http_status: false,
            own_listener: true,
            ready_timeout: Duration::from_mins(2),
            startup_interval: None,
            check_timeout: None,
            success_threshold: 1,
            readiness: None,
            liveness: None,
            grace: Duration::from_secs(5),
            stop_signal: crate::sys::STOP_SIGNAL,
            stop_input: None,
            restart: Restart::Never,
            restart_unready: true,
            max_restarts: 5,
            restart_window: Duration::from_mins(1),
            backoff: Duration::from_millis(250),
            backoff_cap: Duration::from_secs(30),
            success_codes: vec![0],
            permanent_codes: Vec::new(),
            cleanup_on_start: true,
            process_name_pattern: None,
            depends_on: Vec::new(),
            on_dependency_restart: OnDependencyRestart::Ignore,
            log_file: None,
            log_limit: 10 << 20,
            log_files: 3,
            stdin: StdinMode::Silent,
            stdout: StdoutMode::Lines,
            leftovers: Leftovers::End,
            keep: crate::guardian::DEFAULT_KEEP
                .iter()
                .map(ToString::to_string)
                .collect(),
            hooks: Hooks::default(),
        })
    }
}

/// Goes on with a finished configuration: one from JSON has no closures yet.
///
/// ```
/// use sidecar_lifecycle::{SidecarBuilder, SidecarConfig};
///
/// let config = SidecarConfig::from_json(r#"{ "name": "api", "port": "auto" }"#)?;
/// let config = SidecarBuilder::from(config)
///     .on_crash(|crash| eprintln!("{crash}"))
///     .build()?;
/// # Ok::<(), sidecar_lifecycle::ConfigError>(())
/// ```
impl From<SidecarConfig> for SidecarBuilder {
    fn from(config: SidecarConfig) -> SidecarBuilder {
        SidecarBuilder(config)
    }
}

impl SidecarBuilder {
    /// The finished configuration.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with its place.
    ///
    /// ```
    /// # use sidecar_lifecycle::SidecarConfig;
    /// let wrong = SidecarConfig::builder().build().unwrap_err();
    /// println!("{wrong}"); // All that is wrong, each with its place.
    /// ```
    pub fn build(self) -> Result<SidecarConfig, ConfigError> {
        self.0.validate()?;
        Ok(self.0)
    }

    /// The configuration as it is, for whoever validates it himself.
    pub(in crate::config) fn unchecked(self) -> SidecarConfig {
        self.0
    }
}
