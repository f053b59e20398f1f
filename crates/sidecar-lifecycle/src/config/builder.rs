//! The configuration, setter by setter.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use super::HealthCheck;
use super::sidecar::{ConfigError, Liveness, SidecarConfig, StdinMode};
use crate::core::Restart;
use crate::ports::PortWish;

/// Collects a [`SidecarConfig`].
///
/// ```
/// use sidecar_lifecycle::{HealthCheck, SidecarConfig};
///
/// let config = SidecarConfig::builder()
///     .name("pnpm")
///     .args(["dev", "--port", "{port}"])
///     .port_range(5173, 5180)
///     .health_check(HealthCheck::http("/"))
///     .build()?;
/// # Ok::<(), sidecar_lifecycle::ConfigError>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct SidecarBuilder(SidecarConfig);

impl Default for SidecarBuilder {
    fn default() -> Self {
        SidecarBuilder(SidecarConfig {
            program: PathBuf::new(),
            args: Vec::new(),
            env: std::collections::BTreeMap::new(),
            clear_env: false,
            cwd: None,
            port: PortWish::None,
            preferred_port: None,
            port_variable: Some("PORT".to_owned()),
            check: None,
            any_http_status: false,
            own_listener: true,
            ready_timeout: Duration::from_mins(2),
            liveness: None,
            grace: Duration::from_secs(5),
            stop_signal: crate::sys::STOP_SIGNAL,
            restart: Restart::Never,
            restart_unready: true,
            max_restarts: 5,
            backoff: Duration::from_millis(250),
            log_file: None,
            stdin: StdinMode::Silent,
            keep: crate::guardian::DEFAULT_KEEP
                .iter()
                .map(ToString::to_string)
                .collect(),
        })
    }
}

impl SidecarBuilder {
    /// The program, by a name that is looked for on the PATH.
    pub fn name(self, name: impl Into<PathBuf>) -> Self {
        self.program(name)
    }

    /// The program, by its path. A relative one counts from the working folder.
    pub fn program(mut self, program: impl Into<PathBuf>) -> Self {
        self.0.program = program.into();
        self
    }

    /// Its arguments. `{port}` in one is replaced by the chosen port, and so is `auto` after
    /// `--port`.
    pub fn args<I, A>(mut self, args: I) -> Self
    where
        I: IntoIterator<Item = A>,
        A: Into<OsString>,
    {
        self.0.args = args.into_iter().map(Into::into).collect();
        self
    }

    /// Sets an environment variable.
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.0.env.insert(name.into(), value.into());
        self
    }

    /// Sets many.
    pub fn envs<I, K, V>(mut self, vars: I) -> Self
    where
        I: IntoIterator<Item = (K, V)>,
        K: Into<OsString>,
        V: Into<OsString>,
    {
        self.0
            .env
            .extend(vars.into_iter().map(|(k, v)| (k.into(), v.into())));
        self
    }

    /// Leaves the caller's own environment out: what was set here is all.
    pub fn clear_env(mut self, clear: bool) -> Self {
        self.0.clear_env = clear;
        self
    }

    /// The working folder.
    pub fn cwd(mut self, folder: impl Into<PathBuf>) -> Self {
        self.0.cwd = Some(folder.into());
        self
    }

    /// Which port it shall listen on.
    pub fn port(mut self, wish: PortWish) -> Self {
        self.0.port = wish;
        self
    }

    /// The first free port from `first` to `last`, both included.
    pub fn port_range(self, first: u16, last: u16) -> Self {
        self.port(PortWish::Range(first, last))
    }

    /// Asked for before any other that the wish allows.
    pub fn preferred_port(mut self, port: Option<u16>) -> Self {
        self.0.preferred_port = port;
        self
    }

    /// The variable that tells the sidecar its port; `PORT` unless set.
    pub fn port_variable(mut self, name: impl Into<String>) -> Self {
        self.0.port_variable = Some(name.into());
        self
    }

    /// When it is ready. Without a check it is ready as soon as it runs.
    pub fn health_check(mut self, check: HealthCheck) -> Self {
        self.0.check = Some(check);
        self
    }

    /// Any answer to the HTTP check counts, whatever its status: a development server shows its
    /// own error page with a 500, and that page is what its user must see.
    pub fn any_http_status(mut self, any: bool) -> Self {
        self.0.any_http_status = any;
        self
    }

    /// Whether a listener must belong to the sidecar's own tree (it must, unless set). A server
    /// in a container listens in another process tree.
    pub fn own_listener(mut self, required: bool) -> Self {
        self.0.own_listener = required;
        self
    }

    /// From spawn to ready at the most; then it counts as crashed. 120 s unless set.
    pub fn ready_timeout(mut self, limit: Duration) -> Self {
        self.0.ready_timeout = limit;
        self
    }

    /// Repeats the check once it is ready; three failures in a row count as a crash.
    pub fn liveness(mut self, interval: Duration) -> Self {
        self.0.liveness = Some(Liveness {
            interval,
            failures: 3,
        });
        self
    }

    /// From the stop signal to force. 5 s unless set.
    pub fn graceful_shutdown_timeout(mut self, grace: Duration) -> Self {
        self.0.grace = grace;
        self
    }

    /// The stop signal, by number (Unix; TERM unless set). The whole tree gets it.
    pub fn stop_signal(mut self, signal: i32) -> Self {
        self.0.stop_signal = signal;
        self
    }

    /// Whether a new run follows a crash.
    pub fn auto_restart(self, on: bool) -> Self {
        self.restart(if on {
            Restart::OnFailure
        } else {
            Restart::Never
        })
    }

    /// When a new run follows. Never, unless set.
    pub fn restart(mut self, when: Restart) -> Self {
        self.0.restart = when;
        self
    }

    /// Whether a run that crashed before it was ready is followed by another one. It is, unless
    /// set: a server that never came up in a desktop app is better shown to its user.
    pub fn restart_unready(mut self, on: bool) -> Self {
        self.0.restart_unready = on;
        self
    }

    /// Given up after so many crashes within a minute. 5 unless set.
    pub fn max_restart_attempts(mut self, max: u32) -> Self {
        self.0.max_restarts = max;
        self
    }

    /// The first delay before a new run; doubles with each crash. 250 ms unless set.
    pub fn restart_backoff(mut self, first: Duration) -> Self {
        self.0.backoff = first;
        self
    }

    /// Keeps the output in this file. It is begun anew by the first run of an engine; later runs
    /// append to it.
    pub fn log_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.0.log_file = Some(path.into());
        self
    }

    /// What it reads from.
    pub fn stdin(mut self, mode: StdinMode) -> Self {
        self.0.stdin = mode;
        self
    }

    /// Executables that are released and not ended when they are found in its tree.
    pub fn keep<I, S>(mut self, names: I) -> Self
    where
        I: IntoIterator<Item = S>,
        S: Into<String>,
    {
        self.0.keep = names.into_iter().map(Into::into).collect();
        self
    }

    /// The finished configuration.
    pub fn build(self) -> Result<SidecarConfig, ConfigError> {
        self.0.validate()?;
        Ok(self.0)
    }
}
