//! The fork that makes the guardian.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use super::NoGuardian;
use super::warden::{Place, Warden};
use super::wire::{Link, Report};
use crate::identity::BootId;
use crate::sys::unix::fd::{check, close_all_but, dev_null, set_nonblocking, socket_pair};
use crate::sys::unix::poll::PollSet;
use crate::sys::unix::signals::{SignalPipe, set_action, unblock_all};
use crate::sys::unix::{disguise, limits, orphans, threads, wait, watch};

/// How long the host waits for the guardian's first word. It takes a millisecond; a guardian that
/// hangs on a lock that another thread held at the fork never says it.
const HELLO_LIMIT: Duration = Duration::from_secs(1);

/// The guardian's name in the process table. At most 15 bytes, or Linux cuts it.
const NAME: &str = "sidecar-guard";

/// What is meant for the app, and what writing may bring: a log file that may not grow any more
/// (`ulimit -f`) is an error like a full disk, and no reason to die.
const IGNORED: [libc::c_int; 6] = [
    libc::SIGINT,
    libc::SIGHUP,
    libc::SIGTERM,
    libc::SIGQUIT,
    libc::SIGPIPE,
    libc::SIGXFSZ,
];

static STARTED: OnceLock<Result<Mutex<Option<Started>>, String>> = OnceLock::new();

/// A guardian that nobody uses yet.
pub(crate) struct Started {
    pub(crate) link: Link,
    pub(crate) pid: u32,
}

/// Forks the guardian. Call it first in `main`, before any thread or runtime exists.
///
/// The child becomes the guardian: a process of its own session and name that spawns the
/// sidecars and ends their trees, also when this program is killed. The call returns in this
/// program, within milliseconds. Calling it again does nothing.
///
/// ```no_run
/// // main's first line:
/// if let Err(e) = sidecar_lifecycle::guardian::start() {
///     eprintln!("{e}"); // Goes on, with best-effort protection.
/// }
/// // Only now: threads, runtimes, windows.
/// ```
///
/// `#[tokio::main]` makes threads before `main`'s first line runs; build the runtime by hand
/// instead, after this call.
///
/// # Errors
/// Says why there is no guardian: threads exist already (a fork would copy locks that they hold
/// and nobody would ever release), or the system refused. The program can go on; its engines
/// then protect their sidecars on a best-effort basis.
pub fn start() -> Result<(), NoGuardian> {
    let outcome = STARTED.get_or_init(|| match fork_guardian() {
        Ok(started) => Ok(Mutex::new(Some(started))),
        Err(reason) => Err(reason),
    });
    outcome.as_ref().map(drop).map_err(|reason| NoGuardian {
        reason: reason.clone(),
    })
}

/// Hands the guardian to an engine; the first one gets it.
pub(crate) fn take() -> Result<Started, String> {
    match STARTED.get() {
        None => Err("guardian::start() was not called at the start of main".to_owned()),
        Some(Err(reason)) => Err(reason.clone()),
        Some(Ok(slot)) => slot
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .take()
            .ok_or_else(|| "another engine of this program has the guardian".to_owned()),
    }
}

fn fork_guardian() -> Result<Started, String> {
    if let Some(reason) = threads::reason_not_to_fork() {
        return Err(reason);
    }
    let _ = BootId::current(); // Read once, so that the guardian finds it in memory.
    let nofile = limits::raise_nofile();
    let system = |e: io::Error| format!("the system refused: {e}");
    let (ours, theirs) = socket_pair().map_err(system)?;
    let host = std::process::id();
    // SAFETY: no other thread of ours runs (checked above), so no lock of ours is held.
    let pid = check(unsafe { libc::fork() }).map_err(system)?;
    if pid == 0 {
        drop(ours);
        become_guardian(theirs, host, nofile);
    }
    drop(theirs);
    let pid = pid as u32;
    let mut link = Link::new(ours);
    match hear_hello(&mut link) {
        Ok(()) => Ok(Started { link, pid }),
        Err(e) => {
            // SAFETY: our own child, not reaped yet, so the pid is certainly its.
            unsafe { libc::kill(pid as libc::pid_t, libc::SIGKILL) };
            let _ = wait::reap_blocking(pid); // Nothing to do if that fails too.
            Err(format!("it did not answer: {e}"))
        }
    }
}

fn hear_hello(link: &mut Link) -> io::Result<()> {
    let mut poll = PollSet::default();
    let slot = poll.add(link.raw_fd(), false);
    poll.wait(Some(HELLO_LIMIT))?;
    if !poll.ready(slot).readable {
        return Err(io::Error::new(
            io::ErrorKind::TimedOut,
            "no word within a second",
        ));
    }
    link.fill()?;
    match link.next::<Report>()? {
        Some(Report::Hello { .. }) => Ok(()),
        _ => Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "its first word was not a greeting",
        )),
    }
}

/// The child's life. Allocation works after a fork; environment access, printing, backtraces,
/// dlopen, local time and name resolution may wait for a lock that nobody holds any more, and are
/// never used from here on.
fn become_guardian(link: OwnedFd, host: u32, nofile: Option<libc::rlimit>) -> ! {
    // A panic must neither print nor look for a backtrace.
    std::panic::set_hook(Box::new(|_| {}));
    let outcome = std::panic::catch_unwind(|| guard(link, host, nofile));
    let code = i32::from(!matches!(outcome, Ok(Ok(()))));
    // SAFETY: leaves without running the host's exit handlers, which are not ours to run.
    unsafe { libc::_exit(code) }
}

fn guard(link: OwnedFd, host: u32, nofile: Option<libc::rlimit>) -> io::Result<()> {
    // SAFETY: takes no arguments. Fails only for a group leader, which a fresh child is not.
    unsafe { libc::setsid() };
    detach(&link)?;
    disguise::rename(NAME);
    for signal in IGNORED {
        set_action(signal, libc::SIG_IGN)?;
    }
    let ends = SignalPipe::catch(&[libc::SIGCHLD])?;
    ends.set_nonblocking()?;
    unblock_all();
    orphans::become_subreaper()?;
    let host_end = watch::process_end(host).ok();
    // The host may have died before it could be watched: then its number says nothing.
    // SAFETY: getppid cannot fail.
    if unsafe { libc::getppid() } as u32 != host {
        return Ok(());
    }
    set_nonblocking(&link)?;
    Warden::new(
        Link::new(link),
        Place::Process {
            ends,
            host: host_end,
        },
        nofile,
    )
    .run()
}

/// Lets go of all that the guardian inherited: the host's terminal, pipes, files and folder.
/// A guardian that held the host's stdout would keep a reader of it waiting.
fn detach(link: &OwnedFd) -> io::Result<()> {
    let null = dev_null()?;
    for target in 0..=2 {
        // SAFETY: both are descriptors of this process.
        check(unsafe { libc::dup2(null.as_raw_fd(), target) })?;
    }
    drop(null);
    close_all_but(3, link.as_raw_fd());
    // SAFETY: a C string literal. A failure only means that a folder stays busy.
    let _ = unsafe { libc::chdir(c"/".as_ptr()) };
    Ok(())
}
