//! Windows needs no guardian: a job object is the kernel's own.

use super::NoGuardian;
use crate::sys::windows::messenger;

/// The same as [`start`] here.
///
/// # Errors
/// None on Windows.
pub fn start_with_standby() -> Result<(), NoGuardian> {
    start()
}

/// Always succeeds here: on Windows the kernel itself ends the trees of a program
/// that ends, however it does. Call it first in `main` all the same: on Unix it must be there, and
/// here it is what lets a program without a console (one with windows) ask its sidecars to end. A
/// console event can only be sent from the console that it is meant for, so that such a program is
/// started once more for a moment, told by the variable `SIDECAR_LIFECYCLE_ASK` whom to ask; this
/// call then does that, and ends the process.
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
    messenger::serve();
    Ok(())
}
