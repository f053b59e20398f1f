//! Ctrl+Break for a tree on another console than the host's, brought by a process of its own.
//!
//! A console event is sent by somebody on the same console, and a program is on one at a time. A
//! host with windows is on none, and each of its sidecars on one that nobody sees. It could join
//! that one for a moment; but its standard handles would change under its other threads, and
//! whatever it starts in that moment would land there too. So its program is started once more,
//! joins the console, sends the event to the sidecar's group, and ends: in
//! [`guardian::start`](crate::guardian::start), before it has done anything else.
//!
//! To the group and not to all who are on that console: there may be others, where the host has
//! left the console of a terminal, and the sidecars of a sidecar that is a host itself, which it
//! stops in its own order. The group of a leader that has ended is still there while one of its
//! members is: the console looks for those who have its number
//! (`ServerGenerateConsoleCtrlEvent` in Microsoft's sources of the console host).

use std::env;
use std::fmt::Write;
use std::io;
use std::os::windows::ffi::OsStrExt;
use std::path::Path;
use std::process;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use windows_sys::Win32::Foundation::ERROR_NOT_FOUND;
use windows_sys::Win32::System::Console::{AttachConsole, FreeConsole};
use windows_sys::Win32::System::Threading::{
    PROCESS_QUERY_LIMITED_INFORMATION, PROCESS_SYNCHRONIZE,
};

use super::console;
use super::errands::Errands;
use super::handle::Process;
use super::job::Job;
use super::session_end;
use super::spawn::{self, Program};
use crate::sys::Variables;

/// `PID START` of a group's leader, and of others on whose console the group may be.
const VARIABLE: &str = "SIDECAR_LIFECYCLE_ASK";

/// How long one may be on its way. It is milliseconds, unless a console does not answer.
const LIMIT: Duration = Duration::from_secs(5);

/// Around a path in a command line: a path has none itself.
const QUOTE: u16 = b'"' as u16;

/// This program begins with [`serve`], so that it can be started as a messenger.
static IS_SERVED: AtomicBool = AtomicBool::new(false);

/// Starting a program takes some 20 ms, in which nobody else must wait; a fleet that is stopped at
/// once must not start as many at a time as it has sidecars.
static MESSENGERS: Errands = Errands::new(8);

/// Brings the event and ends, if that is what this process was started for.
pub(crate) fn serve() {
    if let Ok(address) = env::var(VARIABLE) {
        let outcome = deliver(&address);
        process::exit(outcome.map_or_else(|e| e.raw_os_error().unwrap_or(1), |()| 0));
    }
    IS_SERVED.store(true, Ordering::Release);
}

/// Sends a messenger to the group of `leader`, by way of the console of one of `members`; all by
/// pid and start. The leader may have ended, but its number must be held. Neither is waited for: a
/// program that does not hear of it is ended after its grace, and why is in the log.
pub(crate) fn send(leader: (u32, u64), members: &[(u32, u64)]) -> io::Result<()> {
    if !IS_SERVED.load(Ordering::Acquire) {
        let what = "`guardian::start()` was not called first in `main`";
        return Err(io::Error::new(io::ErrorKind::Unsupported, what));
    }
    if session_end::has_begun() {
        return Err(io::Error::other(
            "the session ends, in which no program can be started",
        ));
    }
    let program = env::current_exe()?;
    let address = address(leader, members);
    MESSENGERS.run(move || {
        let pid = leader.0;
        match go(&program, &address) {
            Ok(0) => {}
            Ok(code) => {
                let why = io::Error::from_raw_os_error(code);
                log::info!("Ctrl+Break did not reach the console of process {pid}: {why}");
            }
            Err(e) => log::warn!("cannot send a messenger to process {pid}: {e}"),
        }
    })
}

/// Whoever leads the group comes first: it is on the group's console if it is on any.
fn address(leader: (u32, u64), members: &[(u32, u64)]) -> String {
    let mut address = format!("{} {}", leader.0, leader.1);
    for (pid, start) in members.iter().filter(|&&m| m != leader) {
        let _ = write!(address, " {pid} {start}"); // A text takes everything.
    }
    address
}

/// One way, from its start to its end. Answers what it ended with.
fn go(program: &Path, address: &str) -> io::Result<i32> {
    let file: Vec<u16> = program.as_os_str().encode_wide().collect();
    let own = env::vars_os().chain([(VARIABLE.into(), address.into())]);
    let environment: Variables = own.collect();
    let mut messenger = Program {
        command_line: [&[QUOTE], file.as_slice(), &[QUOTE, 0]].concat(),
        file: [file.as_slice(), &[0]].concat(),
        environment: spawn::environment_block(environment.iter())?,
        cwd: None,
    };
    // It ends with this program, if it has not yet.
    let job = Job::unwatched()?;
    let process = spawn::start_apart(&mut messenger, &job)?;
    if process.wait(LIMIT) {
        process.exit_code()
    } else {
        Err(io::ErrorKind::TimedOut.into())
    }
}

fn deliver(address: &str) -> io::Result<()> {
    let unknown = || io::Error::from_raw_os_error(ERROR_NOT_FOUND as i32);
    let numbers: Option<Vec<u64>> = address.split(' ').map(|word| word.parse().ok()).collect();
    let numbers = numbers.ok_or_else(unknown)?;
    let (people, []) = numbers.as_chunks::<2>() else {
        return Err(unknown());
    };
    let pid = |number: u64| u32::try_from(number).map_err(|_| unknown());
    let &[leader, start] = people.first().ok_or_else(unknown)?;
    let group = pid(leader)?;
    // Held to the end, alive or not: while it is, the number is no other process's or group's.
    let _leader = find(group, start).ok_or_else(unknown)?;
    let mut outcome = Err(unknown());
    for &[member, start] in people {
        let member = pid(member)?;
        let Some(process) = find(member, start).filter(Process::runs) else {
            continue;
        };
        outcome = send_from_console_of(member, group);
        drop(process); // Until here the number was its own.
        if outcome.is_ok() {
            break;
        }
    }
    outcome
}

/// Holds a process. It may have ended, if somebody else holds it too.
fn find(pid: u32, start: u64) -> Option<Process> {
    let rights = PROCESS_QUERY_LIMITED_INFORMATION | PROCESS_SYNCHRONIZE;
    let process = Process::open(pid, rights).ok()?;
    (process.created().ok()? == start).then_some(process)
}

/// Fails where that one is on no console, and where nobody of the group is on it.
fn send_from_console_of(pid: u32, group: u32) -> io::Result<()> {
    // SAFETY: an integer argument only.
    if unsafe { AttachConsole(pid) } == 0 {
        return Err(io::Error::last_os_error());
    }
    let sent = console::send_break(group);
    // One has to leave a console before one can join the next.
    // SAFETY: takes no arguments. This process uses no console handles.
    unsafe { FreeConsole() };
    sent
}
