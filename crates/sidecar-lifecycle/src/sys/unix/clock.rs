//! The monotonic clock, as a number that other processes on this machine can compare with theirs.

use std::time::Duration;

/// `CLOCK_MONOTONIC`. `std::time::Instant` reads the same clock but hides its value, which the
/// `mono_ms` field of events has to show.
pub(crate) fn monotonic() -> Duration {
    let mut ts = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `ts` is a valid timespec for the call to fill in.
    let rc = unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut ts) };
    debug_assert_eq!(
        rc, 0,
        "CLOCK_MONOTONIC exists on every Unix that we build for"
    );
    Duration::new(ts.tv_sec as u64, ts.tv_nsec as u32)
}
