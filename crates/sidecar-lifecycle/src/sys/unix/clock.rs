//! The monotonic clock, as a number that other processes on this machine can compare with theirs.

use std::time::Duration;

/// Time in which the machine sleeps does not count: no grace and no limit passes then.
#[cfg(target_os = "linux")]
const CLOCK: libc::clockid_t = libc::CLOCK_MONOTONIC;
/// macOS' `CLOCK_MONOTONIC` runs on while the machine sleeps, see `clock_gettime(3)`.
#[cfg(target_os = "macos")]
const CLOCK: libc::clockid_t = libc::CLOCK_UPTIME_RAW;

/// `std::time::Instant` reads the same clock but hides its value, which the `mono_ms` field of events
/// has to show.
pub(crate) fn monotonic() -> Duration {
    let mut ts = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `ts` is a valid timespec for the call to fill in.
    let rc = unsafe { libc::clock_gettime(CLOCK, &raw mut ts) };
    debug_assert_eq!(rc, 0, "it exists on every system that we build for");
    Duration::new(ts.tv_sec as u64, ts.tv_nsec as u32)
}
