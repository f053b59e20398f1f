//! A message in a box of the system's, for who has started Berth without a terminal.

use std::os::windows::io::AsRawHandle;
use std::ptr;

use windows_sys::Win32::Storage::FileSystem::{FILE_TYPE_UNKNOWN, GetFileType};
use windows_sys::Win32::UI::WindowsAndMessaging::{
    MB_ICONERROR, MB_ICONINFORMATION, MB_OK, MB_SETFOREGROUND, MessageBoxW,
};

/// What kind of message it is.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Error,
    Note,
}

/// Shows the text and waits until it was read, unless somebody hears what is written to `stream`.
/// A debug build is one for a terminal.
pub(super) fn show_unless_heard(stream: &impl AsRawHandle, text: &str, kind: Kind) {
    if cfg!(debug_assertions) || is_heard(stream) {
        return;
    }
    let wide = |text: &str| -> Vec<u16> { text.encode_utf16().chain([0]).collect() };
    let (text, title) = (wide(text), wide("Berth"));
    let icon = match kind {
        Kind::Error => MB_ICONERROR,
        Kind::Note => MB_ICONINFORMATION,
    };
    // SAFETY: both texts end in a NUL and outlive the call; no window has to own the box.
    let _ = unsafe {
        MessageBoxW(
            ptr::null_mut(),
            text.as_ptr(),
            title.as_ptr(),
            MB_OK | MB_SETFOREGROUND | icon,
        )
    }; // Without a desktop there is nobody to tell.
}

/// Whether there is a file, a pipe or a terminal behind it.
fn is_heard(stream: &impl AsRawHandle) -> bool {
    let handle = stream.as_raw_handle();
    // SAFETY: takes any value for a handle, and answers "unknown" for what is none.
    !handle.is_null() && unsafe { GetFileType(handle) } != FILE_TYPE_UNKNOWN
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::windows::io::RawHandle;

    struct Raw(RawHandle);

    impl AsRawHandle for Raw {
        fn as_raw_handle(&self) -> RawHandle {
            self.0
        }
    }

    #[test]
    fn a_file_and_a_pipe_are_heard_and_no_handle_is_not() {
        assert!(is_heard(&tempfile::tempfile().unwrap()));
        let (reader, _writer) = std::io::pipe().unwrap();
        assert!(is_heard(&reader));
        for none in [ptr::null_mut(), usize::MAX as RawHandle] {
            assert!(!is_heard(&Raw(none)));
        }
    }
}
