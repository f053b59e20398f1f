//! The core's clock: a number that its caller hands in.

use std::time::Duration;

/// A point on the caller's monotonic clock, as the time since that clock's origin.
///
/// The core never asks what time it is; tests drive it through days in a microsecond.
///
/// ```
/// use std::time::Duration;
/// use sidecar_lifecycle::core::Mono;
///
/// let spawned = Mono(Duration::from_secs(3));
/// let ready = spawned.after(Duration::from_millis(250));
/// assert_eq!(ready.since(spawned), Duration::from_millis(250));
/// assert_eq!(spawned.since(ready), Duration::ZERO, "never negative");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Mono(pub Duration);

impl Mono {
    /// The point `later` after this one (saturating).
    ///
    /// ```
    /// use std::time::Duration;
    /// use sidecar_lifecycle::core::Mono;
    ///
    /// let grace = Duration::from_secs(5);
    /// assert_eq!(Mono(Duration::from_secs(3)).after(grace), Mono(Duration::from_secs(8)));
    /// assert_eq!(Mono(Duration::MAX).after(grace), Mono(Duration::MAX));
    /// ```
    #[must_use]
    pub fn after(self, later: Duration) -> Mono {
        Mono(self.0.saturating_add(later))
    }

    /// How long ago `earlier` was (zero if it lies in the future).
    ///
    /// ```
    /// use std::time::Duration;
    /// use sidecar_lifecycle::core::Mono;
    ///
    /// let (early, late) = (Mono(Duration::from_secs(3)), Mono(Duration::from_secs(8)));
    /// assert_eq!(late.since(early), Duration::from_secs(5));
    /// assert_eq!(early.since(late), Duration::ZERO);
    /// ```
    #[must_use]
    pub fn since(self, earlier: Mono) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}
