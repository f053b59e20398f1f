//! Why there are no bytes to be read.

use std::io;

use crate::core::RunId;
use crate::error_code::EngineErrorCode as Code;

/// Why nothing was read.
///
/// ```
/// use sidecar_lifecycle::OutputError;
///
/// /// Where a reader goes on that has lost its place.
/// fn place(error: &OutputError) -> Option<u64> {
///     match error {
///         OutputError::Acknowledged { begin, .. } => Some(*begin),
///         OutputError::StaleRun { .. } => Some(0), // Of the run that is now.
///         _ => None,
///     }
/// }
/// assert_eq!(place(&OutputError::ShutDown), None);
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OutputError {
    /// No run of it has begun yet.
    #[error("{id} has not run yet: start it first")]
    NeverRan {
        /// The sidecar's id.
        id: String,
    },
    /// It was configured otherwise.
    #[error("the stdout of {id} is a log and no bytes to be read: configure it as `raw`")]
    NotRaw {
        /// The sidecar's id.
        id: String,
    },
    /// The run is not the newest one. Its bytes are gone, and those of the new one begin at 0.
    #[error("{id} is not in its run {run} but in {now}", run = run.0, now = now.0)]
    StaleRun {
        /// The sidecar's id.
        id: String,
        /// The run that was asked for.
        run: RunId,
        /// The newest run.
        now: RunId,
    },
    /// Somebody has acknowledged these bytes, so that they are not kept any more.
    #[error(
        "the output of {id} before byte {begin} was taken already: byte {offset} is gone, go on at {begin}"
    )]
    Acknowledged {
        /// The sidecar's id.
        id: String,
        /// The run that was asked for.
        run: RunId,
        /// The place that was asked for.
        offset: u64,
        /// The first byte that is left.
        begin: u64,
    },
    /// Nobody was given bytes as far as that.
    #[error("the output of {id} has been read as far as byte {end}: {offset} is ahead of it")]
    Ahead {
        /// The sidecar's id.
        id: String,
        /// The run that was asked for.
        run: RunId,
        /// The place that was asked for.
        offset: u64,
        /// The last place that can be asked for now.
        end: u64,
    },
    /// The system's answer.
    #[error("cannot read the stdout of {id}: {source}")]
    Io {
        /// The sidecar's id.
        id: String,
        /// Why.
        source: io::Error,
    },
    /// The engine has shut down.
    #[error("the engine has shut down")]
    ShutDown,
}

impl OutputError {
    /// A stable name for programs: texts may change, names do not.
    ///
    /// ```
    /// assert_eq!(sidecar_lifecycle::OutputError::ShutDown.code(), "shut-down");
    /// ```
    pub fn code(&self) -> &'static str {
        let code = match self {
            OutputError::NeverRan { .. } => Code::NotRunning,
            OutputError::NotRaw { .. } => Code::NotRaw,
            OutputError::StaleRun { .. } => Code::StaleRun,
            OutputError::Acknowledged { .. } => Code::AlreadyTaken,
            OutputError::Ahead { .. } => Code::BadOffset,
            OutputError::Io { .. } => Code::OutputFailed,
            OutputError::ShutDown => Code::ShutDown,
        };
        code.as_str()
    }
}
