//! What the tests share.

pub(crate) mod port_child;
pub(crate) mod wine;
