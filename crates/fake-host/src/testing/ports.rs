//! Ports that nobody has.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU32, Ordering};

use super::waiting::eventually_some;

/// A port that is free on all addresses, outside the range that clients are given.
pub fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    eventually_some("a free port", || {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        // Tests that run at the same time begin far apart: their pids decide.
        // And one from the other: some are the beginning of a range.
        let apart = std::process::id().wrapping_mul(97) + step * 37;
        let port = 10_000 + apart % 10_000;
        let port = port as u16;
        let free = sidecar_lifecycle::ports::is_free(port).is_ok()
            && TcpListener::bind(("127.0.0.1", port)).is_ok();
        free.then_some(port)
    })
}
