//! `berth.json` and `plugins.berth`: what a project says about how it is run.

mod command;
mod error;
mod fields;
mod object;
mod plugin;
#[cfg(test)]
mod schema;

pub use command::CommandLine;
pub use error::ConfigError;
pub use plugin::PluginConfig;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use crate::package_manager::PackageManager;

/// The file's name in the project's folder.
pub const FILE_NAME: &str = "berth.json";

/// How a project is run, where that differs from what Berth finds out by itself. Every key is
/// optional. Comments are not allowed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(title = "berth.json"))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Config {
    /// The JSON Schema of this file, for editors.
    #[serde(rename = "$schema")]
    pub schema: Option<String>,

    /// The window's title. Default: the name in `package.json`, else the folder's.
    pub name: Option<String>,

    /// What to run, instead of a script of `package.json`: a line as typed in a terminal, or a
    /// list of program and arguments. `{port}` is replaced by the chosen port; no flag is added.
    pub command: Option<CommandLine>,

    /// The script of `package.json` to run. Default: `dev`.
    pub script: Option<String>,

    /// Who runs the script. Default: what `package.json` or a lockfile says, else npm.
    pub package_manager: Option<PackageManager>,

    /// The port to ask for. Default: the one in the script, else the framework's.
    #[serde(deserialize_with = "fields::port")]
    #[cfg_attr(test, schemars(range(min = 1)))]
    pub port: Option<u16>,

    /// The page to open first, from the root of the site: `/admin`. Default: `/`.
    #[serde(deserialize_with = "fields::path")]
    #[cfg_attr(test, schemars(regex(pattern = r"^/([^/\\]|$)")))]
    pub path: Option<String>,

    /// How long the server may take until it answers: `250ms`, `5s`, `2m`. Default: `120s`.
    #[serde(deserialize_with = "fields::duration")]
    #[cfg_attr(test, schemars(with = "Option<fields::DurationText>"))]
    pub ready_timeout: Option<Duration>,

    /// Variables for the server, beside those of the user's shell.
    #[serde(deserialize_with = "fields::env")]
    pub env: BTreeMap<String, String>,

    /// Where the log files go, from the project's folder. Default: a folder per project below the
    /// app's data folder.
    pub log_dir: Option<PathBuf>,
}

impl Config {
    /// The configuration in a project's folder; `None` if there is none. What is no folder has
    /// none: that it is no folder is for [`Plan::for_folder`](crate::Plan::for_folder) to say.
    pub fn load(folder: &Path) -> Result<Option<Config>, ConfigError> {
        let file = folder.join(FILE_NAME);
        match fs::read_to_string(&file) {
            Ok(text) => Config::parse(&text, &file).map(Some),
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) =>
            {
                Ok(None)
            }
            Err(error) => Err(ConfigError::unreadable(&file, &error)),
        }
    }

    /// Reads a configuration from text. `file` is named in errors.
    pub fn parse(text: &str, file: &Path) -> Result<Config, ConfigError> {
        // Editors on Windows like to write a byte order mark.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut json = serde_json::Deserializer::from_str(text);
        let object::Object(config) = serde_path_to_error::deserialize(&mut json)
            .map_err(|error| ConfigError::of(file, Some(text), &error))?;
        json.end()
            .map_err(|error| ConfigError::after_the_end(file, text, &error))?;
        Ok(config)
    }

    /// This configuration where it says something, else `lower`. Variables of both are joined,
    /// name by name.
    #[must_use]
    pub fn or(self, lower: Config) -> Config {
        // A command and a script are two answers to one question: the upper one's counts.
        let lower_script = lower.script.filter(|_| self.command.is_none());
        let lower_command = lower.command.filter(|_| self.script.is_none());
        let mut env = lower.env;
        env.extend(self.env);
        Config {
            schema: self.schema.or(lower.schema),
            name: self.name.or(lower.name),
            command: self.command.or(lower_command),
            script: self.script.or(lower_script),
            package_manager: self.package_manager.or(lower.package_manager),
            port: self.port.or(lower.port),
            path: self.path.or(lower.path),
            ready_timeout: self.ready_timeout.or(lower.ready_timeout),
            env,
            log_dir: self.log_dir.or(lower.log_dir),
        }
    }
}
