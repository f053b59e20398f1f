//! Windows: handles, jobs, consoles, snapshots and the IP helper's tables.

pub(crate) mod clock;
pub(crate) mod completion;
pub(crate) mod console;
mod errands;
pub(crate) mod files;
pub(crate) mod handle;
pub(crate) mod image;
pub(crate) mod job;
pub(crate) mod leaving;
mod memory;
pub(crate) mod messenger;
pub(crate) mod process;
pub(crate) mod session_end;
pub(crate) mod shortage;
pub(crate) mod sockets;
pub(crate) mod spawn;
pub(crate) mod support;
pub(crate) mod text;
pub(crate) mod users;
pub(crate) mod watch;
