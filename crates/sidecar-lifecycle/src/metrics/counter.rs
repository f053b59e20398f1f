//! What is counted.

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

/// Something that is counted for each sidecar, from the engine's start on. Never goes down.
///
/// ```
/// use sidecar_lifecycle::metrics::Counter;
///
/// for counter in Counter::ALL {
///     println!("# HELP {} {}", counter.name(), counter.description());
/// }
/// assert_eq!(Counter::Crashes.name(), "sidecar_crashes_total");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Counter {
    /// `spawned` events.
    Starts,
    /// `ready` events: a run that recovers is counted again.
    Ready,
    /// `crashed` events.
    Crashes,
    /// `restarting` events: new runs that the engine has decided on, not those that a user asked
    /// for.
    Restarts,
    /// `stopped` events.
    Stops,
    /// Runs whose tree was ended by force, be it after the grace or because a user forced it.
    ForcedStops,
    /// `failed` events.
    Failures,
    /// `port_chosen` events with another port than the sidecar had before.
    PortMoves,
    /// Answers of health checks: the one that makes a run ready, and all after it.
    HealthChecks,
    /// Those of them that were not healthy.
    HealthCheckFailures,
    /// Lines that it has written, to both streams. A [`Telemetry`](super::Telemetry) is told of
    /// them with the next event.
    LogLines,
    /// `kept` events.
    Kept,
    /// `cleaned` events.
    Cleaned,
}

impl Counter {
    /// All of them, in the order in which they are shown.
    ///
    /// ```
    /// use sidecar_lifecycle::metrics::Counter;
    ///
    /// assert_eq!(Counter::ALL.first(), Some(&Counter::Starts));
    /// assert!(Counter::ALL.iter().all(|counter| counter.name().ends_with("_total")));
    /// ```
    pub const ALL: &[Counter] = &[
        Counter::Starts,
        Counter::Ready,
        Counter::Crashes,
        Counter::Restarts,
        Counter::Stops,
        Counter::ForcedStops,
        Counter::Failures,
        Counter::PortMoves,
        Counter::HealthChecks,
        Counter::HealthCheckFailures,
        Counter::LogLines,
        Counter::Kept,
        Counter::Cleaned,
    ];

    /// Its name by Prometheus' rules, `sidecar_starts_total` say.
    ///
    /// OpenTelemetry's exporters add `_total` themselves: leave it out there.
    ///
    /// ```
    /// # use sidecar_lifecycle::metrics::Counter;
    /// assert_eq!(Counter::LogLines.name(), "sidecar_log_lines_total");
    /// ```
    pub fn name(self) -> &'static str {
        match self {
            Counter::Starts => "sidecar_starts_total",
            Counter::Ready => "sidecar_ready_total",
            Counter::Crashes => "sidecar_crashes_total",
            Counter::Restarts => "sidecar_restarts_total",
            Counter::Stops => "sidecar_stops_total",
            Counter::ForcedStops => "sidecar_forced_stops_total",
            Counter::Failures => "sidecar_failures_total",
            Counter::PortMoves => "sidecar_port_moves_total",
            Counter::HealthChecks => "sidecar_health_checks_total",
            Counter::HealthCheckFailures => "sidecar_health_check_failures_total",
            Counter::LogLines => "sidecar_log_lines_total",
            Counter::Kept => "sidecar_kept_total",
            Counter::Cleaned => "sidecar_cleaned_total",
        }
    }

    /// What it counts, in one sentence.
    ///
    /// ```
    /// # use sidecar_lifecycle::metrics::Counter;
    /// assert_eq!(Counter::Stops.description(), "Runs whose whole tree has ended.");
    /// ```
    pub fn description(self) -> &'static str {
        match self {
            Counter::Starts => "Runs whose leader was started.",
            Counter::Ready => "Times that a run became ready, also after having been unhealthy.",
            Counter::Crashes => "Ends that nobody asked for, starts that timed out, lost liveness.",
            Counter::Restarts => "New runs after an end that nobody asked for.",
            Counter::Stops => "Runs whose whole tree has ended.",
            Counter::ForcedStops => "Runs whose tree was ended by force.",
            Counter::Failures => "Times that it was given up.",
            Counter::PortMoves => "Times that another port was chosen than before.",
            Counter::HealthChecks => "Answers of health checks from the first healthy one on.",
            Counter::HealthCheckFailures => "Answers of health checks that were not healthy.",
            Counter::LogLines => "Lines written to standard output and standard error.",
            Counter::Kept => "Processes that were found and left alone.",
            Counter::Cleaned => "Leftovers of dead instances that were ended.",
        }
    }

    /// What one of it is, as OpenTelemetry spells it: an annotation of UCUM, `{start}` say.
    ///
    /// ```
    /// # use sidecar_lifecycle::metrics::Counter;
    /// assert_eq!(Counter::LogLines.unit(), "{line}");
    /// ```
    pub fn unit(self) -> &'static str {
        match self {
            Counter::Starts => "{start}",
            Counter::Ready => "{event}",
            Counter::Crashes => "{crash}",
            Counter::Restarts => "{restart}",
            Counter::Stops | Counter::ForcedStops => "{stop}",
            Counter::Failures => "{failure}",
            Counter::PortMoves => "{move}",
            Counter::HealthChecks | Counter::HealthCheckFailures => "{check}",
            Counter::LogLines => "{line}",
            Counter::Kept | Counter::Cleaned => "{process}",
        }
    }

    /// As a key in JSON.
    fn key(self) -> &'static str {
        let name = self.name().trim_start_matches("sidecar_");
        name.trim_end_matches("_total")
    }
}

