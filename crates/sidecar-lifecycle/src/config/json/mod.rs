//! Configuration as JSON: one list of names for the builder, for files and for what is wrong.
//!
//! A document is parsed as a whole, with the line of each value (`node.rs`), and read by what each
//! key stands for (`fields.rs`, `values.rs`), so that all mistakes are told at once. What comes of
//! it goes through the builder, and what the builder refuses is told with its place and line too.

mod fields;
mod file;
mod fleet;
#[cfg(test)]
mod fuzz;
mod health;
mod nearest;
mod needs;
mod node;
#[cfg(test)]
mod schema;
mod sidecar;
mod values;

pub use file::ConfigFile;
pub use fleet::FleetConfig;
pub use nearest::nearest;
