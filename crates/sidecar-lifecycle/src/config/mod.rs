//! How a sidecar is run.

mod builder;
mod check;
mod sidecar;

pub use builder::SidecarBuilder;
pub use check::HealthCheck;
pub use sidecar::{ConfigError, Liveness, SidecarConfig, StdinMode};
