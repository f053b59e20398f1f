//! Why a program goes on without a guardian.

/// Why there is no guardian.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot start the guardian: {reason}")]
#[non_exhaustive]
pub struct NoGuardian {
    /// What stood in the way and what helps.
    pub reason: String,
}
