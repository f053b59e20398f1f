//! When it is ready, and whether it still is.

use std::time::Duration;

use super::SidecarBuilder;
use crate::config::{HealthCheck, Probe};

impl SidecarBuilder {
    /// What makes it ready. Without a check it is ready as soon as it runs.
    ///
    /// This is the startup check: until it has passed, neither readiness nor liveness is asked, so
    /// that a slow start is not taken for a dead server.
    ///
    /// ```
    /// # use sidecar_lifecycle::{HealthCheck, SidecarConfig};
    /// let config = SidecarConfig::builder()
    ///     .name("api")
    ///     .health_check(HealthCheck::command("pg_isready", ["-q"]))
    ///     .build()?;
    /// # Ok::<(), sidecar_lifecycle::ConfigError>(())
    /// ```
    pub fn health_check(mut self, check: HealthCheck) -> Self {
        self.0.check = Some(check);
        self
    }

    /// Any answer to an HTTP check counts, whatever its status: a development server shows its
    /// own error page with a 500, and that page is what its user must see.
    ///
    /// ```
    /// # use sidecar_lifecycle::{HealthCheck, SidecarConfig};
    /// let config = SidecarConfig::builder()
    ///     .name("api")
    ///     .port_range(5173..=5199)
    ///     .health_check(HealthCheck::http("/"))
    ///     .any_http_status(true)
    ///     .build()?;
    /// # Ok::<(), sidecar_lifecycle::ConfigError>(())
    /// ```
    pub fn any_http_status(mut self, any: bool) -> Self {
        self.0.any_http_status = any;
        self
    }

    /// Whether a listener must belong to the sidecar's own tree (it must, unless set). A server
    /// in a container listens in another process tree.
    ///
    /// ```
    /// # use sidecar_lifecycle::{HealthCheck, SidecarConfig};
    /// let config = SidecarConfig::builder()
    ///     .name("api")
    ///     .port_range(8080..=8089)
    ///     .health_check(HealthCheck::tcp())
    ///     .own_listener(false) // It is `docker run`.
    ///     .build()?;
    /// # Ok::<(), sidecar_lifecycle::ConfigError>(())
    /// ```
    pub fn own_listener(mut self, required: bool) -> Self {
        self.0.own_listener = required;
        self
    }

    /// From spawn to ready at the most; then it counts as crashed. 120 s unless set.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use sidecar_lifecycle::SidecarConfig;
    /// let config = SidecarConfig::builder()
    ///     .name("api")
    ///     .ready_timeout(Duration::from_secs(30))
    ///     .build()?;
    /// # Ok::<(), sidecar_lifecycle::ConfigError>(())
    /// ```
    pub fn ready_timeout(mut self, limit: Duration) -> Self {
        self.0.ready_timeout = limit;
        self
    }

    /// From one check to the next on the way up. Unless set it is the larger of 2 ms and 1 % of
    /// the time since the spawn (100 ms for a command), so that a quick start is seen within
    /// milliseconds and a slow one does not keep a core busy.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use sidecar_lifecycle::{HealthCheck, SidecarConfig};
    /// let config = SidecarConfig::builder()
    ///     .name("api")
    ///     .health_check(HealthCheck::command("./ready.sh", [""; 0]))
    ///     .startup_interval(Duration::from_millis(500))
    ///     .build()?;
    /// # Ok::<(), sidecar_lifecycle::ConfigError>(())
    /// ```
    pub fn startup_interval(mut self, interval: Duration) -> Self {
        self.0.startup_interval = Some(interval);
        self
    }

    /// The longest one check may take on the way up: after it, a command is ended with all that it
    /// has started, and a closure is dropped. Unless set it is what the check itself says; 30 s for
    /// commands and closures, which say nothing.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use sidecar_lifecycle::{HealthCheck, SidecarConfig};
    /// let config = SidecarConfig::builder()
    ///     .name("api")
    ///     .health_check(HealthCheck::command("./ready.sh", [""; 0]))
    ///     .check_timeout(Duration::from_secs(2))
    ///     .build()?;
    /// # Ok::<(), sidecar_lifecycle::ConfigError>(())
    /// ```
    pub fn check_timeout(mut self, limit: Duration) -> Self {
        self.0.check_timeout = Some(limit);
        self
    }

    /// Passes in a row that make it ready. 1 unless set.
    ///
    /// ```
    /// # use sidecar_lifecycle::{HealthCheck, SidecarConfig};
    /// let config = SidecarConfig::builder()
    ///     .name("api")
    ///     .health_check(HealthCheck::custom(|_| async { true }))
    ///     .success_threshold(3)
    ///     .build()?;
    /// # Ok::<(), sidecar_lifecycle::ConfigError>(())
    /// ```
    pub fn success_threshold(mut self, passes: u32) -> Self {
        self.0.success_threshold = passes;
        self
    }

    /// Checks on once it is ready. Losing it marks the sidecar as unhealthy, and nothing is
    /// ended: whoever sends it work may wait until it is ready again.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use sidecar_lifecycle::{HealthCheck, Probe, SidecarConfig};
    /// let config = SidecarConfig::builder()
    ///     .name("api")
    ///     .readiness(Probe::every(Duration::from_secs(5)).check(HealthCheck::command("./idle.sh", [""; 0])))
    ///     .build()?;
    /// # Ok::<(), sidecar_lifecycle::ConfigError>(())
    /// ```
    pub fn readiness(mut self, probe: impl Into<Probe>) -> Self {
        self.0.readiness = Some(probe.into());
        self
    }

    /// Checks on once it is ready. Losing it counts as a crash.
    ///
    /// A [`Duration`] repeats the [`health_check`](SidecarBuilder::health_check) this often; three
    /// failures in a row lose it.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use sidecar_lifecycle::{HealthCheck, SidecarConfig};
    /// let config = SidecarConfig::builder()
    ///     .name("api")
    ///     .port_range(8080..=8089)
    ///     .health_check(HealthCheck::http("/health"))
    ///     .liveness(Duration::from_secs(10))
    ///     .auto_restart(true)
    ///     .build()?;
    /// # Ok::<(), sidecar_lifecycle::ConfigError>(())
    /// ```
    pub fn liveness(mut self, probe: impl Into<Probe>) -> Self {
        self.0.liveness = Some(probe.into());
        self
    }
}
