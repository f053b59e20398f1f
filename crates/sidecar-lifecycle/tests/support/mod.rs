//! What the tests share.

pub(crate) mod port_child;
