//! How it is found out that a sidecar serves.

use std::future::Future;
use std::time::Duration;

use super::custom::{CheckContext, CustomCheck, IntoVerdict};

/// A check of a sidecar's health.
///
/// Besides the check itself, a listener must belong to the sidecar's own tree, or it proves
/// nothing (see [`SidecarBuilder::own_listener`](super::SidecarBuilder::own_listener)).
///
/// ```
/// use std::time::Duration;
/// use sidecar_lifecycle::HealthCheck;
///
/// let page = HealthCheck::Http {
///     path: "/health".into(),
///     timeout: Duration::from_secs(5),
///     interval: HealthCheck::DEFAULT_INTERVAL,
/// };
/// assert!(HealthCheck::DEFAULT_TIMEOUT > Duration::from_secs(5));
/// assert_ne!(page, HealthCheck::http("/health"), "that one is more patient");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum HealthCheck {
    /// An HTTP GET on 127.0.0.1 or `::1` is answered with a status below 500 (or any, see
    /// [`SidecarBuilder::any_http_status`](super::SidecarBuilder::any_http_status)).
    Http {
        /// Path and query, beginning with `/`.
        path: String,
        /// For one request.
        timeout: Duration,
        /// Between checks once it is ready, where a [`Probe`](super::Probe) names no other. On
        /// the way up it is asked more often, see
        /// [`startup_interval`](super::SidecarBuilder::startup_interval).
        interval: Duration,
    },
    /// A connection is accepted, and another one 50 ms later: servers that test their port by
    /// binding it accept the first and refuse the second.
    Tcp {
        /// The port; `None` is the one that was chosen.
        port: Option<u16>,
        /// For one connection.
        timeout: Duration,
    },
    /// A command ends with the expected code. It runs in the sidecar's folder and environment, and
    /// is ended with all that it started when its time is up.
    Command {
        /// The program.
        cmd: String,
        /// Its arguments. `{port}` is replaced.
        args: Vec<String>,
        /// The code that means healthy.
        expected_exit: i32,
    },
    /// An async closure says so, see [`HealthCheck::custom`].
    Custom(CustomCheck),
}

impl HealthCheck {
    /// The longest one probe may take unless told otherwise: a dev server may compile the page
    /// before it answers its first request.
    ///
    /// ```
    /// use std::time::Duration;
    /// use sidecar_lifecycle::HealthCheck;
    ///
    /// let HealthCheck::Tcp { timeout, .. } = HealthCheck::tcp() else { unreachable!() };
    /// assert_eq!(timeout, HealthCheck::DEFAULT_TIMEOUT);
    /// assert_eq!(timeout, Duration::from_secs(30));
    /// ```
    pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);
    /// Between checks of a ready sidecar, unless told otherwise.
    ///
    /// ```
    /// use std::time::Duration;
    /// use sidecar_lifecycle::HealthCheck;
    ///
    /// // Twice as often as others are asked.
    /// let interval = HealthCheck::DEFAULT_INTERVAL / 2;
    /// let timeout = HealthCheck::DEFAULT_TIMEOUT;
    /// let check = HealthCheck::Http { path: "/health".into(), timeout, interval };
    /// assert_eq!(interval, Duration::from_secs(5));
    /// # assert_ne!(check, HealthCheck::http("/health"));
    /// ```
    pub const DEFAULT_INTERVAL: Duration = Duration::from_secs(10);

    /// An HTTP check with the default time-out and interval.
    ///
    /// ```
    /// # use sidecar_lifecycle::HealthCheck;
    /// let check = HealthCheck::http("/health");
    /// ```
    pub fn http(path: impl Into<String>) -> HealthCheck {
        HealthCheck::Http {
            path: path.into(),
            timeout: Self::DEFAULT_TIMEOUT,
            interval: Self::DEFAULT_INTERVAL,
        }
    }

    /// A TCP check of the chosen port with the default time-out.
    ///
    /// ```
    /// # use sidecar_lifecycle::HealthCheck;
    /// let check = HealthCheck::tcp();
    /// ```
    pub fn tcp() -> HealthCheck {
        HealthCheck::Tcp {
            port: None,
            timeout: Self::DEFAULT_TIMEOUT,
        }
    }

    /// A command that means healthy when it ends with code 0.
    ///
    /// ```
    /// # use sidecar_lifecycle::HealthCheck;
    /// let check = HealthCheck::command("redis-cli", ["-p", "{port}", "ping"]);
    /// ```
    pub fn command<A: Into<String>>(
        cmd: impl Into<String>,
        args: impl IntoIterator<Item = A>,
    ) -> HealthCheck {
        HealthCheck::Command {
            cmd: cmd.into(),
            args: args.into_iter().map(Into::into).collect(),
            expected_exit: 0,
        }
    }

    /// An async closure that answers `true` or `Ok(())` when the sidecar is healthy.
    ///
    /// It runs on a thread for such checks; one that blocks cannot hold up the engine. After its
    /// time-out (30 s, or that of the [`Probe`](super::Probe)) it is dropped and counts as failed.
    ///
    /// ```
    /// use sidecar_lifecycle::{HealthCheck, SidecarConfig};
    ///
    /// // A worker without a port that writes a file once it has joined its queue.
    /// let joined = HealthCheck::custom(|context| async move {
    ///     let file = format!("/run/worker/{}.joined", context.pid);
    ///     std::fs::metadata(&file).map(drop).map_err(|e| format!("{file}: {e}"))
    /// });
    /// let config = SidecarConfig::builder().name("worker").health_check(joined).build()?;
    /// # Ok::<(), sidecar_lifecycle::ConfigError>(())
    /// ```
    pub fn custom<F, V>(ask: impl Fn(CheckContext) -> F + Send + Sync + 'static) -> HealthCheck
    where
        F: Future<Output = V> + Send + 'static,
        V: IntoVerdict,
    {
        HealthCheck::Custom(CustomCheck::new(ask))
    }

    /// The longest one probe may take.
    pub(crate) fn timeout(&self) -> Duration {
        match self {
            HealthCheck::Http { timeout, .. } | HealthCheck::Tcp { timeout, .. } => *timeout,
            HealthCheck::Command { .. } | HealthCheck::Custom(_) => Self::DEFAULT_TIMEOUT,
        }
    }

    /// Between two checks of a ready sidecar.
    pub(crate) fn interval(&self) -> Duration {
        match self {
            HealthCheck::Http { interval, .. } => *interval,
            HealthCheck::Tcp { .. } | HealthCheck::Command { .. } | HealthCheck::Custom(_) => {
                Self::DEFAULT_INTERVAL
            }
        }
    }

    /// Whether it cannot be asked without a chosen port, and its name for people.
    pub(crate) fn needs_port(&self) -> Option<&'static str> {
        match self {
            HealthCheck::Http { .. } => Some("HTTP"),
            HealthCheck::Tcp { port: None, .. } => Some("TCP"),
            HealthCheck::Tcp { port: Some(_), .. }
            | HealthCheck::Command { .. }
            | HealthCheck::Custom(_) => None,
        }
    }
}
