//! macOS: libproc and sysctl.

mod lineage;
mod procargs;
pub(crate) mod process;
mod socket_info;
pub(crate) mod sockets;
mod sysctl;
