//! What a caller is told when something is refused: in Rust by a type, in a page by a code.

use serde::Serialize;
use serde::ser::{SerializeStruct, Serializer};
use sidecar_lifecycle::{ConfigError, OutputError, StdinError, error_codes};

error_codes! {
    /// What the plugin's own refusals are called, beside the engine's.
    PluginErrorCode {
        /// The page lacks the permission, or the sidecar lies outside its scope.
        NotAllowed = "not-allowed",
        /// The process was this app's sidecar and has ended.
        StalePid = "stale-pid",
        /// The process was never a sidecar of this app.
        ForeignPid = "foreign-pid",
        /// A value does not fit the declared placeholder.
        BadParam = "bad-param",
        /// A command was called with what cannot be understood.
        BadRequest = "bad-request",
        /// The app is on its way out.
        Exiting = "exiting",
        /// What `tauri.conf.json` says cannot be used.
        BadConfig = "bad-config",
        /// Tauri's own part has failed; the message says why.
        Tauri = "tauri",
    }
}

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
        use PluginErrorCode as Code;
        let code = match self {
            Error::Engine(e) => return e.code(),
            Error::Stdin(e) => return e.code(),
            Error::Output(e) => return e.code(),
            Error::Tauri(_) => Code::Tauri,
            Error::Config(_) => Code::BadConfig,
            Error::NotAllowed { .. } => Code::NotAllowed,
            Error::StalePid { .. } => Code::StalePid,
            Error::ForeignPid { .. } => Code::ForeignPid,
            Error::BadParam { .. } => Code::BadParam,
            Error::BadRequest { .. } => Code::BadRequest,
            Error::Exiting => Code::Exiting,
        };
        code.as_str()
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
