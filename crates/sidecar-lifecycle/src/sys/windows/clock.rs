//! The monotonic clock, as a number that other processes on this machine can compare with theirs.

use std::sync::OnceLock;
use std::time::Duration;

use windows_sys::Win32::System::Performance::{QueryPerformanceCounter, QueryPerformanceFrequency};

/// The performance counter, which counts from the boot. `std::time::Instant` reads the same
/// clock but hides its value, which the `mono_ms` field of events has to show.
pub(crate) fn monotonic() -> Duration {
    const NANOS: u128 = 1_000_000_000;
    let mut ticks = 0;
    // SAFETY: a pointer to a value of ours. It cannot fail since Windows XP.
    unsafe { QueryPerformanceCounter(&raw mut ticks) };
    Duration::from_nanos((ticks as u128 * NANOS / u128::from(frequency())) as u64)
}

/// Ticks a second: fixed at boot.
fn frequency() -> u64 {
    static FREQUENCY: OnceLock<u64> = OnceLock::new();
    *FREQUENCY.get_or_init(|| {
        let mut frequency = 0;
        // SAFETY: as above.
        unsafe { QueryPerformanceFrequency(&raw mut frequency) };
        (frequency as u64).max(1)
    })
}
