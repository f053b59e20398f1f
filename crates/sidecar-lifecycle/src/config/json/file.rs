//! A file: one sidecar or many.

use std::path::{Component, Path, PathBuf};

use serde_json::Value;

use super::FleetConfig;
use super::fields::{Item, Report};
use super::node::{Kind, Node};
use super::sidecar::read_sidecar;
use crate::config::{ConfigError, SidecarBuilder, SidecarConfig};

/// What a configuration file holds.
///
/// ```
/// use sidecar_lifecycle::ConfigFile;
///
/// let one = ConfigFile::from_json(r#"{ "name": "pnpm", "args": ["dev"] }"#, |it| it)?;
/// assert!(matches!(one, ConfigFile::One(_)));
/// let fleet = ConfigFile::from_json(r#"{ "sidecars": { "web": { "name": "pnpm" } } }"#, |it| it)?;
/// assert!(matches!(fleet, ConfigFile::Fleet(_)));
/// # Ok::<(), sidecar_lifecycle::ConfigError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigFile {
    /// A single sidecar: its keys stand at the top.
    One(Box<SidecarConfig>),
    /// Many, each with an id, below `sidecars`.
    Fleet(FleetConfig),
}

impl ConfigFile {
    /// The JSON Schema of what [`from_json`](ConfigFile::from_json) reads, for editors and checkers.
    /// A schema cannot say everything: the reader knows of contradictions too.
    ///
    /// ```
    /// use sidecar_lifecycle::ConfigFile;
    ///
    /// let schema: serde_json::Value = serde_json::from_str(ConfigFile::SCHEMA)?;
    /// assert_eq!(schema["title"], "sidecar run --config");
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub const SCHEMA: &str = include_str!("sidecar.schema.json");

    /// Reads either. `adjust` has the last word about a single sidecar, before it is validated:
    /// that is where a command's flags win over its file.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with its place and line.
    ///
    /// ```
    /// use sidecar_lifecycle::ConfigFile;
    /// use sidecar_lifecycle::ports::PortWish;
    ///
    /// // `serve --port 4000`, and a file that says something else.
    /// let flag = Some(PortWish::Fixed(4000));
    /// let file = ConfigFile::from_json(r#"{ "name": "api", "port": "auto" }"#, |builder| match flag {
    ///     Some(port) => builder.port(port),
    ///     None => builder,
    /// })?;
    /// assert!(matches!(file, ConfigFile::One(api) if api.port == PortWish::Fixed(4000)));
    /// # Ok::<(), sidecar_lifecycle::ConfigError>(())
    /// ```
    pub fn from_json(
        text: &str,
        adjust: impl FnOnce(SidecarBuilder) -> SidecarBuilder,
    ) -> Result<ConfigFile, ConfigError> {
        let root = Node::parse(text).map_err(ConfigError::of)?;
        let is_fleet = match &root.kind {
            Kind::Object(entries) => entries.iter().any(|(key, _)| key == "sidecars"),
            _ => false,
        };
        if is_fleet {
            return FleetConfig::from_node(&root).map(ConfigFile::Fleet);
        }
        SidecarConfig::from_node(&root, adjust).map(|one| ConfigFile::One(Box::new(one)))
    }
}

impl SidecarConfig {
    /// Reads one sidecar: the builder's setters in camelCase.
    ///
    /// ```
    /// use std::time::Duration;
    /// use sidecar_lifecycle::SidecarConfig;
    ///
    /// let config = SidecarConfig::from_json(r#"{
    ///     "name": "api-server",
    ///     "args": ["--port", "auto"],
    ///     "portRange": "8080-8199",
    ///     "healthCheck": { "type": "http", "path": "/health", "timeout": "5s", "interval": "2s" },
    ///     "autoRestart": true,
    ///     "gracefulShutdownTimeout": "10s"
    /// }"#)?;
    /// assert_eq!(config.grace, Duration::from_secs(10));
    /// # Ok::<(), sidecar_lifecycle::ConfigError>(())
    /// ```
    ///
    /// # Errors
    /// Everything that is wrong with it, each with its place and line.
    pub fn from_json(text: &str) -> Result<SidecarConfig, ConfigError> {
        let root = Node::parse(text).map_err(ConfigError::of)?;
        SidecarConfig::from_node(&root, |builder| builder)
    }

