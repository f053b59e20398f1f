//! Unix: the warden does it, in the guardian or, failing that, on a thread.

mod reports;
mod spawner;
mod streams;

pub(crate) use spawner::Spawner;
pub(crate) use streams::{OutputEnd, RawEnd, read_pipes, write_stdin};
