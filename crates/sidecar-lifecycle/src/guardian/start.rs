//! The forks that make the guardian and its standby.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use super::NoGuardian;
use super::standby::stand_by;
use super::warden::{Place, Warden};
use super::wire::{Link, Report};
use crate::identity::BootId;
use crate::sys::unix::fd::{check, close_all_but, dev_null, set_nonblocking, socket_pair};
use crate::sys::unix::poll::PollSet;
use crate::sys::unix::signals::{SignalPipe, kill_child, set_action, unblock_all};
use crate::sys::unix::{disguise, limits, orphans, threads, wait, watch};

/// How long the host waits for the guardian's first word. It takes a millisecond, or as long as a
/// machine gives it no time; a guardian that hangs on a lock that another thread held at the fork
/// never says it.
const HELLO_LIMIT: Duration = Duration::from_secs(5);

/// The guardian's name in the process table. At most 15 bytes, or Linux cuts it.
pub(super) const NAME: &str = "sidecar-guard";
/// The standby's, until it becomes the guardian.
const STANDBY_NAME: &str = "sidecar-standby";

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
    pub(crate) standby: Option<Standby>,
}

/// A second guardian that waits for the end of the first.
pub(crate) struct Standby {
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
    start_once(fork_guardian)
}

/// Forks the guardian, and a second one that goes on in its place. On Linux; elsewhere it is
/// [`start`].
///
/// Host and guardian killed in the same instant leave everything but the leaders, until the next
/// start of the app. With a standby nothing is left when any two of the three die at once: it ends
/// what the two leave behind, by the rules of the guardian (the grace, the keep list). When the
/// guardian alone dies, the standby becomes the guardian, and new runs are as safe as before;
/// when the standby alone dies, the guardian goes on without. Either way
/// [`ProtectionLost`](crate::EventKind::ProtectionLost) says what is left.
///
/// What it costs: one more process, which sleeps until the guardian dies or starts something, and
/// one more fork at the start (see `docs/attack.md` for figures). Whoever kills all three at once
/// leaves what the next start ends.
///
/// ```no_run
/// // main's first line:
/// if let Err(e) = sidecar_lifecycle::guardian::start_with_standby() {
///     eprintln!("{e}"); // Goes on, with best-effort protection.
/// }
/// ```
///
/// Only the first call of this or [`start`] does anything.
///
/// # Errors
/// As [`start`].
pub fn start_with_standby() -> Result<(), NoGuardian> {
    start_once(if orphans::GO_TO_SUBREAPER {
        fork_with_standby
    } else {
        fork_guardian // Nobody would hand the standby anything.
    })
}

fn start_once(fork: fn() -> Result<Started, String>) -> Result<(), NoGuardian> {
    let outcome = STARTED.get_or_init(|| fork().map(|started| Mutex::new(Some(started))));
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
    let nofile = make_ready()?;
    let (ours, theirs) = socket_pair().map_err(refused)?;
    let host = std::process::id();
    // SAFETY: no other thread of ours runs (checked above), so no lock of ours is held.
    let pid = check(unsafe { libc::fork() }).map_err(refused)?;
    if pid == 0 {
        drop(ours);
        live(|| {
            let ends = become_other(NAME, &[theirs.as_raw_fd()])?;
            let host_end = watch::process_end(host).ok();
            guard(theirs, None, (ends, host_end), host, nofile)
        });
    }
    drop(theirs);
    let mut link = Link::new(ours);
    greet(&mut link, pid as u32)?;
    Ok(Started {
        link,
        pid: pid as u32,
        standby: None,
    })
}

/// The standby is forked first and forks the guardian, so that what the guardian leaves behind goes
/// to it. This program stays what its user has started: its pid, its parent and its exit status are
/// as they were.
fn fork_with_standby() -> Result<Started, String> {
    let nofile = make_ready()?;
    let (ours, theirs) = socket_pair().map_err(refused)?;
    let (spare, reserve) = socket_pair().map_err(refused)?;
    let host = std::process::id();
    // SAFETY: no other thread of ours runs (checked above), so no lock of ours is held.
    let pid = check(unsafe { libc::fork() }).map_err(refused)?;
    if pid == 0 {
        drop((ours, spare));
        live(|| fork_below(theirs, reserve, host, nofile));
    }
    drop((theirs, reserve));
    let mut link = Link::new(ours);
    // The guardian's first word says that both are ready.
    let guardian = greet(&mut link, pid as u32)?;
    let standby = Standby {
        link: Link::new(spare),
        pid: pid as u32,
    };
    Ok(Started {
        link,
        pid: guardian,
        standby: Some(standby),
    })
}

/// What has to be done before a fork. Answers the limit on open files as it was.
fn make_ready() -> Result<Option<libc::rlimit>, String> {
    if let Some(reason) = threads::reason_not_to_fork() {
        return Err(reason);
    }
    let _ = BootId::current(); // Read once, so that the guardian finds it in memory.
    Ok(limits::raise_nofile())
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "it is what an error is mapped with"
)]
fn refused(e: io::Error) -> String {
    format!("the system refused: {e}")
}

