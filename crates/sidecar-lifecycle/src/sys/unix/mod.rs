//! What every Unix shares: descriptors, sockets that carry them, spawning, signals.

pub(crate) mod clock;
pub(crate) mod disguise;
pub(crate) mod fd;
pub(crate) mod files;
pub(crate) mod limits;
pub(crate) mod orphans;
pub(crate) mod poll;
pub(crate) mod scm;
pub(crate) mod shortage;
pub(crate) mod signals;
pub(crate) mod spawn;
pub(crate) mod support;
pub(crate) mod text;
pub(crate) mod threads;
pub(crate) mod users;
pub(crate) mod wait;
pub(crate) mod watch;
