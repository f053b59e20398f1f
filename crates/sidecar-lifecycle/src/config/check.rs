//! How it is found out that a sidecar serves.

use std::time::Duration;

/// A readiness or liveness check.
///
/// Besides the check itself, a listener must belong to the sidecar's own tree, or it proves
/// nothing (see [`SidecarBuilder::own_listener`](super::SidecarBuilder::own_listener)).
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
        /// Between liveness checks. Readiness is asked more often, see [`crate::Engine`].
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
    /// A command ends with the expected code.
    Command {
        /// The program.
        cmd: String,
        /// Its arguments. `{port}` is replaced.
        args: Vec<String>,
        /// The code that means healthy.
        expected_exit: i32,
    },
}

impl HealthCheck {
    /// The longest one probe may take unless told otherwise: a dev server may compile the page
    /// before it answers its first request.
    pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);
    /// Between liveness checks, unless told otherwise.
    pub const DEFAULT_INTERVAL: Duration = Duration::from_secs(10);

    /// An HTTP check with the default time-out and interval.
    pub fn http(path: impl Into<String>) -> HealthCheck {
        HealthCheck::Http {
            path: path.into(),
            timeout: Self::DEFAULT_TIMEOUT,
            interval: Self::DEFAULT_INTERVAL,
        }
    }

    /// A TCP check of the chosen port with the default time-out.
    pub fn tcp() -> HealthCheck {
        HealthCheck::Tcp {
            port: None,
            timeout: Self::DEFAULT_TIMEOUT,
        }
    }
}
