//! Which refusals of the system may pass by themselves.

use std::io;

/// Whether the same may be granted a moment later: there was no memory, or no more processes or
/// descriptors may be had for now; or somebody is still writing the program.
pub(crate) fn is_transient(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(libc::EAGAIN | libc::EMFILE | libc::ENFILE | libc::ENOMEM | libc::ETXTBSY)
    )
}
