//! What is timed.

use serde::Serialize;

/// Something whose length is noted for each sidecar, in seconds.
///
/// ```
/// use sidecar_lifecycle::metrics::Timing;
///
/// assert_eq!(Timing::Start.name(), "sidecar_start_duration_seconds");
/// for timing in Timing::ALL {
///     println!("# HELP {} {}", timing.name(), timing.description());
///     assert_eq!(timing.unit(), "s");
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Timing {
    /// From the spawn until a run is ready for the first time.
    Start,
    /// From the first signal, or from the leader's own end, until the tree is empty.
    Stop,
    /// The delay that was decided on before a new run. A stop may end it sooner.
    Backoff,
}

impl Timing {
    /// All of them.
    ///
    /// ```
    /// use sidecar_lifecycle::metrics::Timing;
    ///
    /// let names: Vec<&str> = Timing::ALL.iter().map(|timing| timing.name()).collect();
    /// assert!(names.contains(&"sidecar_stop_duration_seconds"));
    /// ```
    pub const ALL: &[Timing] = &[Timing::Start, Timing::Stop, Timing::Backoff];

    /// Its name by Prometheus' rules, with the unit at its end.
    ///
    /// OpenTelemetry's exporters add `_seconds` themselves: leave it out there.
    ///
    /// ```
    /// # use sidecar_lifecycle::metrics::Timing;
    /// assert_eq!(Timing::Backoff.name(), "sidecar_backoff_duration_seconds");
    /// ```
    pub fn name(self) -> &'static str {
        match self {
            Timing::Start => "sidecar_start_duration_seconds",
            Timing::Stop => "sidecar_stop_duration_seconds",
            Timing::Backoff => "sidecar_backoff_duration_seconds",
        }
    }

    /// What it measures, in one sentence.
    ///
    /// ```
    /// # use sidecar_lifecycle::metrics::Timing;
    /// assert_eq!(Timing::Backoff.description(), "The delay before a new run.");
    /// ```
    pub fn description(self) -> &'static str {
        match self {
            Timing::Start => "From the spawn until the run was ready.",
            Timing::Stop => "From the first signal until the whole tree had ended.",
            Timing::Backoff => "The delay before a new run.",
        }
    }

    /// Seconds, as OpenTelemetry (UCUM) spells them.
    ///
    /// ```
    /// # use sidecar_lifecycle::metrics::Timing;
    /// assert_eq!(Timing::Stop.unit(), "s");
    /// ```
    pub fn unit(self) -> &'static str {
        "s"
    }
}
