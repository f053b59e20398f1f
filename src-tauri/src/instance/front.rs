//! Windows: a window of another process, brought to the front.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::ptr;

use windows_sys::Win32::Foundation::HWND;
use windows_sys::Win32::UI::WindowsAndMessaging::{
    GetWindowThreadProcessId, IsIconic, SW_RESTORE, SetForegroundWindow, ShowWindowAsync,
};

/// Where the first one notes its window for those that come after it.
fn note(state: &Path) -> PathBuf {
    state.join("instance.window")
}

/// Puts away what an earlier process has noted.
pub(crate) fn forget(state: &Path) {
    let _ = fs::remove_file(note(state)); // There is mostly none.
}

/// Notes this process's window.
pub(crate) fn show(state: &Path, window: HWND) -> io::Result<()> {
    let text = format!("{} {}\n", window.addr(), std::process::id());
    fs::write(note(state), text)
}

/// Brings the noted window to the front. False if there is none: not yet, or not any more.
///
/// The lock says that the process lives which has noted it, so that its numbers are its own. A
/// window of another process is left alone all the same.
pub(crate) fn bring(state: &Path) -> io::Result<bool> {
    let Some((window, pid)) = read(state) else {
        return Ok(false);
    };
    let mut owner = 0;
    // SAFETY: a number that names a window or none, and a pointer to a number of ours.
    let thread = unsafe { GetWindowThreadProcessId(window, &raw mut owner) };
    if thread == 0 || owner != pid {
        return Ok(false);
    }
    // SAFETY: as above.
    if unsafe { IsIconic(window) } != 0 {
        // Its thread may be busy, and is not waited for.
        // SAFETY: as above.
        unsafe { ShowWindowAsync(window, SW_RESTORE) };
    }
    // SAFETY: as above.
    if unsafe { SetForegroundWindow(window) } == 0 {
        let why = "the system keeps another program in front";
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, why));
    }
    Ok(true)
}

fn read(state: &Path) -> Option<(HWND, u32)> {
    let text = fs::read_to_string(note(state)).ok()?;
    let (window, pid) = text.trim_end().split_once(' ')?;
    Some((
        ptr::without_provenance_mut(window.parse().ok()?),
        pid.parse().ok()?,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use windows_sys::Win32::UI::WindowsAndMessaging::{
        CreateWindowExW, DestroyWindow, GetForegroundWindow, WINDOW_STYLE, WS_OVERLAPPEDWINDOW,
        WS_VISIBLE,
    };

    /// A window of this thread. One that is shown comes to the front: only one test has such.
    fn window(shown: WINDOW_STYLE) -> HWND {
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
    fn the_noted_window_comes_to_the_front_while_it_is_there() {
        let dir = tempfile::tempdir().expect("a folder");
        let state = dir.path();
        assert!(!bring(state).expect("nothing is noted"));
        let (first, second) = (window(WS_VISIBLE), window(WS_VISIBLE));
        for wanted in [first, second, first] {
            show(state, wanted).expect("noted");
            assert!(bring(state).expect("it is ours"));
            // SAFETY: takes nothing.
            assert_eq!(unsafe { GetForegroundWindow() }, wanted);
        }
        // SAFETY: a window of this thread.
        unsafe { DestroyWindow(first) };
        assert!(!bring(state).expect("it is gone"));
    }

    #[test]
    fn what_is_noted_wrongly_brings_nobody() {
        let dir = tempfile::tempdir().expect("a folder");
        let state = dir.path();
        let window = window(0).addr();
        let stranger = std::process::id() + 4;
        for text in [
            "",
            "x",
            "1",
            "1 x",
            "1 0",
            "-1 1",
            &format!("{window} {stranger}"),
        ] {
            fs::write(note(state), text).expect("written");
            assert!(!bring(state).expect("nobody"), "{text:?}");
        }
        forget(state);
        assert!(!note(state).exists());
    }
}
