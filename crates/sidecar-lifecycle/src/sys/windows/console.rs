//! The console, if there is one: its events are the nearest thing to signals.

use std::io;
use std::sync::{OnceLock, mpsc};
use std::thread;

use windows_sys::Win32::System::Console::{
    CTRL_BREAK_EVENT, CTRL_C_EVENT, CTRL_CLOSE_EVENT, CTRL_LOGOFF_EVENT, CTRL_SHUTDOWN_EVENT,
    GenerateConsoleCtrlEvent, GetConsoleCP, SetConsoleCtrlHandler,
};

use crate::termination::Termination;

/// Asks a process to end. Windows has no signals: whatever is sent by this number terminates.
pub(crate) const STOP_SIGNAL: i32 = 15;
/// Ends a process.
pub(crate) const KILL_SIGNAL: i32 = 9;

/// Whether this process has a console, seen or unseen. Programs with windows have none.
pub(crate) fn exists() -> bool {
    // SAFETY: takes no arguments. Without a console there is no code page, which is told as 0.
    unsafe { GetConsoleCP() != 0 }
}

/// Sends Ctrl+Break to a process group on this process's own console. Ctrl+C cannot be sent to
/// a group: it is switched off in every new one.
pub(crate) fn send_break(group: u32) -> io::Result<()> {
    // SAFETY: integer arguments only.
    let ok = unsafe { GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, group) };
    if ok == 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}

/// Where the handler puts what it hears. One per process, as handlers are.
static REQUESTS: OnceLock<mpsc::Sender<i32>> = OnceLock::new();

/// Hands every request to end this program to `on`, on a thread of its own. A program without a
/// console hears of none.
pub(crate) fn on_termination(mut on: impl FnMut(Termination) + Send + 'static) -> io::Result<()> {
    let (tx, rx) = mpsc::channel();
    REQUESTS.set(tx).map_err(|_| {
        io::Error::new(
            io::ErrorKind::AlreadyExists,
            "requests to end are handled already",
        )
    })?;
    thread::Builder::new()
        .name("termination".into())
        .spawn(move || {
            for (i, signal) in rx.iter().enumerate() {
                on(Termination {
                    signal,
                    count: i as u32 + 1,
                });
            }
        })?;
    // SAFETY: a function that stays where it is.
    let ok = unsafe { SetConsoleCtrlHandler(Some(handler), 1) };
    if ok == 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}

/// Called by the system on a new thread for each event.
unsafe extern "system" fn handler(event: u32) -> i32 {
    if let Some(requests) = REQUESTS.get() {
        let _ = requests.send(event as i32); // Its reader lives as long as the process.
    }
    if matches!(
        event,
        CTRL_CLOSE_EVENT | CTRL_LOGOFF_EVENT | CTRL_SHUTDOWN_EVENT
    ) {
        // The process is ended as soon as this returns (and after five seconds in any case):
        // staying here leaves the time to an orderly end, which exits by itself.
        loop {
            thread::park();
        }
    }
    1
}

/// The name of what [`on_termination`] tells, for people.
pub(crate) fn signal_name(signal: i32) -> &'static str {
    match u32::try_from(signal) {
        Ok(CTRL_C_EVENT) => "Ctrl+C",
        Ok(CTRL_BREAK_EVENT) => "Ctrl+Break",
        Ok(CTRL_CLOSE_EVENT) => "the console was closed",
        Ok(CTRL_LOGOFF_EVENT) => "the user logs off",
        Ok(CTRL_SHUTDOWN_EVENT) => "the system shuts down",
        _ => "a signal",
    }
}

/// Windows has no signals. A configuration that names one is valid here too, and stops as ever.
#[expect(
    clippy::unnecessary_wraps,
    reason = "as on Unix, where a name may be unknown"
)]
pub(crate) fn signal_named(_name: &str) -> Option<i32> {
    Some(STOP_SIGNAL)
}

/// Writing brings no signals here.
pub(crate) fn errors_not_signals() {}
