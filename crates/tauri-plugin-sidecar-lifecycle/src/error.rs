//! What a page is told when a command fails.

use serde::Serialize;
use serde::ser::{SerializeStruct, Serializer};

/// A failed command.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The engine refused.
    #[error(transparent)]
    Engine(#[from] sidecar_lifecycle::Error),
    /// Tauri refused.
    #[error(transparent)]
    Tauri(#[from] tauri::Error),
}

/// A result of this plugin.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// A stable name for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Error::Engine(e) => e.code(),
            Error::Tauri(_) => "tauri",
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