    /// The same of a document that was parsed before. Problems have no lines.
    ///
    /// # Errors
    /// As [`from_json`](SidecarConfig::from_json).
    ///
    /// ```
    /// use serde_json::json;
    /// use sidecar_lifecycle::SidecarConfig;
    ///
    /// let settings = json!({ "theme": "dark", "server": { "name": "api", "prot": 80 } });
    /// let error = SidecarConfig::from_value(&settings["server"]).unwrap_err();
    /// assert_eq!(error.to_string(), "prot: there is no such key; did you mean `port`?");
    /// ```
    pub fn from_value(value: &Value) -> Result<SidecarConfig, ConfigError> {
        SidecarConfig::from_node(&Node::from(value), |builder| builder)
    }

    fn from_node(
        root: &Node,
        adjust: impl FnOnce(SidecarBuilder) -> SidecarBuilder,
    ) -> Result<SidecarConfig, ConfigError> {
        let report = Report::default();
        let config = read_sidecar(&Item::root(root, &report), adjust);
        ConfigError::unless_empty(report.into_problems())?;
        Ok(config)
    }

    /// Lets relative paths count from `folder`, that of a configuration file say: the working
    /// folder, which is `folder` itself if there is none, the program unless it is a bare name,
    /// and the log file.
    ///
    /// ```
    /// use std::path::Path;
    /// use sidecar_lifecycle::SidecarConfig;
    ///
    /// let mut api = SidecarConfig::from_json(r#"{ "program": "./bin/api", "logFile": "api.log" }"#)?;
    /// api.resolve(Path::new("/opt/shop"));
    /// assert_eq!(api.program, Path::new("/opt/shop/bin/api"));
    /// assert_eq!(api.cwd.as_deref(), Some(Path::new("/opt/shop")));
    /// assert_eq!(api.log_file.as_deref(), Some(Path::new("/opt/shop/api.log")));
    /// # Ok::<(), sidecar_lifecycle::ConfigError>(())
    /// ```
    pub fn resolve(&mut self, folder: &Path) {
        let within = |path: &Path| -> PathBuf {
            // Without the `./` in the middle, which would be read by people.
            let steps = path.components().filter(|step| *step != Component::CurDir);
            let mut whole = folder.to_path_buf();
            whole.extend(steps);
            whole
        };
        self.cwd = Some(
            self.cwd
                .as_deref()
                .map_or_else(|| folder.to_path_buf(), within),
        );
        self.log_file = self.log_file.as_deref().map(within);
        let is_path = self.program.components().count() > 1
            || self.program.components().next() == Some(Component::CurDir);
        if is_path {
            self.program = within(&self.program);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_count_from_the_folder() {
        let resolved = |text: &str| {
            let mut config = SidecarConfig::from_json(text).expect("it is right");
            config.resolve(Path::new("/shop"));
            (config.program, config.cwd, config.log_file)
        };
        assert_eq!(
            resolved(r#"{"program": "./bin/api", "cwd": "api", "logFile": "log/api"}"#),
            (
                "/shop/bin/api".into(),
                Some("/shop/api".into()),
                Some("/shop/log/api".into())
            )
        );
        assert_eq!(
            resolved(r#"{"name": "pnpm"}"#),
            ("pnpm".into(), Some("/shop".into()), None)
        );
        assert_eq!(
            resolved(r#"{"program": "/bin/true", "cwd": "/tmp", "logFile": "/tmp/log"}"#),
            (
                "/bin/true".into(),
                Some("/tmp".into()),
                Some("/tmp/log".into())
            )
        );
    }
}
