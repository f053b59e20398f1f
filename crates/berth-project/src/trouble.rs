//! Why a folder cannot be run as a project.

use std::path::PathBuf;

use crate::config::ConfigError;
use crate::folder::share_of;

/// Why there is no plan. Each has a [code](ProjectError::code) that pages and logs use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProjectError {
    /// The folder is not there.
    #[error("the project's folder {} does not exist; it may have been moved or renamed", .0.display())]
    FolderMissing(PathBuf),
    /// The path leads to something else than a folder.
    #[error("{} is not a folder; open the folder that holds the project's package.json", .0.display())]
    NotAFolder(PathBuf),
    /// The folder is on a share, and the command needs `cmd.exe`, which runs nothing there.
    #[error(
        "{} is on a network share, where Windows’ command line (cmd.exe) cannot run the project’s \
         command; map the share to a drive letter, as `net use Z: {}` does, and open the folder there",
        .0.display(),
        share_of(.0)
    )]
    OnAShare(PathBuf),
    /// There is no `package.json`, and no command is configured.
    #[error(
        "there is no package.json in {}; open the folder that has one, or set `command` in berth.json",
        .0.display()
    )]
    NoPackageJson(PathBuf),
    /// A file is there and cannot be read.
    #[error("{} cannot be read: {why}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system says.
        why: String,
    },
    /// `package.json` cannot be understood.
    #[error("{}{}: {problem}", file.display(), at_line(*line))]
    BadPackageJson {
        /// The file.
        file: PathBuf,
        /// The line, counted from 1, if it is a matter of one.
        line: Option<usize>,
        /// What is wrong.
        problem: String,
    },
    /// The script that would be run is not in `package.json`.
    #[error("package.json has no script `{script}`; {}", scripts(available))]
    NoDevScript {
        /// The script that was looked for.
        script: String,
        /// The scripts there are.
        available: Vec<String>,
    },
    /// The script and the configuration name two ports.
    #[error(
        "the configuration asks for port {configured}, but the script fixes port {script}; remove one of them"
    )]
    PortConflict {
        /// The port of the configuration.
        configured: u16,
        /// The port in the script.
        script: u16,
    },
    /// The configuration has a mistake in it.
    #[error(transparent)]
    BadConfig(ConfigError),
}

impl From<ConfigError> for ProjectError {
    fn from(error: ConfigError) -> ProjectError {
        match error.unreadable {
            Some(why) => ProjectError::Unreadable {
                file: error.file,
                why,
            },
            None => ProjectError::BadConfig(error),
        }
    }
}

impl ProjectError {
    /// A short name that does not change, in kebab-case.
    pub fn code(&self) -> &'static str {
        match self {
            ProjectError::FolderMissing(_) => "folder-missing",
            ProjectError::NotAFolder(_) => "not-a-folder",
            ProjectError::OnAShare(_) => "on-a-share",
            ProjectError::NoPackageJson(_) => "no-package-json",
            ProjectError::Unreadable { .. } => "unreadable",
            ProjectError::BadPackageJson { .. } => "bad-package-json",
            ProjectError::NoDevScript { .. } => "no-dev-script",
            ProjectError::PortConflict { .. } => "port-conflict",
            ProjectError::BadConfig(_) => "bad-config",
        }
    }
}

fn at_line(line: Option<usize>) -> String {
    line.map(|line| format!(", line {line}"))
        .unwrap_or_default()
}

fn scripts(available: &[String]) -> String {
    if available.is_empty() {
        "it has no scripts at all; add one that starts the server".into()
    } else {
        format!(
            "set `script` in berth.json to one of: {}",
            available.join(", ")
        )
    }
}
