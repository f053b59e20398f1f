//! From a project's folder to its page, and what is told about it on the way.

mod environment;
mod follow;
mod install;
mod launcher;
mod model;
mod page;
mod prepare;
mod telling;

pub(crate) use launcher::{Launcher, SERVER, Ui};
pub(crate) use model::{Action, Launch, Trouble};
pub(crate) use prepare::{NotFound, next_free};
