//! Ports that nobody has.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU32, Ordering};

use super::waiting::eventually_some;

/// Below those that engines choose by themselves, and those that clients are given.
const FIRST: u32 = 10_000;
/// Ports of each of the tests that run at the same time. What one has found, another would take.
const BAND: u32 = 600;
/// So many of them are for [`free_port`].
const SINGLE: u32 = 400;
/// The longest range that a test begins at a free port.
const RANGE: u32 = 20;

/// A port that is free on all addresses, outside the range that clients are given.
pub fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    eventually_some("a free port", || {
        // One lies far from the other: some are the beginning of a range.
        let step = NEXT.fetch_add(1, Ordering::Relaxed).wrapping_mul(37);
        let port = band() + begin().wrapping_add(step) % (SINGLE - RANGE);
        let port = port as u16;
        let free = is_free(port) && TcpListener::bind(("127.0.0.1", port)).is_ok();
        free.then_some(port)
    })
}

/// Two neighbours that nobody holds now.
pub fn two_free_ports() -> (u16, u16) {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    eventually_some("two free ports", || {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        let pair = begin().wrapping_add(step) % ((BAND - SINGLE) / 2);
        let first = (band() + SINGLE + 2 * pair) as u16;
        (is_free(first) && is_free(first + 1)).then_some((first, first + 1))
    })
}

fn is_free(port: u16) -> bool {
    sidecar_lifecycle::ports::is_free(port).is_ok()
}

/// The first port of this test's own. nextest says which of those it is that run at a time; else
/// tests share a process, and with it the counters above.
fn band() -> u32 {
    let slot = std::env::var("NEXTEST_TEST_GLOBAL_SLOT").ok();
    let slot: u32 = slot.and_then(|slot| slot.parse().ok()).unwrap_or(0);
    FIRST + slot % 16 * BAND
}

/// Where this process begins in its band: a port that another has just had may be closing.
fn begin() -> u32 {
    std::process::id().wrapping_mul(97)
}
