//! What a caller is told when something is refused: in Rust by a type, in a page by a code.

use serde::Serialize;
use serde::ser::{SerializeStruct, Serializer};
use sidecar_lifecycle::{ConfigError, OutputError, StdinError};

/// Why something was not done.
///
/// A page gets `{ code, message }`.
///
/// ```
/// use tauri_plugin_sidecar_lifecycle::Error;
///
/// let error = Error::ForeignPid { pid: 4711 };
/// assert_eq!(error.code(), "foreign-pid");
/// assert_eq!(
///     serde_json::to_string(&error)?,
///     r#"{"code":"foreign-pid","message":"process 4711 was never a sidecar of this app"}"#
/// );
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The engine refused.
    #[error(transparent)]
    Engine(#[from] sidecar_lifecycle::Error),
    /// Nothing could be written.
    #[error(transparent)]
    Stdin(#[from] StdinError),
    /// Nothing could be read.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// Tauri refused.
    #[error(transparent)]
    Tauri(#[from] tauri::Error),
    /// What `tauri.conf.json` says cannot be used.
    #[error("tauri.conf.json cannot be used:\n{0}")]
    Config(ConfigError),
    /// The page's capabilities do not reach this sidecar, whether or not there is one.
    #[error("this page may not {what} {id:?}: its capabilities do not name it")]
    NotAllowed {
        /// The sidecar's id.
        id: String,
        /// What was asked for.
        what: &'static str,
    },
    /// The process led a run of a sidecar, and has ended.
    #[error("process {pid} was {id}'s, and has ended: ask for its present one")]
    StalePid {
        /// As given.
        pid: u32,
        /// Whose it was.
        id: String,
    },
    /// The process leads no run of this app instance, and never did.
    #[error("process {pid} was never a sidecar of this app")]
    ForeignPid {
        /// As given.
        pid: u32,
    },
    /// A value that is not let through.
    #[error("{name:?} of {id} cannot be that: {reason}")]
    BadParam {
        /// The sidecar's id.
        id: String,
        /// The parameter.
        name: String,
        /// Why not.
        reason: String,
    },
    /// A page's request that cannot be understood.
    #[error("the request cannot be understood: {reason}")]
    BadRequest {
        /// Why not.
        reason: &'static str,
    },
    /// The app is on its way out.
    #[error("the app exits: nothing is started any more")]
    Exiting,
}

/// A result of this plugin.
///
/// ```
/// use tauri_plugin_sidecar_lifecycle::{Error, Result};
///
/// fn recorder(known: Option<u32>) -> Result<u32> {
///     known.ok_or(Error::ForeignPid { pid: 4711 })
/// }
/// assert!(recorder(Some(1)).is_ok());
/// ```
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// A stable name for programs: texts may change, names do not.
    ///
    /// ```
    /// assert_eq!(tauri_plugin_sidecar_lifecycle::Error::Exiting.code(), "exiting");
    /// ```
    pub fn code(&self) -> &'static str {
        match self {
            Error::Engine(e) => e.code(),
            Error::Stdin(e) => e.code(),
            Error::Output(e) => e.code(),
            Error::Tauri(_) => "tauri",
            Error::Config(_) => "bad-config",
            Error::NotAllowed { .. } => "not-allowed",
            Error::StalePid { .. } => "stale-pid",
            Error::ForeignPid { .. } => "foreign-pid",
            Error::BadParam { .. } => "bad-param",
            Error::BadRequest { .. } => "bad-request",
            Error::Exiting => "exiting",
        }
    }
}

/// `{ code, message }`, where other plugins give a bare text: TypeScript branches on the code.
impl Serialize for Error {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Error", 2)?;
        object.serialize_field("code", self.code())?;
        object.serialize_field("message", &self.to_string())?;
        object.end()
    }
}
