//! What dead instances of this app have left behind is ended, and nothing else.

mod cleanup;
mod ending;
mod estate;
mod search;
mod shield;
mod sweep;

pub(crate) use cleanup::Cleanup;
pub(crate) use estate::{Estate, Left};
pub(crate) use search::Leftover;
pub(crate) use sweep::{Sweeper, is_gone};
