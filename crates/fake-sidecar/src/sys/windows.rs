//! Windows: console events where Unix has signals, and neither sessions nor forks.

use std::fs::File;
use std::io::{self, PipeWriter, Write};
use std::os::windows::io::{AsHandle, IntoRawHandle};
use std::os::windows::process::CommandExt;
use std::process::{Child, Command};
use std::sync::OnceLock;
use std::time::Duration;

use windows_sys::Win32::Foundation::CloseHandle;
use windows_sys::Win32::System::Console::{
    GetConsoleCP, GetConsoleWindow, GetStdHandle, STD_ERROR_HANDLE, STD_INPUT_HANDLE,
    STD_OUTPUT_HANDLE, SetConsoleCtrlHandler, SetStdHandle,
};
use windows_sys::Win32::System::Threading::{CREATE_BREAKAWAY_FROM_JOB, DETACHED_PROCESS};

/// Where [`note_event`] writes.
static EVENT_PIPE: OnceLock<PipeWriter> = OnceLock::new();

/// Makes this process deaf to Ctrl+C, Ctrl+Break and its console's close.
pub(crate) fn ignore_asking_signals() {
    // SAFETY: a function that stays where it is.
    unsafe { SetConsoleCtrlHandler(Some(note_event), 1) };
}

/// Turns those events into one byte each on `pipe`.
pub(crate) fn catch_asking_signals(pipe: &PipeWriter) -> io::Result<()> {
    let _ = EVENT_PIPE.set(pipe.try_clone()?); // The first one is as good: there is one process.
    ignore_asking_signals();
    Ok(())
}

/// Called by the system on a thread of its own.
unsafe extern "system" fn note_event(_event: u32) -> i32 {
    if let Some(mut pipe) = EVENT_PIPE.get() {
        let _ = pipe.write_all(&[1]); // A failed write only loses a repeat.
    }
    1
}

/// Which console this process is on.
pub(crate) fn console() -> &'static str {
    // SAFETY: it has no argument.
    let page = unsafe { GetConsoleCP() };
    // SAFETY: the same.
    let window = unsafe { GetConsoleWindow() };
    match (page, window.is_null()) {
        (0, _) => "none",
        (_, true) => "hidden",
        (_, false) => "shown",
    }
}

/// Ends this process after `life`.
pub(crate) fn limit_life(life: Duration) {
    std::thread::spawn(move || {
        std::thread::sleep(life);
        std::process::exit(142); // As a shell tells of SIGALRM.
    });
}

/// Programs run as who started them here.
pub(crate) fn become_owner() -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// There are none: see [`spawn_away`].
#[expect(clippy::unnecessary_wraps, reason = "on Unix it can fail")]
pub(crate) fn new_session() -> io::Result<()> {
    Ok(())
}

/// Starts somebody outside of our job and without our console; where the job keeps him, inside.
pub(crate) fn spawn_away(command: &mut Command) -> io::Result<Child> {
    let outside = command.creation_flags(CREATE_BREAKAWAY_FROM_JOB | DETACHED_PROCESS);
    outside
        .spawn()
        .or_else(|_| command.creation_flags(DETACHED_PROCESS).spawn())
}

/// A standard stream, by a handle of its own.
pub(crate) fn own(stream: &impl AsHandle) -> io::Result<File> {
    stream.as_handle().try_clone_to_owned().map(File::from)
}

/// Puts `NUL` in the place of stdin.
pub(crate) fn forget_stdin() -> io::Result<()> {
    let null = File::open("NUL")?.into_raw_handle();
    // SAFETY: asks for a handle.
    let old = unsafe { GetStdHandle(STD_INPUT_HANDLE) };
    // SAFETY: `null` is open, and stays so.
    let ok = unsafe { SetStdHandle(STD_INPUT_HANDLE, null) };
    if ok == 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: nobody finds this handle any more.
    unsafe { CloseHandle(old) };
    Ok(())
}

/// Closes the three standard handles: no other is inherited.
///
/// Only for a process that does nothing but live on afterwards.
pub(crate) fn close_all_descriptors() {
    for stream in [STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE] {
        // SAFETY: asks for a handle.
        let handle = unsafe { GetStdHandle(stream) };
        // SAFETY: the caller uses it no more.
        unsafe { CloseHandle(handle) };
    }
}

/// Dies as a failed assertion does.
pub(crate) fn abort() -> ! {
    std::process::abort()
}
