//! Windows: a window of another process, brought to the front.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::ptr;

use windows_sys::Win32::Foundation::HWND;
use windows_sys::Win32::System::RemoteDesktop::ProcessIdToSessionId;
use windows_sys::Win32::UI::WindowsAndMessaging::{
    GetWindowThreadProcessId, IsIconic, SW_RESTORE, SetForegroundWindow, ShowWindowAsync,
};

/// What became of the window of the process that has the project.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Front {
    /// It came to the front.
    Came,
    /// It has none: not yet, or not any more.
    NoWindow { pid: u32 },
    /// It is in another session, whose windows have numbers of their own.
    Elsewhere { pid: u32 },
    /// The system lets nobody else come to the front.
    Refused { pid: u32 },
    /// Nothing is noted, or nothing that can be used.
    Unknown,
}

/// Where the first one notes its window for those that come after it: `WINDOW PID SESSION`, with 0
/// for a window that is not there.
fn path(state: &Path) -> PathBuf {
    state.join("instance.window")
}

/// Notes that this process has no window: not yet, or not for long. What an earlier one has noted
/// is put away as well, even if nothing new can be written.
pub(crate) fn forget(state: &Path) -> io::Result<()> {
    session()
        .and_then(|session| note(state, 0, session))
        .inspect_err(|_| drop(fs::remove_file(path(state)))) // There may be none.
}

/// Notes this process's window.
pub(crate) fn show(state: &Path, window: HWND) -> io::Result<()> {
    note(state, window.addr(), session()?)
}

pub(super) fn note(state: &Path, window: usize, session: u32) -> io::Result<()> {
    let text = format!("{window} {} {session}\n", std::process::id());
    fs::write(path(state), text)
}

/// Brings the noted window to the front.
///
/// The lock says that the process lives which has noted it, so that its numbers are its own. A
/// window of another process is left alone all the same: its number was given away, and the one
/// that is meant has gone.
pub(crate) fn bring(state: &Path) -> Front {
    let Some((window, pid, session_of_it)) = read(state) else {
        return Front::Unknown;
    };
    if window.is_null() {
        return Front::NoWindow { pid };
    }
    if session().is_ok_and(|ours| ours != session_of_it) {
        return Front::Elsewhere { pid };
    }
    let mut owner = 0;
    // SAFETY: a number that names a window or none, and a pointer to a number of ours.
    let thread = unsafe { GetWindowThreadProcessId(window, &raw mut owner) };
    if thread == 0 || owner != pid {
        return Front::NoWindow { pid };
    }
    // SAFETY: as above.
    if unsafe { IsIconic(window) } != 0 {
        // Its thread may be busy, and is not waited for.
        // SAFETY: as above.
        unsafe { ShowWindowAsync(window, SW_RESTORE) };
    }
    // SAFETY: as above.
    if unsafe { SetForegroundWindow(window) } == 0 {
        return Front::Refused { pid };
    }
    Front::Came
}

fn read(state: &Path) -> Option<(HWND, u32, u32)> {
    let text = fs::read_to_string(path(state)).ok()?;
    let (window, rest) = text.trim_end().split_once(' ')?;
    let (pid, session) = rest.split_once(' ')?;
    Some((
        ptr::without_provenance_mut(window.parse().ok()?),
        pid.parse().ok()?,
        session.parse().ok()?,
    ))
}

/// The session of this process: one for each user who is logged in, at the screen or from afar.
fn session() -> io::Result<u32> {
    let mut session = 0;
    // SAFETY: the pointer is to a number of ours.
    let ok = unsafe { ProcessIdToSessionId(std::process::id(), &raw mut session) };
    if ok == 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(session)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Mutex, PoisonError};

    use super::*;
    use windows_sys::Win32::UI::WindowsAndMessaging::{
        CreateWindowExW, DestroyWindow, GetForegroundWindow, WINDOW_STYLE, WS_OVERLAPPEDWINDOW,
        WS_VISIBLE,
    };

    /// A window of this thread. One that is shown comes to the front: only one test has such.
    fn window(shown: WINDOW_STYLE) -> HWND {
        // Wine makes the system's classes when a process first asks for one, and another thread that
        // asks meanwhile finds none.
        static ONE_BY_ONE: Mutex<()> = Mutex::new(());
        let _turn = ONE_BY_ONE.lock().unwrap_or_else(PoisonError::into_inner);
        let class: Vec<u16> = "STATIC\0".encode_utf16().collect();
        let style = WS_OVERLAPPEDWINDOW | shown;
        let none = ptr::null_mut();
        // SAFETY: a class of the system's, texts that end in NUL, and no more.
        let window = unsafe {
            CreateWindowExW(
                0,
                class.as_ptr(),
                class.as_ptr(),
                style,
                0,
                0,
                200,
                100,
                none,
                none,
                none,
                ptr::null(),
            )
        };
        assert!(!window.is_null(), "{}", io::Error::last_os_error());
        window
    }

    #[test]
    fn the_noted_window_comes_to_the_front_until_it_ends() {
        let dir = tempfile::tempdir().expect("a folder");
        let state = dir.path();
        assert_eq!(bring(state), Front::Unknown);
        let pid = std::process::id();
        forget(state).expect("noted");
        assert_eq!(bring(state), Front::NoWindow { pid });
        let (first, second) = (window(WS_VISIBLE), window(WS_VISIBLE));
        for wanted in [first, second, first] {
            show(state, wanted).expect("noted");
            // Windows may refuse it to a process that no user has started, as a service's tests
            // are; Wine does not.
            let outcome = bring(state);
            if outcome == Front::Came {
                // SAFETY: takes nothing.
                assert_eq!(unsafe { GetForegroundWindow() }, wanted);
            } else {
                assert_eq!(outcome, Front::Refused { pid });
                assert!(!crate::wine::is_here());
                eprintln!("not tested: Windows kept a window from the front");
            }
        }
        // SAFETY: a window of this thread.
        unsafe { DestroyWindow(first) };
        assert_eq!(bring(state), Front::NoWindow { pid });

        // One that is about to end is no more to be brought, though its window is still there.
        show(state, second).expect("noted");
        forget(state).expect("noted");
        assert_eq!(bring(state), Front::NoWindow { pid });
    }

    #[test]
    fn what_is_noted_wrongly_brings_nobody() {
        let dir = tempfile::tempdir().expect("a folder");
        let state = dir.path();
        let window = window(0).addr();
        let (pid, session) = (std::process::id(), session().expect("it has one"));
        for text in ["", "x", "1", "1 x", "1 0", "-1 1 0", "1 1 x", "1 1 0 0"] {
            fs::write(path(state), text).expect("written");
            assert_eq!(bring(state), Front::Unknown, "{text:?}");
        }
        let stranger = pid + 4;
        fs::write(path(state), format!("{window} {stranger} {session}\n")).expect("written");
        assert_eq!(bring(state), Front::NoWindow { pid: stranger });
        note(state, window, session + 1).expect("noted");
        assert_eq!(bring(state), Front::Elsewhere { pid });
        // Nobody leads to it any more, even where nothing can be written.
        fs::remove_file(path(state)).expect("there");
        fs::create_dir(path(state)).expect("made");
        assert!(forget(state).is_err());
        assert_eq!(bring(state), Front::Unknown);
    }
}
