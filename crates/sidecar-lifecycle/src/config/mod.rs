//! How a sidecar is run.
//!
//! Three ways lead to a [`SidecarConfig`]: its [builder](SidecarConfig::builder), its
//! [JSON](SidecarConfig::from_json), and a [`FleetConfig`] with many of them. Each has examples. All
//! three refuse what contradicts itself, with a [`ConfigError`].
//!
//! ```
//! use sidecar_lifecycle::config::{FleetConfig, SidecarConfig};
//!
//! let built = SidecarConfig::builder().name("redis-server").port_range(6379..=6389).build()?;
//! let read = SidecarConfig::from_json(r#"{ "name": "redis-server", "port": "6379-6389" }"#)?;
//! let fleet = FleetConfig::from_json(
//!     r#"{ "sidecars": { "db": { "name": "redis-server", "port": "6379-6389" } } }"#,
//! )?;
//! assert_eq!(built, read);
//! assert_eq!(fleet.sidecars, [("db".to_owned(), read)]);
//! # Ok::<(), sidecar_lifecycle::ConfigError>(())
//! ```

mod builder;
mod check;
mod custom;
mod dependency;
mod duration;
mod fingerprint;
mod hooks;
mod json;
mod probe;
mod sidecar;
mod validate;

pub use builder::SidecarBuilder;
pub use check::HealthCheck;
pub use custom::{CheckContext, CustomCheck, IntoVerdict};
pub use dependency::Dependency;
pub(crate) use dependency::{find_cycle, variables_of};
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
