//! Windows needs no guardian: a job object is the kernel's own.

use super::NoGuardian;

/// Does nothing here, and succeeds, see [`start`].
///
/// # Errors
/// None on Windows.
pub fn start_with_standby() -> Result<(), NoGuardian> {
    start()
}

/// Does nothing here, and succeeds: on Windows the kernel itself ends the trees of a program
/// that ends, however it does. Call it first in `main` all the same: on Unix it must be there.
///
/// ```no_run
/// // main's first line:
/// if let Err(e) = sidecar_lifecycle::guardian::start() {
///     eprintln!("{e}"); // Goes on, with best-effort protection.
/// }
/// ```
///
/// # Errors
/// None on Windows.
pub fn start() -> Result<(), NoGuardian> {
    Ok(())
}
