//! Checks that go on after a sidecar has become ready.

use std::time::Duration;

use super::HealthCheck;

/// A check that is repeated once the sidecar is ready, with its thresholds.
///
/// What a failure means depends on where it is given:
/// [`readiness`](super::SidecarBuilder::readiness) marks the sidecar as unhealthy and no more,
/// [`liveness`](super::SidecarBuilder::liveness) counts as a crash.
///
/// ```
/// use std::time::Duration;
/// use sidecar_lifecycle::{HealthCheck, Probe};
///
/// let probe = Probe::every(Duration::from_secs(2))
///     .check(HealthCheck::http("/live"))
///     .timeout(Duration::from_secs(1))
///     .failure_threshold(5);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Probe {
    /// What is asked. `None`: the sidecar's [`health_check`](super::SidecarBuilder::health_check).
    pub check: Option<HealthCheck>,
    /// From the end of one check to the beginning of the next. `None`: the check's own.
    pub interval: Option<Duration>,
    /// The longest one check may take. `None`: the check's own.
    pub timeout: Option<Duration>,
    /// Passes in a row that count as healthy again.
    pub success_threshold: u32,
    /// Failures in a row that count as lost.
    pub failure_threshold: u32,
}

impl Default for Probe {
    fn default() -> Probe {
        Probe {
            check: None,
            interval: None,
            timeout: None,
            success_threshold: 1,
            failure_threshold: 3,
        }
    }
}

impl From<Duration> for Probe {
    /// The sidecar's own check, this often.
    fn from(interval: Duration) -> Probe {
        Probe::every(interval)
    }
}

impl From<HealthCheck> for Probe {
    /// This check, as often as it says itself.
    fn from(check: HealthCheck) -> Probe {
        Probe::default().check(check)
    }
}

impl Probe {
    /// The sidecar's own check, this often.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use sidecar_lifecycle::Probe;
    /// let probe = Probe::every(Duration::from_secs(10));
    /// ```
    #[must_use]
    pub fn every(interval: Duration) -> Probe {
        Probe {
            interval: Some(interval),
            ..Probe::default()
        }
    }

    /// Another check than the one that made it ready.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use sidecar_lifecycle::{HealthCheck, Probe};
    /// let probe = Probe::every(Duration::from_secs(10)).check(HealthCheck::http("/live"));
    /// ```
    #[must_use]
    pub fn check(mut self, check: HealthCheck) -> Probe {
        self.check = Some(check);
        self
    }

    /// The longest one check may take.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use sidecar_lifecycle::Probe;
    /// let probe = Probe::every(Duration::from_secs(10)).timeout(Duration::from_secs(2));
    /// ```
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Probe {
        self.timeout = Some(limit);
        self
    }

    /// Passes in a row that count as healthy again. 1 unless set.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use sidecar_lifecycle::Probe;
    /// let probe = Probe::every(Duration::from_secs(10)).success_threshold(2);
    /// ```
    #[must_use]
    pub fn success_threshold(mut self, passes: u32) -> Probe {
        self.success_threshold = passes;
        self
    }

    /// Failures in a row that count as lost. 3 unless set.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use sidecar_lifecycle::Probe;
    /// let probe = Probe::every(Duration::from_secs(10)).failure_threshold(5);
    /// ```
    #[must_use]
    pub fn failure_threshold(mut self, failures: u32) -> Probe {
        self.failure_threshold = failures;
        self
    }
}
