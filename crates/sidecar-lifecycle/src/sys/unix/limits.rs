//! The limit on open descriptors: raised for ourselves, given back to children.

use std::io;
use std::sync::{Mutex, PoisonError};

use super::fd::check;

/// The limit before it was raised last.
static ORIGINAL: Mutex<Option<libc::rlimit>> = Mutex::new(None);

/// Raises the soft limit on descriptors to the hard one, unless that was done before.
///
/// Returns the limit as it was, for children to restore: programs that use select(2) break, and
/// those that close every possible descriptor stall, under a soft limit beyond 1024. Nothing when
/// there never was anything to raise, or the system refused; the old limit then stays in force.
pub(crate) fn raise_nofile() -> Option<libc::rlimit> {
    let mut original = ORIGINAL.lock().unwrap_or_else(PoisonError::into_inner);
    let now = nofile().ok()?;
    let wanted = ceiling(now.rlim_max);
    if now.rlim_cur < wanted {
        let raised = libc::rlimit {
            rlim_cur: wanted,
            ..now
        };
        set_nofile(raised).ok()?;
        *original = Some(now);
    }
    *original
}

/// The soft limit that children get back, and the hard one.
pub(crate) fn of_children() -> Option<(u64, u64)> {
    let original = *ORIGINAL.lock().unwrap_or_else(PoisonError::into_inner);
    let own = original.or(nofile().ok())?;
    Some((own.rlim_cur, own.rlim_max))
}

/// Sets both limits. Async-signal-safe, so that a child may call it between fork and exec.
pub(crate) fn set_nofile(limit: libc::rlimit) -> io::Result<()> {
    // SAFETY: `limit` is a valid rlimit that outlives the call.
    check(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) }).map(drop)
}

fn nofile() -> io::Result<libc::rlimit> {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: `limit` is a valid rlimit for the call to fill in.
    check(unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) })?;
    Ok(limit)
}

/// From macOS' `sys/syslimits.h`.
#[cfg(target_os = "macos")]
const OPEN_MAX: libc::rlim_t = 10_240;

/// macOS reports an unlimited hard limit and refuses a soft one past `OPEN_MAX`, see setrlimit(2).
#[cfg(target_os = "macos")]
fn ceiling(hard: libc::rlim_t) -> libc::rlim_t {
    hard.min(OPEN_MAX)
}

#[cfg(not(target_os = "macos"))]
fn ceiling(hard: libc::rlim_t) -> libc::rlim_t {
    hard
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_original_comes_back_and_the_limit_goes_up_and_down_again() {
        let before = nofile().expect("readable");
        // By one only: other tests of this process may need many. From the ceiling where a Mac's
        // limit is past it already.
        let low = libc::rlimit {
            rlim_cur: before.rlim_cur.min(ceiling(before.rlim_max)) - 1,
            ..before
        };
        set_nofile(low).expect("lowering is always allowed");

        let original = raise_nofile().expect("there was room to raise");
        assert_eq!(original.rlim_cur, low.rlim_cur);
        assert_eq!(original.rlim_max, before.rlim_max);
        assert_eq!(
            nofile().expect("readable").rlim_cur,
            ceiling(before.rlim_max)
        );
        let again = raise_nofile().map(|limit| limit.rlim_cur);
        assert_eq!(again, Some(low.rlim_cur), "children still get it back");

        set_nofile(before).expect("back to what it was");
        assert_eq!(nofile().expect("readable").rlim_cur, before.rlim_cur);
    }
}
