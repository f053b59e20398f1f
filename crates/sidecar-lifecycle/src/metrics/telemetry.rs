//! Being told of each change as it happens.

use std::time::Duration;

use super::{Counter, Timing};
use crate::core::Phase;

/// Is told of each change of a number as it happens. Given by
/// [`EngineBuilder::telemetry`](crate::EngineBuilder::telemetry).
///
/// It is called on the engine's thread: it must not wait for anything. One that panics is told of
/// in the log, and called again the next time. Every method does nothing unless it is written.
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use sidecar_lifecycle::metrics::{Counter, Telemetry};
///
/// #[derive(Default)]
/// struct Crashes(AtomicU64);
///
/// impl Telemetry for Crashes {
///     fn count(&self, _sidecar: &str, counter: Counter, by: u64) {
///         if counter == Counter::Crashes {
///             self.0.fetch_add(by, Ordering::Relaxed);
///         }
///     }
/// }
///
/// let builder = sidecar_lifecycle::Engine::builder("com.example.app", "/tmp/example")
///     .telemetry(Crashes::default());
/// ```
///
/// The other two, for whoever wants to know of slow starts and of what is up:
///
/// ```
/// use std::time::Duration;
/// use sidecar_lifecycle::Phase;
/// use sidecar_lifecycle::metrics::{Telemetry, Timing};
///
/// struct Watch;
///
/// impl Telemetry for Watch {
///     fn duration(&self, sidecar: &str, timing: Timing, length: Duration) {
///         if timing == Timing::Start && length > Duration::from_secs(10) {
///             log::warn!("{sidecar} took {length:?} to start");
///         }
///     }
///
///     fn phase(&self, sidecar: &str, phase: Phase) {
///         log::info!("{sidecar}: {phase:?}");
///     }
/// }
/// ```
pub trait Telemetry: Send + Sync {
    /// A counter of a sidecar went up.
    ///
    /// ```
    /// use std::sync::Mutex;
    /// use sidecar_lifecycle::metrics::{Counter, Telemetry};
    ///
    /// #[derive(Default)]
    /// struct Notes(Mutex<Vec<String>>);
    ///
    /// impl Telemetry for Notes {
    ///     fn count(&self, sidecar: &str, counter: Counter, by: u64) {
    ///         self.0.lock().unwrap().push(format!("{sidecar} {} +{by}", counter.name()));
    ///     }
    /// }
    ///
    /// let notes = Notes::default();
    /// notes.count("web", Counter::Starts, 1); // As the engine does.
    /// assert_eq!(*notes.0.lock().unwrap(), ["web sidecar_starts_total +1"]);
    /// ```
    fn count(&self, sidecar: &str, counter: Counter, by: u64) {
        let _ = (sidecar, counter, by); // Nothing unless it is written.
    }

    /// Something took this long.
    ///
    /// ```
    /// use std::sync::Mutex;
    /// use std::time::Duration;
    /// use sidecar_lifecycle::metrics::{Telemetry, Timing};
    ///
    /// #[derive(Default)]
    /// struct Notes(Mutex<Vec<String>>);
    ///
    /// impl Telemetry for Notes {
    ///     fn duration(&self, sidecar: &str, timing: Timing, length: Duration) {
    ///         self.0.lock().unwrap().push(format!("{sidecar} {timing:?} {:.3} s", length.as_secs_f64()));
    ///     }
    /// }
    ///
    /// let notes = Notes::default();
    /// notes.duration("web", Timing::Start, Duration::from_millis(250)); // As the engine does.
    /// assert_eq!(*notes.0.lock().unwrap(), ["web Start 0.250 s"]);
    /// ```
    fn duration(&self, sidecar: &str, timing: Timing, length: Duration) {
        let _ = (sidecar, timing, length); // As above.
    }

    /// A sidecar is in another phase now.
    ///
    /// ```
    /// use std::sync::Mutex;
    /// use sidecar_lifecycle::Phase;
    /// use sidecar_lifecycle::metrics::Telemetry;
    ///
    /// #[derive(Default)]
    /// struct Notes(Mutex<Vec<String>>);
    ///
    /// impl Telemetry for Notes {
    ///     fn phase(&self, sidecar: &str, phase: Phase) {
    ///         self.0.lock().unwrap().push(format!("{sidecar} {phase:?}"));
    ///     }
    /// }
    ///
    /// let notes = Notes::default();
    /// notes.phase("web", Phase::Ready); // As the engine does.
    /// assert_eq!(*notes.0.lock().unwrap(), ["web Ready"]);
    /// ```
    fn phase(&self, sidecar: &str, phase: Phase) {
        let _ = (sidecar, phase); // As above.
    }
}

impl<T: Telemetry + ?Sized> Telemetry for std::sync::Arc<T> {
    fn count(&self, sidecar: &str, counter: Counter, by: u64) {
        (**self).count(sidecar, counter, by);
    }

    fn duration(&self, sidecar: &str, timing: Timing, length: Duration) {
        (**self).duration(sidecar, timing, length);
    }

    fn phase(&self, sidecar: &str, phase: Phase) {
        (**self).phase(sidecar, phase);
    }
}
