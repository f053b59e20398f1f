//! Start, watch and end child processes so that none is ever left behind.

pub mod config;
pub mod core;
mod engine;
pub mod environ;
mod error;
mod event;
pub mod guardian;
pub mod identity;
mod info;
pub mod logs;
pub mod marker;
pub mod metrics;
pub mod ports;
mod sys;
mod termination;

pub use config::{
    CheckContext, ConfigError, CrashInfo, CustomCheck, Dependency, HandOver, HealthCheck,
    IntoVerdict, Probe, Problem, SidecarBuilder, SidecarConfig, StateChange, StdinMode,
};
pub use core::{Condition, OnDependencyRestart, Phase, Restart, RunId, Wanted};
pub use engine::{
    Engine, EngineBuilder, EventStream, EventSubscription, ShutdownReport, SidecarStdin, StdinError,
};
pub use error::Error;
pub use event::{Event, EventKind, Protection};
pub use info::SidecarInfo;
pub use logs::{LogLine, LogRing, Stream, Subscription};
pub use termination::{Termination, on_termination};

/// `CLOCK_MONOTONIC` in milliseconds, as [`Event::mono_ms`] has it.
pub fn mono_ms() -> f64 {
    sys::monotonic().as_micros() as f64 / 1000.0
}
