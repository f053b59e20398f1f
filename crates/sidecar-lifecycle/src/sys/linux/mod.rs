//! Linux: `/proc`, pidfds and socket diagnostics.

pub(crate) mod changes;
mod entries;
#[cfg(test)]
mod fuzz;
mod inet_diag;
mod proc_net;
pub(crate) mod process;
pub(crate) mod sockets;
mod stat;
