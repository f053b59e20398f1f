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
    fn count(&self, sidecar: &str, counter: Counter, by: u64) {
        let _ = (sidecar, counter, by); // Nothing unless it is written.
    }

    /// Something took this long.
    fn duration(&self, sidecar: &str, timing: Timing, length: Duration) {
        let _ = (sidecar, timing, length); // As above.
    }

    /// A sidecar is in another phase now.
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
