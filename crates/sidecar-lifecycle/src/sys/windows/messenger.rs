//! Ctrl+Break for a tree on a console of its own, brought by a process of its own.
//!
//! A console event is sent by somebody on the same console, and a program is on one at a time. A
//! host with windows is on none, and each of its sidecars on one that nobody sees. It could join
//! that one for a moment; but its standard handles would change under its other threads, and
//! whatever it starts in that moment would land there too. So its program is started once more,
//! joins the console, sends the event to all that are on it, and ends: in
//! [`guardian::start`](crate::guardian::start), before it has done anything else.

use std::env;
use std::io;
use std::os::windows::process::CommandExt;
use std::process::{self, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use windows_sys::Win32::Foundation::ERROR_NOT_FOUND;
use windows_sys::Win32::System::Console::{
    AttachConsole, CTRL_BREAK_EVENT, GenerateConsoleCtrlEvent, SetConsoleCtrlHandler,
};
use windows_sys::Win32::System::Threading::{
    DETACHED_PROCESS, PROCESS_QUERY_LIMITED_INFORMATION, PROCESS_SYNCHRONIZE,
};

use super::handle::Process;
use crate::identity::Identity;

/// `PID START`: who is on the console that this process is to join.
const VARIABLE: &str = "SIDECAR_LIFECYCLE_ASK";

/// This program begins with [`serve`], so that it can be started as a messenger.
static IS_SERVED: AtomicBool = AtomicBool::new(false);

/// Brings the event and ends, if that is what this process was started for.
pub(crate) fn serve() {
    if let Ok(addressee) = env::var(VARIABLE) {
        let outcome = deliver(&addressee);
        process::exit(outcome.map_or_else(|e| e.raw_os_error().unwrap_or(1), |()| 0));
    }
    IS_SERVED.store(true, Ordering::Release);
}

/// Sends a messenger to everybody on the console of this process. It is not waited for: a program
/// that does not hear of it is ended after its grace, and why is in the log.
pub(crate) fn send(to: &Identity) -> io::Result<()> {
    if !IS_SERVED.load(Ordering::Acquire) {
        let what = "`guardian::start()` was not called first in `main`";
        return Err(io::Error::new(io::ErrorKind::Unsupported, what));
    }
    let mut messenger = Command::new(env::current_exe()?)
        .env(VARIABLE, format!("{} {}", to.pid, to.start))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .creation_flags(DETACHED_PROCESS)
        .spawn()?;
    let pid = to.pid;
    thread::Builder::new()
        .name("messenger".into())
        .spawn(move || match messenger.wait().map(|s| s.code()) {
            Ok(Some(0)) => {}
            Ok(code) => {
                let why = io::Error::from_raw_os_error(code.unwrap_or(1));
                log::debug!("Ctrl+Break did not reach the console of process {pid}: {why}");
            }
            Err(e) => log::debug!("the messenger to process {pid} is lost: {e}"),
        })?;
    Ok(())
}

fn deliver(addressee: &str) -> io::Result<()> {
    let unknown = || io::Error::from_raw_os_error(ERROR_NOT_FOUND as i32);
    let (pid, start) = addressee.split_once(' ').ok_or_else(unknown)?;
    let pid = pid.parse().map_err(|_| unknown())?;
    // Held to the end: while it is, the number is nobody else's.
    let rights = PROCESS_QUERY_LIMITED_INFORMATION | PROCESS_SYNCHRONIZE;
    let process = Process::open(pid, rights)?;
    if process.created()?.to_string() != start || !process.runs() {
        return Err(unknown());
    }
    // SAFETY: an integer argument only.
    done(unsafe { AttachConsole(pid) })?;
    // We are among those who hear it.
    // SAFETY: a function that stays where it is.
    done(unsafe { SetConsoleCtrlHandler(Some(ignore), 1) })?;
    // SAFETY: integer arguments only. Group 0 is everybody on this console.
    done(unsafe { GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, 0) })
}

fn done(ok: i32) -> io::Result<()> {
    if ok == 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}

/// Called by the system on a thread of its own.
unsafe extern "system" fn ignore(_event: u32) -> i32 {
    1
}
