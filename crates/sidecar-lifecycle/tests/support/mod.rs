//! What the tests share.

pub(crate) mod port_child;
#[cfg(windows)]
pub(crate) mod shut;
pub(crate) mod wine;
