//! What can go wrong when the engine is asked for something.

use std::path::PathBuf;

use crate::config::ConfigError;
use crate::core::{Cycle, RunId};
use crate::error_code::EngineErrorCode as Code;

/// Why the engine did not do what it was asked for.
///
/// What goes wrong *later* (a port that is held, a program that is missing, a crash) is an event.
///
/// ```
/// use sidecar_lifecycle::Error;
///
/// let error = Error::Unknown { id: "api".to_owned() };
/// assert_eq!(error.code(), "unknown-sidecar");
/// assert_eq!(error.to_string(), r#"no sidecar is called "api": declare it first"#);
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No sidecar has this id.
    #[error("no sidecar is called {id:?}: declare it first")]
    Unknown {
        /// As given.
        id: String,
    },
    /// It depends on one that nobody has declared.
    #[error("{needed_by} needs {id:?}, and no sidecar is called that: declare it first")]
    UnknownDependency {
        /// Who is needed.
        id: String,
        /// Who needs it.
        needed_by: String,
    },
    /// It would wait for itself.
    #[error(transparent)]
    Cycle(#[from] Cycle),
    /// The id is taken by a sidecar with another configuration.
    #[error(
        "a sidecar called {id:?} exists with another configuration: stop and remove it first, or use another id"
    )]
    Conflict {
        /// As given.
        id: String,
    },
    /// The configuration cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// It was given up.
    #[error("{id} has failed: {reason}")]
    Failed {
        /// The sidecar's id.
        id: String,
        /// Why.
        reason: String,
    },
    /// It is down, and nobody wants it up.
    #[error("{id} was stopped: start it")]
    Stopped {
        /// The sidecar's id.
        id: String,
    },
    /// This run has ended, or was never one of this sidecar.
    #[error("run {run} of {id} does not live: ask for its present run")]
    StaleRun {
        /// The sidecar's id.
        id: String,
        /// As given.
        run: RunId,
    },
    /// Not even force has ended it.
    #[error("{id} cannot be ended: these processes of it are left: {pids:?}")]
    Survived {
        /// The sidecar's id.
        id: String,
        /// What is left.
        pids: Vec<u32>,
    },
    /// The engine's own state could not be set up.
    #[error("cannot use the state folder {}: {source}", path.display())]
    State {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The engine's thread could not be started.
    #[error("cannot start the engine: {0}")]
    Start(std::io::Error),
    /// The engine has shut down.
    #[error("the engine has shut down")]
    ShutDown,
}

impl Error {
    /// A stable name for programs: texts may change, names do not.
    ///
    /// ```
    /// assert_eq!(sidecar_lifecycle::Error::ShutDown.code(), "shut-down");
    /// ```
    pub fn code(&self) -> &'static str {
        let code = match self {
            Error::Unknown { .. } => Code::UnknownSidecar,
            Error::UnknownDependency { .. } => Code::UnknownDependency,
            Error::Cycle(_) => Code::DependencyCycle,
            Error::Conflict { .. } => Code::OtherConfig,
            Error::Config(_) => Code::BadConfig,
            Error::Failed { .. } => Code::Failed,
            Error::Stopped { .. } => Code::Stopped,
            Error::StaleRun { .. } => Code::StaleRun,
            Error::Survived { .. } => Code::Survived,
            Error::State { .. } => Code::StateFolder,
            Error::Start(_) => Code::EngineStart,
            Error::ShutDown => Code::ShutDown,
        };
        code.as_str()
    }
}
