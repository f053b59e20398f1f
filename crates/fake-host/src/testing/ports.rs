//! Ports that nobody has.

use std::net::TcpListener;
use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};

use super::waiting::eventually_some;

/// Below those that engines choose by themselves, and those that clients are given.
const ALL: Range<u32> = 10_000..19_600;
/// As many tests as may run at a time have ports of their own: what one has found, another would
/// take.
const BANDS: u32 = 16;
/// The longest range that a test begins at a free port.
const RANGE: u32 = 20;

/// A port that is free on all addresses, outside the range that clients are given.
pub fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let (singles, _) = ours();
    eventually_some("a free port", || {
        // One lies far from the other: some are the beginning of a range.
        let step = NEXT.fetch_add(1, Ordering::Relaxed).wrapping_mul(37);
        let port = singles.start + begin().wrapping_add(step) % (singles.len() as u32 - RANGE);
        let port = port as u16;
        let free = is_free(port) && TcpListener::bind(("127.0.0.1", port)).is_ok();
        free.then_some(port)
    })
}

/// Two neighbours that nobody holds now.
pub fn two_free_ports() -> (u16, u16) {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let (_, pairs) = ours();
    eventually_some("two free ports", || {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        let pair = begin().wrapping_add(step) % (pairs.len() as u32 / 2);
        let first = (pairs.start + 2 * pair) as u16;
        (is_free(first) && is_free(first + 1)).then_some((first, first + 1))
    })
}

fn is_free(port: u16) -> bool {
    sidecar_lifecycle::ports::is_free(port).is_ok()
}

/// The ports of this test: single ones, and pairs. nextest says which of those it is that run at a
/// time; else tests share a process, and with it the counters above, and have all of them.
fn ours() -> (Range<u32>, Range<u32>) {
    let slot = std::env::var("NEXTEST_TEST_GLOBAL_SLOT").ok();
    let slot: Option<u32> = slot.and_then(|slot| slot.parse().ok());
    let band = slot.map_or(ALL, |slot| {
        let size = ALL.len() as u32 / BANDS;
        let first = ALL.start + slot % BANDS * size;
        first..first + size
    });
    let pairs = band.start + band.len() as u32 / 3 * 2;
    (band.start..pairs, pairs..band.end)
}

/// Where this process begins among them: a port that another has just had may be closing.
fn begin() -> u32 {
    std::process::id().wrapping_mul(97)
}
