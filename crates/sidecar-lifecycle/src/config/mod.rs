//! How a sidecar is run.
//!
//! Three ways lead to a [`SidecarConfig`]: its [builder](SidecarConfig::builder), its
//! [JSON](SidecarConfig::from_json), and a [`FleetConfig`] with many of them. Each has examples. All
//! three refuse what contradicts itself, with a [`ConfigError`].

mod builder;
mod check;
mod custom;
mod dependency;
mod duration;
mod hooks;
mod json;
mod probe;
mod sidecar;
mod validate;

pub use builder::SidecarBuilder;
pub use check::HealthCheck;
pub use custom::{CheckContext, CustomCheck, IntoVerdict};
pub use dependency::Dependency;
pub(crate) use dependency::find_cycle;
pub use duration::{BadDuration, parse_duration};
pub(crate) use hooks::Hooks;
pub use hooks::{CrashInfo, HandOver, StateChange};
// Not for everybody: Berth's own configuration mends slips of the pen in the same way.
#[doc(hidden)]
pub use json::nearest;
pub use json::{ConfigFile, FleetConfig};
pub use probe::Probe;
pub use sidecar::{SidecarConfig, StdinMode, StdoutMode};
pub use validate::{ConfigError, Problem};
