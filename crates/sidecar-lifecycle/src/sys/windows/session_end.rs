//! The end of the user's session: log-off, restart, shutdown.
//!
//! The system ends programs in the order of their levels, the highest first, and all begin with the
//! same one. A sidecar could so be ended before its host has heard of the end, which would take it
//! for a crash. The host is told first.

use windows_sys::Win32::System::LibraryLoader::{GetModuleHandleW, GetProcAddress};
use windows_sys::Win32::System::Threading::{
    GetProcessShutdownParameters, SetProcessShutdownParameters,
};
use windows_sys::core::{s, w};

/// What every program begins with.
const USUAL: u32 = 0x280;
/// The lowest of those that are "reserved for applications that are told first".
const BEFORE_OTHERS: u32 = 0x300;
/// `SM_SHUTTINGDOWN`, of `GetSystemMetrics`.
const SHUTTING_DOWN: i32 = 0x2000;

/// Has this program told of the session's end before others, unless it has a level of its own.
pub(crate) fn be_told_first() {
    let (mut level, mut flags) = (0, 0);
    // SAFETY: both are places for an answer.
    let known = unsafe { GetProcessShutdownParameters(&raw mut level, &raw mut flags) };
    if known == 0 || level != USUAL {
        return;
    }
    // SAFETY: takes numbers.
    if unsafe { SetProcessShutdownParameters(BEFORE_OTHERS, flags) } == 0 {
        log::debug!("at the end of the session, sidecars may be ended before they are asked to");
    }
}

/// Whether the session is ending: no program that has to do with windows can be started then, and
/// the system says so in a box of its own. Known to hosts with windows only.
pub(crate) fn has_begun() -> bool {
    type GetSystemMetrics = unsafe extern "system" fn(i32) -> i32;
    // Not linked: a host without windows would load what it has no use for.
    // SAFETY: a module that is loaded stays so: this one is never unloaded.
    let user32 = unsafe { GetModuleHandleW(w!("user32.dll")) };
    if user32.is_null() {
        return false;
    }
    // SAFETY: the module is loaded, and the name ends with a zero.
    let Some(ask) = (unsafe { GetProcAddress(user32, s!("GetSystemMetrics")) }) else {
        return false;
    };
    // SAFETY: this is its signature.
    let ask: GetSystemMetrics = unsafe { std::mem::transmute(ask) };
    // SAFETY: takes a number.
    unsafe { ask(SHUTTING_DOWN) != 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level() -> u32 {
        let (mut level, mut flags) = (0, 0);
        // SAFETY: both are places for an answer.
        let known = unsafe { GetProcessShutdownParameters(&raw mut level, &raw mut flags) };
        assert_ne!(known, 0);
        level
    }

    #[test]
    fn a_host_is_told_before_others_and_one_that_has_chosen_keeps_its_level() {
        be_told_first();
        assert_eq!(level(), BEFORE_OTHERS);
        // SAFETY: takes numbers.
        unsafe { SetProcessShutdownParameters(0x150, 0) };
        be_told_first();
        assert_eq!(level(), 0x150);
        // SAFETY: the same.
        unsafe { SetProcessShutdownParameters(USUAL, 0) };
    }

    #[test]
    fn this_session_goes_on() {
        assert!(!has_begun());
    }
}
