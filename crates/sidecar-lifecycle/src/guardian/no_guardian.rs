//! Why a program goes on without a guardian.

/// Why there is no guardian. The program can go on without, see
/// [`guardian::start`](crate::guardian::start).
///
/// ```no_run
/// if let Err(e) = sidecar_lifecycle::guardian::start() {
///     eprintln!("{}", e.reason);
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot start the guardian: {reason}")]
#[non_exhaustive]
pub struct NoGuardian {
    /// What stood in the way and what helps.
    pub reason: String,
}
