//! The numbers of one moment.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Counters, Durations, Timing};
use crate::core::Phase;
use crate::event::Protection;

/// The numbers of an engine at one moment, from [`Engine::metrics`](crate::Engine::metrics).
///
/// ```no_run
/// use sidecar_lifecycle::{Engine, metrics::Counter};
///
/// fn crashes(engine: &Engine) -> u64 {
///     let metrics = engine.metrics();
///     metrics.sidecars.values().map(|sidecar| sidecar.counters.get(Counter::Crashes)).sum()
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Metrics {
    /// By the sidecar's id: all that are declared, and those that events have told of.
    pub sidecars: BTreeMap<String, SidecarMetrics>,
    /// How many are declared.
    pub declared: usize,
    /// How well they are protected.
    pub protection: Protection,
    /// Events so far, of all sidecars.
    pub events: u64,
}

/// The numbers of one sidecar, part of [`Metrics`].
///
/// ```
/// use sidecar_lifecycle::metrics::{Counter, SidecarMetrics, Timing};
///
/// fn describe(sidecar: &SidecarMetrics) -> String {
///     let starts = sidecar.counters.get(Counter::Starts);
///     match sidecar.duration(Timing::Start).last {
///         Some(seconds) => format!("started {starts} times, the last took {seconds:.3} s"),
///         None => "never ready".to_owned(),
///     }
/// }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[non_exhaustive]
pub struct SidecarMetrics {
    /// What was counted since the engine's start.
    #[serde(flatten)]
    pub counters: Counters,
    /// From the spawn until ready.
    pub start: Durations,
    /// From the first signal until the tree was empty.
    pub stop: Durations,
    /// Delays before new runs.
    pub backoff: Durations,
    /// What is observed.
    pub phase: Phase,
    /// Whether a run of it has been spawned and has not stopped.
    pub up: bool,
    /// Whether its checks pass.
    pub healthy: bool,
    /// How long the current run has been ready, in seconds; 0 while it is not.
    pub uptime_seconds: f64,
    /// New runs after the first, asked for or not.
    pub restart_count: u64,
}

impl SidecarMetrics {
    /// The lengths of one kind.
    ///
    /// ```
    /// use sidecar_lifecycle::metrics::{SidecarMetrics, Timing};
    ///
    /// let never_started = SidecarMetrics::default();
    /// assert_eq!(never_started.duration(Timing::Start), &never_started.start);
    /// assert_eq!(never_started.duration(Timing::Start).last, None);
    /// ```
    pub fn duration(&self, timing: Timing) -> &Durations {
        match timing {
            Timing::Start => &self.start,
            Timing::Stop => &self.stop,
            Timing::Backoff => &self.backoff,
        }
    }
}
