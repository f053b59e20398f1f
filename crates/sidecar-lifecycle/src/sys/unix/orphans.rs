//! Who becomes the parent of a process whose own has ended.

use std::io;

#[cfg(target_os = "linux")]
use super::fd::check;

/// Whether orphans go to the nearest ancestor that asked for them, see [`become_subreaper`].
/// Elsewhere they go to init, among strangers, and are told by their group and marker.
pub(crate) const GO_TO_SUBREAPER: bool = cfg!(target_os = "linux");

/// Asks for the orphans among this process's descendants. Does nothing where that cannot be had.
#[cfg(target_os = "linux")]
pub(crate) fn become_subreaper() -> io::Result<()> {
    // SAFETY: integer arguments only.
    check(unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) }).map(drop)
}

/// Asks for the orphans among this process's descendants. Does nothing where that cannot be had.
#[cfg(not(target_os = "linux"))]
#[expect(clippy::unnecessary_wraps, reason = "one signature on every platform")]
pub(crate) fn become_subreaper() -> io::Result<()> {
    Ok(())
}
