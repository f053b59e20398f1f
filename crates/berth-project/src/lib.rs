//! Finds out how a local web project is run.
//!
//! [`Plan::for_folder`] reads a folder's `package.json`, lockfiles and [`Config`] and answers with
//! a command line, a port and a start route. Nothing is started here and nothing is written.
//! [`redact()`] makes what a trouble page shows fit to be pasted into a public issue.

pub mod config;
mod folder;
mod framework;
mod package_json;
mod package_manager;
mod plan;
mod redact;
mod script;
mod trouble;
mod version;
mod words;

pub use config::{CommandLine, Config, ConfigError, PluginConfig};
pub use folder::{is_on_share, is_run_by_cmd, real_folder, share_of};
pub use framework::{FRAMEWORKS, Framework};
pub use package_json::PackageJson;
pub use package_manager::{Chosen, ChosenBy, PackageManager};
pub use plan::{Plan, PortChannel, PortSource, PortWish};
pub use redact::redact;
pub use sidecar_lifecycle::config::parse_duration;
pub use trouble::ProjectError;
pub use version::{Range, Version};
