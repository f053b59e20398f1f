//! What Berth's own pages show. The TypeScript side is `src/lib/contract.ts`.

use serde::Serialize;

/// What happens now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Phase {
    /// Whether the project may run its code is being asked.
    Asking,
    /// The tool that starts the server is being looked for.
    Looking,
    /// A leftover of ours is being ended, because it holds the port.
    FreeingPort,
    /// The package manager installs before it starts the server.
    Installing,
    /// The server is being spawned.
    Starting,
    /// It runs and does not answer yet.
    Waiting,
    /// Its page is shown.
    Ready,
    /// It is being ended, to be started again.
    Stopping,
    /// Something failed.
    Trouble,
}

/// The project, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Project {
    pub(crate) name: String,
    /// With the home folder as `~`.
    pub(crate) folder: String,
    /// What starts the server.
    pub(crate) command: Option<String>,
}

/// The whole state of a launch.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Launch {
    /// Grows with each start and refresh; pages ignore older ones.
    pub(crate) generation: u64,
    pub(crate) project: Project,
    pub(crate) phase: Phase,
    /// One line in the user's words.
    pub(crate) step: String,
    /// Unix time of this launch's start, in milliseconds.
    pub(crate) started_at_ms: u64,
    pub(crate) ready_timeout_ms: u64,
    pub(crate) url: Option<String>,
    pub(crate) trouble: Option<Trouble>,
}

/// What failed and what helps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Trouble {
    pub(crate) code: String,
    /// What a colleague would say.
    pub(crate) sentence: String,
    /// The likely cause.
    pub(crate) cause: String,
    pub(crate) evidence: Vec<String>,
    pub(crate) actions: Vec<Action>,
    pub(crate) log_path: Option<String>,
}

/// A button.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Action {
    pub(crate) id: String,
    pub(crate) label: String,
    pub(crate) primary: bool,
}

impl Action {
    pub(crate) fn primary(id: impl Into<String>, label: impl Into<String>) -> Action {
        Action {
            id: id.into(),
            label: label.into(),
            primary: true,
        }
    }

    pub(crate) fn other(id: impl Into<String>, label: impl Into<String>) -> Action {
        Action {
            id: id.into(),
            label: label.into(),
            primary: false,
        }
    }
}
