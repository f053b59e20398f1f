//! A host that changes its console while its sidecars run.

use std::io;

use windows_sys::Win32::System::Console::{AllocConsole, FreeConsole};

/// Gets one. Panics if there is one already, or none to be had: then the test shows nothing.
pub(crate) fn join() {
    // SAFETY: takes no arguments.
    let ok = unsafe { AllocConsole() };
    assert!(ok != 0, "{}", io::Error::last_os_error());
}

/// Is on none any more. Panics as [`join`] does.
pub(crate) fn leave() {
    // SAFETY: takes no arguments. This program's streams are pipes.
    let ok = unsafe { FreeConsole() };
    assert!(ok != 0, "{}", io::Error::last_os_error());
}
