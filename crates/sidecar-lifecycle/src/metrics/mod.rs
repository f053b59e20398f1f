//! What has been counted and timed, as numbers that other programs collect.
//!
//! Everything is derived from the engine's [events](crate::Event) in one place, so that the
//! numbers cannot disagree with them; only what no event tells (checks, lines, forced stops) is
//! noted beside it. Nothing is sampled: an engine at rest does no work for its metrics.
//!
//! There are two ways to them. [`Engine::metrics`](crate::Engine::metrics) is a snapshot, for
//! whoever asks from time to time (a Prometheus endpoint, a status page). [`Telemetry`] is told of
//! each change as it happens, for instruments of another library (OpenTelemetry, `metrics`).
//!
//! ```no_run
//! use sidecar_lifecycle::{Engine, metrics::Counter};
//!
//! /// A line for Prometheus for each sidecar.
//! fn crashes(engine: &Engine) -> String {
//!     let sidecars = engine.metrics().sidecars;
//!     let line = |(id, numbers): (&String, &sidecar_lifecycle::metrics::SidecarMetrics)| {
//!         let value = numbers.counters.get(Counter::Crashes);
//!         format!("{}{{sidecar=\"{id}\"}} {value}\n", Counter::Crashes.name())
//!     };
//!     sidecars.iter().map(line).collect()
//! }
//! ```

mod book;
#[cfg(test)]
mod book_tests;
mod counter;
mod durations;
mod snapshot;
mod telemetry;
mod timing;

pub(crate) use book::{Book, Measure};
pub use counter::{Counter, Counters};
pub use durations::{BUCKETS, Durations};
pub use snapshot::{Metrics, SidecarMetrics};
pub use telemetry::Telemetry;
pub use timing::Timing;
