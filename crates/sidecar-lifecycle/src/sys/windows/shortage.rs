//! Which refusals of the system may pass by themselves.

use std::io;

use windows_sys::Win32::Foundation::{
    ERROR_COMMITMENT_LIMIT, ERROR_NO_SYSTEM_RESOURCES, ERROR_NOT_ENOUGH_MEMORY, ERROR_OUTOFMEMORY,
    ERROR_SHARING_VIOLATION, ERROR_TOO_MANY_OPEN_FILES,
};

/// Whether the same may be granted a moment later: there was no memory, or no more handles may be
/// had for now; or somebody is still writing the program.
pub(crate) fn is_transient(error: &io::Error) -> bool {
    let code = error.raw_os_error().map(|code| code as u32);
    matches!(
        code,
        Some(
            ERROR_COMMITMENT_LIMIT
                | ERROR_NO_SYSTEM_RESOURCES
                | ERROR_NOT_ENOUGH_MEMORY
                | ERROR_OUTOFMEMORY
                | ERROR_SHARING_VIOLATION
                | ERROR_TOO_MANY_OPEN_FILES
        )
    )
}
