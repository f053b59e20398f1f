//! All system calls that std does not offer. Both platforms export the same names, but for what
//! only Unix has: see `storm`.

#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub(crate) use unix::*;
#[cfg(windows)]
mod windows;
#[cfg(windows)]
pub(crate) use windows::*;
