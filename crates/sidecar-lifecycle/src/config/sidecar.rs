//! The finished configuration.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use super::{HealthCheck, SidecarBuilder};
use crate::core::{Policy, Restart};
use crate::ports::PortWish;

/// What the sidecar reads from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StdinMode {
    /// A pipe that stays open and silent: a prompt waits for ever instead of reading garbage, and
    /// a server that exits at the end of its input does not.
    #[default]
    Silent,
    /// End of input at once.
    Null,
}

/// Checks after readiness.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Liveness {
    /// Between two checks.
    pub interval: Duration,
    /// Failures in a row that count as lost.
    pub failures: u32,
}

/// How one sidecar is run. Made by [`SidecarConfig::builder`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SidecarConfig {
    /// The program: a path, or a name that is looked for on the PATH of `env`.
    pub program: PathBuf,
    /// Its arguments. `{port}` is replaced by the chosen port.
    pub args: Vec<OsString>,
    /// Added to the environment (or all of it, see `clear_env`).
    pub env: BTreeMap<OsString, OsString>,
    /// Whether the caller's own environment is left out.
    pub clear_env: bool,
    /// The working folder; `None` is the caller's.
    pub cwd: Option<PathBuf>,
    /// Which port.
    pub port: PortWish,
    /// Asked for first, if the wish allows it: a moved port loses a web page's storage.
    pub preferred_port: Option<u16>,
    /// The variable that tells the sidecar its port.
    pub port_variable: Option<String>,
    /// When it is ready. `None`: as soon as it runs.
    pub check: Option<HealthCheck>,
    /// Any HTTP status counts as ready.
    pub any_http_status: bool,
    /// A listener must belong to our tree.
    pub own_listener: bool,
    /// From spawn to ready at the most.
    pub ready_timeout: Duration,
    /// Whether it is checked after it became ready.
    pub liveness: Option<Liveness>,
    /// From the stop signal to force.
    pub grace: Duration,
    /// The stop signal (Unix). The whole tree gets it.
    pub stop_signal: i32,
    /// When a new run follows.
    pub restart: Restart,
    /// Whether a run that crashed before it was ready is followed by another one.
    pub restart_unready: bool,
    /// Given up after so many crashes within a minute.
    pub max_restarts: u32,
    /// First backoff.
    pub backoff: Duration,
    /// Where its output is kept. `None`: only the last lines, in memory.
    pub log_file: Option<PathBuf>,
    /// What it reads from.
    pub stdin: StdinMode,
    /// Executables that are released and not ended, see [`crate::guardian::DEFAULT_KEEP`].
    pub keep: Vec<String>,
}

/// Why a configuration cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// No program was named.
    #[error("no program to run: name one with `.name(…)` or `.program(…)`")]
    NoProgram,
    /// A readiness check needs a port and none is chosen.
    #[error("the {check} check needs a port: choose one with `.port(…)`")]
    NoPort {
        /// Which check.
        check: &'static str,
    },
    /// An HTTP path must begin with a slash.
    #[error("the HTTP check's path {path:?} must begin with `/`")]
    BadPath {
        /// As given.
        path: String,
    },
    /// Liveness without something to check.
    #[error("liveness needs a readiness check: there is nothing to ask")]
    NothingToCheck,
}

impl SidecarConfig {
    /// Begins a configuration with the defaults of the headless command.
    pub fn builder() -> SidecarBuilder {
        SidecarBuilder::default()
    }

    /// What the core decides by.
    pub(crate) fn policy(&self) -> Policy {
        Policy {
            has_check: self.check.is_some(),
            has_liveness: self.liveness.is_some(),
            ready_timeout: self.ready_timeout,
            grace: self.grace,
            restart: self.restart,
            restart_unready: self.restart_unready,
            max_restarts: self.max_restarts,
            backoff: self.backoff,
            liveness_failures: self.liveness.map_or(3, |l| l.failures),
            ..Policy::default()
        }
    }

    /// Whether a chosen port has to be written into an argument.
    pub(crate) fn validate(&self) -> Result<(), ConfigError> {
        if self.program.as_os_str().is_empty() {
            return Err(ConfigError::NoProgram);
        }
        let has_port = self.port != PortWish::None;
        match &self.check {
            Some(HealthCheck::Http { path, .. }) => {
                if !has_port {
                    return Err(ConfigError::NoPort { check: "HTTP" });
                }
                if !path.starts_with('/') {
                    return Err(ConfigError::BadPath { path: path.clone() });
                }
            }
            Some(HealthCheck::Tcp { port: None, .. }) if !has_port => {
                return Err(ConfigError::NoPort { check: "TCP" });
            }
            None if self.liveness.is_some() => return Err(ConfigError::NothingToCheck),
            Some(HealthCheck::Tcp { .. } | HealthCheck::Command { .. }) | None => {}
        }
        Ok(())
    }
}