/// The value of each [`Counter`]. As JSON an object: `{"starts": 1, "ready": 1, …}`.
///
/// ```
/// use sidecar_lifecycle::metrics::{Counter, Counters};
///
/// let counters = Counters::default();
/// assert_eq!(counters.get(Counter::Starts), 0);
/// assert!(counters.iter().all(|(_, value)| value == 0));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counters([u64; Counter::ALL.len()]);

impl Counters {
    /// The value of one.
    ///
    /// ```
    /// use sidecar_lifecycle::metrics::{Counter, Counters};
    ///
    /// /// Crashes for each start; `None` before the first.
    /// fn crash_rate(counters: &Counters) -> Option<f64> {
    ///     let starts = counters.get(Counter::Starts);
    ///     (starts > 0).then(|| counters.get(Counter::Crashes) as f64 / starts as f64)
    /// }
    /// assert_eq!(crash_rate(&Counters::default()), None);
    /// ```
    pub fn get(&self, counter: Counter) -> u64 {
        self.0[counter as usize]
    }

    /// All of them, in the order of [`Counter::ALL`].
    ///
    /// ```
    /// use sidecar_lifecycle::metrics::{Counter, Counters};
    ///
    /// let counters = Counters::default();
    /// let listed: Vec<(Counter, u64)> = counters.iter().collect();
    /// assert_eq!(listed.len(), Counter::ALL.len());
    /// assert_eq!(listed[0], (Counter::Starts, 0));
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = (Counter, u64)> + '_ {
        Counter::ALL.iter().map(|&c| (c, self.get(c)))
    }

    pub(crate) fn add(&mut self, counter: Counter, by: u64) {
        self.0[counter as usize] += by;
    }

    pub(crate) fn set(&mut self, counter: Counter, to: u64) {
        self.0[counter as usize] = to;
    }
}

impl Serialize for Counters {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut map = s.serialize_map(Some(self.0.len()))?;
        for (counter, value) in self.iter() {
            map.serialize_entry(counter.key(), &value)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_counter_has_a_place_and_a_name_of_its_own() {
        let mut names = std::collections::BTreeSet::new();
        for (place, &counter) in Counter::ALL.iter().enumerate() {
            assert_eq!(counter as usize, place, "{counter:?}");
            assert!(names.insert(counter.name()));
            let key = serde_json::to_value(counter).expect("a name");
            assert_eq!(key, counter.key(), "one word for one thing");
        }
    }
}