/// Waits for the guardian's first word: its pid. Ends `child`, ours, if it does not come.
fn greet(link: &mut Link, child: u32) -> Result<u32, String> {
    hear_hello(link).map_err(|e| {
        kill_child(child);
        let _ = wait::reap_blocking(child); // Nothing to do if that fails too.
        format!("it did not answer: {e}")
    })
}

fn hear_hello(link: &mut Link) -> io::Result<u32> {
    let mut poll = PollSet::default();
    let slot = poll.add(link.raw_fd(), false);
    poll.wait(Some(HELLO_LIMIT))?;
    if !poll.ready(slot).readable {
        return Err(io::Error::new(
            io::ErrorKind::TimedOut,
            "no word within 5 s",
        ));
    }
    link.fill()?;
    match link.next::<Report>()? {
        Some(Report::Hello { pid }) => Ok(pid),
        _ => Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "its first word was not a greeting",
        )),
    }
}

/// A child's life. Allocation works after a fork; environment access, printing, backtraces,
/// dlopen, local time and name resolution may wait for a lock that nobody holds any more, and are
/// never used from here on.
fn live(life: impl FnOnce() -> io::Result<()>) -> ! {
    // A panic must neither print nor look for a backtrace.
    std::panic::set_hook(Box::new(|_| {}));
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(life));
    let code = i32::from(!matches!(outcome, Ok(Ok(()))));
    // SAFETY: leaves without running the host's exit handlers, which are not ours to run.
    unsafe { libc::_exit(code) }
}

/// Makes another process of a copy of the host: with a session and a name of its own, deaf to what
/// is meant for the app, and the one whom orphans go to. Answers the ends of its children.
fn become_other(name: &str, keep: &[RawFd]) -> io::Result<SignalPipe> {
    // SAFETY: takes no arguments. Fails only for a group leader, which a fresh child is not.
    unsafe { libc::setsid() };
    detach(keep)?;
    disguise::rename(name);
    for signal in IGNORED {
        set_action(signal, libc::SIG_IGN)?;
    }
    let ends = SignalPipe::catch(&[libc::SIGCHLD])?;
    ends.set_nonblocking()?;
    unblock_all();
    orphans::become_subreaper()?;
    Ok(ends)
}

/// The standby's beginning: it forks the guardian.
fn fork_below(
    theirs: OwnedFd,
    reserve: OwnedFd,
    host: u32,
    nofile: Option<libc::rlimit>,
) -> io::Result<()> {
    let ends = become_other(STANDBY_NAME, &[theirs.as_raw_fd(), reserve.as_raw_fd()])?;
    let host_end = watch::process_end(host).ok();
    if !is_child_of(host) {
        return Ok(());
    }
    let (notes, heard) = socket_pair()?;
    set_nonblocking(&notes)?;
    set_nonblocking(&heard)?;
    set_nonblocking(&reserve)?;
    let me = std::process::id();
    // SAFETY: a copy of the host has one thread, so no lock of ours is held.
    let guardian = check(unsafe { libc::fork() })?;
    if guardian == 0 {
        live(|| {
            let mut keep = vec![theirs.as_raw_fd(), notes.as_raw_fd()];
            keep.extend(host_end.as_ref().map(AsRawFd::as_raw_fd));
            let ends = become_other(NAME, &keep)?;
            guard(theirs, Some(Link::new(notes)), (ends, host_end), me, nofile)
        });
    }
    drop((theirs, notes));
    stand_by(guardian as u32, heard, reserve, (ends, host_end), nofile)
}

/// Whether our parent still is who forked us. If not, a number that was watched says nothing.
fn is_child_of(parent: u32) -> bool {
    // SAFETY: getppid cannot fail.
    let now = unsafe { libc::getppid() };
    now as u32 == parent
}

fn guard(
    link: OwnedFd,
    standby: Option<Link>,
    place: (SignalPipe, Option<OwnedFd>),
    parent: u32,
    nofile: Option<libc::rlimit>,
) -> io::Result<()> {
    // It may have died before the host could be watched.
    if !is_child_of(parent) {
        return Ok(());
    }
    set_nonblocking(&link)?;
    let (ends, host) = place;
    let mut warden = Warden::new(Link::new(link), Place::Process { ends, host }, nofile);
    warden.standby = standby;
    warden.run()
}

/// Lets go of all that a child inherited: the host's terminal, pipes, files and folder.
/// A guardian that held the host's stdout would keep a reader of it waiting.
fn detach(keep: &[RawFd]) -> io::Result<()> {
    let null = dev_null()?;
    for target in 0..=2 {
        // SAFETY: both are descriptors of this process.
        check(unsafe { libc::dup2(null.as_raw_fd(), target) })?;
    }
    drop(null);
    close_all_but(3, keep);
    // SAFETY: a C string literal. A failure only means that a folder stays busy.
    let _ = unsafe { libc::chdir(c"/".as_ptr()) };
    Ok(())
}
