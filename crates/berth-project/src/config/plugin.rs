//! The same configuration in a branded build's `tauri.conf.json`, under `plugins.berth`.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::object::Object;
use super::{Config, ConfigError};

/// `plugins.berth`: every key of `berth.json`, and the project that the build is for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PluginConfig {
    /// The project's folder. With it, the app opens this project and no other.
    pub project: Option<PathBuf>,
    /// How it is run. Wins over the project's own `berth.json` (see [`Config::or`]).
    pub config: Config,
}

impl PluginConfig {
    /// Reads the value of `plugins.berth`. Errors name the key, and no line: Tauri hands over
    /// values without their places.
    pub fn from_value(value: Value) -> Result<PluginConfig, ConfigError> {
        let file = Path::new("tauri.conf.json");
        let within = |mut error: ConfigError| {
            error.key = Some(match error.key {
                Some(key) => format!("plugins.berth.{key}"),
                None => "plugins.berth".into(),
            });
            error
        };
        let mut value = value;
        // By hand, because serde's `flatten` and `deny_unknown_fields` exclude each other.
        let project = match value
            .as_object_mut()
            .and_then(|object| object.remove("project"))
        {
            None | Some(Value::Null) => None,
            Some(Value::String(project)) if !project.is_empty() => Some(PathBuf::from(project)),
            Some(_) => {
                return Err(within(ConfigError {
                    file: file.to_path_buf(),
                    key: Some("project".into()),
                    line: None,
                    problem: "the project is a path to a folder".into(),
                    unreadable: None,
                }));
            }
        };
        if value.is_null() {
            return Ok(PluginConfig {
                project,
                config: Config::default(),
            });
        }
        let Object(config) = serde_path_to_error::deserialize(value)
            .map_err(|error| within(ConfigError::of(file, None, &error)))?;
        Ok(PluginConfig { project, config })
    }
}
