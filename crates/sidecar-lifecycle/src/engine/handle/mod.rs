//! The engine as its users hold it.

mod builder;
mod door;
mod observing;
mod shutdown;
mod waiting;
mod wishes;

pub use builder::EngineBuilder;
pub use door::Engine;
pub use shutdown::ShutdownReport;
