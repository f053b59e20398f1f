//! The finished configuration.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Dependency, HealthCheck, Hooks, Probe, SidecarBuilder};
use crate::core::{Leftovers, OnDependencyRestart, Policy, Restart};
use crate::ports::PortWish;

/// What the sidecar reads from.
///
/// ```
/// use sidecar_lifecycle::{SidecarConfig, StdinMode};
///
/// // Goes on by itself where a prompt would wait for ever.
/// let config = SidecarConfig::builder().name("installer").stdin(StdinMode::Null).build()?;
/// assert_eq!(SidecarConfig::from_json(r#"{ "name": "installer", "stdin": "null" }"#)?, config);
/// # Ok::<(), sidecar_lifecycle::ConfigError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(
    test,
    derive(schemars::JsonSchema),
    schemars(description = "What the sidecar reads from.")
)]
pub enum StdinMode {
    /// A pipe that stays open and silent: a prompt waits for ever instead of reading garbage, and
    /// a server that exits at the end of its input does not.
    #[default]
    Silent,
    /// End of input at once.
    Null,
    /// A pipe that [`Engine::stdin`](crate::Engine::stdin) writes to, and that stays open until it
    /// is closed there.
    #[cfg_attr(
        test,
        schemars(description = "A pipe that the host writes to, and closes when it wants to.")
    )]
    Piped,
}

/// What becomes of what the sidecar writes to its stdout. Its stderr is lines in any case.
///
/// ```
/// use sidecar_lifecycle::{SidecarConfig, StdinMode, StdoutMode};
///
/// let config = SidecarConfig::builder()
///     .name("rust-analyzer")
///     .stdin(StdinMode::Piped)
///     .stdout(StdoutMode::Raw)
///     .build()?;
/// let json = r#"{ "name": "rust-analyzer", "stdin": "piped", "stdout": "raw" }"#;
/// assert_eq!(SidecarConfig::from_json(json)?, config);
/// # Ok::<(), sidecar_lifecycle::ConfigError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(
    test,
    derive(schemars::JsonSchema),
    schemars(description = "What becomes of what the sidecar writes to its stdout.")
)]
pub enum StdoutMode {
    /// Lines for people: they are logged, and kept in the log file if there is one.
    #[default]
    Lines,
    /// Bytes of a protocol (a language server's, an MCP server's on stdio), for the one reader of
    /// [`Engine::output`](crate::Engine::output). They are neither logged nor kept in a file, and a
    /// sidecar whose bytes nobody takes has to wait.
    #[cfg_attr(
        test,
        schemars(
            description = "Bytes of a protocol, for the host's program. They are not logged, and a sidecar whose bytes nobody takes has to wait."
        )
    )]
    Raw,
}

/// How one sidecar is run. Made by [`SidecarConfig::builder`], which explains each field.
///
/// Fields can be changed afterwards; [`Engine::declare`](crate::Engine::declare) validates again.
///
/// ```
/// use std::time::Duration;
/// use sidecar_lifecycle::SidecarConfig;
///
/// let mut api = SidecarConfig::builder().name("api").args(["--watch"]).build()?;
/// assert_eq!(api.grace, Duration::from_secs(5));
/// api.env.insert("LOG_LEVEL".into(), "debug".into());
/// # Ok::<(), sidecar_lifecycle::ConfigError>(())
/// ```
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
    /// The variable that tells the sidecar its port, beside `PORT`.
    pub port_variable: Option<String>,
    /// When it is ready. `None`: as soon as it runs.
    pub check: Option<HealthCheck>,
    /// Any HTTP status counts as healthy.
    pub any_http_status: bool,
    /// A listener must belong to our tree.
    pub own_listener: bool,
    /// From spawn to ready at the most.
    pub ready_timeout: Duration,
    /// Between two checks on the way up. `None`: see the builder.
    pub startup_interval: Option<Duration>,
    /// The longest one check may take on the way up. `None`: the check's own.
    pub check_timeout: Option<Duration>,
    /// Passes in a row that make it ready.
    pub success_threshold: u32,
    /// Checked on once it is ready; losing it marks it as unhealthy.
    pub readiness: Option<Probe>,
    /// Checked on once it is ready; losing it is a crash.
    pub liveness: Option<Probe>,
    /// From the stop signal to force.
    pub grace: Duration,
    /// The stop signal (Unix). The whole tree gets it.
    pub stop_signal: i32,
    /// Written to its stdin in place of the stop signal.
    pub stop_input: Option<Vec<u8>>,
    /// When a new run follows.
    pub restart: Restart,
    /// Whether a run that crashed before it was ready is followed by another one.
    pub restart_unready: bool,
    /// Given up after so many crashes within `restart_window`.
    pub max_restarts: u32,
    /// The sliding window of `max_restarts`.
    pub restart_window: Duration,
    /// First backoff.
    pub backoff: Duration,
    /// No backoff is longer.
    pub backoff_cap: Duration,
    /// Exit codes that are no crash.
    pub success_codes: Vec<i32>,
    /// Exit codes after which no restart helps.
    pub permanent_codes: Vec<i32>,
    /// Whether a later start ends what this one should leave behind.
    pub cleanup_on_start: bool,
    /// Which of its leftovers are ended, by the executable's name.
    pub process_name_pattern: Option<String>,
    /// What has to be there before it begins.
    pub depends_on: Vec<Dependency>,
    /// Whether a new run of one of those brings a new one of this.
    pub on_dependency_restart: OnDependencyRestart,
    /// Where its output is kept. `None`: only the last lines, in memory.
    pub log_file: Option<PathBuf>,
    /// Bytes, from which on the next line begins another log file. 0: one file, however long.
    pub log_limit: u64,
    /// How many log files are kept besides the one that is written.
    pub log_files: u32,
    /// What it reads from.
    pub stdin: StdinMode,
    /// What becomes of its stdout.
    pub stdout: StdoutMode,
    /// What becomes of it when its host ends without having stopped it.
    pub leftovers: Leftovers,
    /// Executables that are released and not ended, see [`crate::guardian::DEFAULT_KEEP`].
    pub keep: Vec<String>,
    /// Whom to call.
    pub(crate) hooks: Hooks,
}

impl SidecarConfig {
    /// Begins a configuration with the defaults of the headless command.
    ///
    /// ```
    /// use std::time::Duration;
    /// use sidecar_lifecycle::{Restart, SidecarConfig};
    /// use sidecar_lifecycle::ports::PortWish;
    ///
    /// let web = SidecarConfig::builder().name("pnpm").args(["dev"]).build()?;
    /// assert_eq!((web.port, &web.check), (PortWish::None, &None), "ready as soon as it runs");
    /// assert_eq!((web.restart, web.grace), (Restart::Never, Duration::from_secs(5)));
    /// # Ok::<(), sidecar_lifecycle::ConfigError>(())
    /// ```
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
            window: self.restart_window,
            backoff: self.backoff,
            backoff_cap: self.backoff_cap,
            liveness_failures: self.liveness.as_ref().map_or(3, |p| p.failure_threshold),
            success_codes: self.success_codes.clone(),
            permanent_codes: self.permanent_codes.clone(),
            has_readiness: self.readiness.is_some(),
            readiness_failures: self.readiness.as_ref().map_or(3, |p| p.failure_threshold),
            readiness_successes: self.readiness.as_ref().map_or(1, |p| p.success_threshold),
            can_move: self.port.is_choice(),
            leftovers: self.leftovers,
            ..Policy::default()
        }
    }
}
