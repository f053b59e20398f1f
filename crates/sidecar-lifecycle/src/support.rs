//! What this machine offers to an engine, for people who ask why something is as it is.

use std::io;

/// What the system and its limits allow. Nothing here is needed for an engine to run.
///
/// ```
/// use sidecar_lifecycle::Support;
///
/// let support = Support::look();
/// println!("escapees are caught: {}", support.subreaper);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Support {
    /// Whether orphans of a tree come to the guardian (Linux), so that escapees are found.
    pub subreaper: bool,
    /// Whether output reaches its log file without a copy through a program (`splice`, Linux).
    pub splice: bool,
    /// Whether signals can be aimed at a process rather than at its number (pidfds, Linux 5.3).
    pub pidfd: bool,
    /// How many descriptors a sidecar may have open, and how far it may raise that itself; nothing
    /// where there is no such limit.
    pub open_files: Option<(u64, u64)>,
}

impl Support {
    /// Looks at the machine; a few system calls.
    ///
    /// ```
    /// use sidecar_lifecycle::Support;
    ///
    /// let support = Support::look();
    /// # #[cfg(target_os = "linux")]
    /// assert!(support.subreaper, "every Linux since 3.4 has it");
    /// if let Some((soft, hard)) = support.open_files {
    ///     assert!(soft <= hard);
    /// }
    /// ```
    pub fn look() -> Support {
        Support {
            subreaper: crate::sys::has_subreaper(),
            splice: crate::sys::has_splice(),
            pidfd: crate::sys::has_pidfd(),
            open_files: crate::sys::open_files(),
        }
    }
}

/// Whether the folder that this user's engines share is usable. Ports are kept from other engines
/// in it, and `sidecar ps` finds instances by it.
///
/// # Errors
/// What is wrong with it, and what helps.
///
/// ```no_run
/// if let Err(e) = sidecar_lifecycle::check_shared_folder() {
///     eprintln!("two apps may pick the same port: {e}");
/// }
/// ```
pub fn check_shared_folder() -> io::Result<()> {
    crate::sys::shared_folder().map(drop)
}
