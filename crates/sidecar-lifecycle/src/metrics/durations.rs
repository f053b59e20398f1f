//! Lengths of time, summed up.

use serde::Serialize;
use serde::ser::{SerializeStruct, Serializer};

/// Upper bounds of the histogram's buckets, in seconds. A last one without a bound follows.
///
/// ```
/// use sidecar_lifecycle::metrics::BUCKETS;
///
/// assert!(BUCKETS.is_sorted());
/// ```
pub const BUCKETS: [f64; 14] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0,
];

/// Lengths of time, in seconds: how many, their sum and extremes, and a histogram.
///
/// As JSON: `{"count": 2, "sum": 0.31, "min": 0.1, "max": 0.21, "last": 0.21, "buckets": [{"le":
/// 0.005, "count": 0}, …]}`, where each bucket counts all that are not longer than `le`.
///
/// ```
/// use sidecar_lifecycle::metrics::{BUCKETS, Durations};
///
/// let none = Durations::default();
/// assert_eq!((none.count, none.min), (0, None));
/// assert_eq!(none.buckets().count(), BUCKETS.len());
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Durations {
    /// How many.
    pub count: u64,
    /// All together, in seconds.
    pub sum: f64,
    /// The shortest, in seconds.
    pub min: Option<f64>,
    /// The longest, in seconds.
    pub max: Option<f64>,
    /// The latest, in seconds.
    pub last: Option<f64>,
    /// How many fall into each bucket and into none before it.
    counts: [u64; BUCKETS.len()],
}

impl Durations {
    /// Each bucket's upper bound in seconds, and how many are not longer than that. What
    /// Prometheus calls `le="+Inf"` is [`count`](Durations::count).
    ///
    /// As Prometheus reads them:
    ///
    /// ```
    /// use std::fmt::Write;
    /// use sidecar_lifecycle::metrics::{Durations, Timing};
    ///
    /// fn histogram(timing: Timing, durations: &Durations) -> String {
    ///     let (name, mut text) = (timing.name(), String::new());
    ///     for (le, count) in durations.buckets() {
    ///         let _ = writeln!(text, "{name}_bucket{{le=\"{le}\"}} {count}"); // A `String` takes all.
    ///     }
    ///     let _ = writeln!(text, "{name}_bucket{{le=\"+Inf\"}} {}", durations.count);
    ///     text
    /// }
    /// let text = histogram(Timing::Stop, &Durations::default());
    /// assert!(text.starts_with("sidecar_stop_duration_seconds_bucket{le=\"0.005\"} 0\n"));
    /// ```
    pub fn buckets(&self) -> impl Iterator<Item = (f64, u64)> + '_ {
        let mut below = 0;
        BUCKETS.iter().zip(&self.counts).map(move |(&le, count)| {
            below += count;
            (le, below)
        })
    }

    pub(crate) fn note(&mut self, seconds: f64) {
        self.count += 1;
        self.sum += seconds;
        self.min = Some(self.min.map_or(seconds, |m| m.min(seconds)));
        self.max = Some(self.max.map_or(seconds, |m| m.max(seconds)));
        self.last = Some(seconds);
        let bucket = BUCKETS.partition_point(|&le| le < seconds);
        if let Some(count) = self.counts.get_mut(bucket) {
            *count += 1;
        }
    }
}

#[derive(Serialize)]
struct Bucket {
    le: f64,
    count: u64,
}

impl Serialize for Durations {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let buckets: Vec<Bucket> = self
            .buckets()
            .map(|(le, count)| Bucket { le, count })
            .collect();
        let mut out = s.serialize_struct("Durations", 6)?;
        out.serialize_field("count", &self.count)?;
        out.serialize_field("sum", &self.sum)?;
        out.serialize_field("min", &self.min)?;
        out.serialize_field("max", &self.max)?;
        out.serialize_field("last", &self.last)?;
        out.serialize_field("buckets", &buckets)?;
        out.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_belongs_to_its_bucket_and_what_is_longer_than_all_to_none() {
        let mut durations = Durations::default();
        for seconds in [0.005, 0.006, 120.0, 121.0] {
            durations.note(seconds);
        }
        let buckets: Vec<(f64, u64)> = durations.buckets().collect();
        assert_eq!(buckets[..2], [(0.005, 1), (0.01, 2)]);
        assert_eq!(buckets.last(), Some(&(120.0, 3)));
        assert_eq!(durations.count, 4);
        assert_eq!((durations.min, durations.max), (Some(0.005), Some(121.0)));
        assert_eq!(durations.last, Some(121.0));
    }
}
