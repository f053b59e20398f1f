//! Processes, read from `/proc`.
//!
//! [`all_processes`], [`process`], [`identity_of`], [`is_alive`] and [`signal`] are called by the
//! guardian, which was forked: they allocate, but touch neither the environment nor stdout, nor a
//! lock that another thread may hold at the fork.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use super::stat;
use crate::identity::{BootId, Identity, Signalled};
use crate::sys::ProcessFacts;
use crate::sys::facts::Lineage;
use crate::sys::unix::fd::check;

/// Longest command line that is worth showing to a person, in bytes.
const COMMAND_CAP: u64 = 4096;

/// Who a process is and who has made it: not told here.
pub(crate) fn lineage_of(_pid: u32) -> Option<Lineage> {
    None
}

/// Whether who begins later has a larger start. They count from the boot.
pub(crate) const STARTS_ARE_ORDERED: bool = true;

/// Whether [`ProcessFacts::pty`] is told.
pub(crate) const TELLS_TERMINALS: bool = true;

/// The kernel's name for the running boot.
pub(crate) fn boot_id() -> Option<BootId> {
    current_boot().cloned()
}

fn current_boot() -> Option<&'static BootId> {
    static BOOT: OnceLock<Option<BootId>> = OnceLock::new();
    BOOT.get_or_init(|| {
        let text = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
        Some(BootId(text.trim().to_owned()))
    })
    .as_ref()
}

/// The identity of a process, zombie or not.
pub(crate) fn identity_of(pid: u32) -> Option<Identity> {
    let facts = process(pid)?;
    Some(Identity {
        pid,
        start: facts.start,
        boot: boot_id()?,
    })
}

/// Whether this very process runs.
pub(crate) fn is_alive(identity: &Identity) -> bool {
    current_boot() == Some(&identity.boot)
        && process(identity.pid).is_some_and(|p| p.start == identity.start && !p.zombie)
}

/// The process and its descendants, by the kernel's own lists: cheap for a small tree, whatever
/// else runs. Empty when the process is gone.
///
/// A list that changes while it is read may lack somebody, see proc(5): good for "is it one of
/// these?", where a no is asked again, and not for "is anybody left?".
pub(crate) fn descendants(root: &Identity) -> Vec<u32> {
    if !is_alive(root) {
        return Vec::new();
    }
    let mut found = vec![root.pid];
    let mut next = 0;
    while let Some(&pid) = found.get(next) {
        next += 1;
        let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) else {
            continue;
        };
        for task in tasks.flatten() {
            // Missing on kernels without CONFIG_PROC_CHILDREN; the full table is asked then.
            let Ok(children) = fs::read_to_string(task.path().join("children")) else {
                continue;
            };
            found.extend(
                children
                    .split_ascii_whitespace()
                    .filter_map(|c| c.parse::<u32>().ok()),
            );
        }
    }
    found
}

/// This thread's own children, dead ones too; empty on kernels without `CONFIG_PROC_CHILDREN`.
pub(crate) fn own_children() -> Vec<u32> {
    let list = fs::read_to_string("/proc/thread-self/children").unwrap_or_default();
    list.split_ascii_whitespace()
        .filter_map(|pid| pid.parse().ok())
        .collect()
}

/// Whether this process has the master of this pseudoterminal (`/dev/pts/N`) open. No for one
/// whose descriptors we may not read.
pub(crate) fn holds_master(pid: u32, pty: u32) -> bool {
    let Ok(entries) = fs::read_dir(format!("/proc/{pid}/fd")) else {
        return false;
    };
    entries.flatten().any(|entry| {
        // "/dev/ptmx" or "/dev/pts/ptmx", whichever was opened.
        let is_master = fs::read_link(entry.path()).is_ok_and(|to| to.ends_with("ptmx"));
        is_master && {
            let info = format!("/proc/{pid}/fdinfo/{}", entry.file_name().display());
            let info = fs::read_to_string(info).unwrap_or_default();
            let index = info.lines().find_map(|l| l.strip_prefix("tty-index:"));
            // Linux before 4.14 does not tell which: then any may be it.
            index.is_none_or(|n| n.trim().parse() == Ok(pty))
        }
    })
}

/// Every process, in one pass. Those that end meanwhile are left out.
///
/// Empty when we cannot look (our table of open files is full, say): a list that lacks those whose
/// turn came then would pass them off as ended.
pub(crate) fn all_processes() -> Vec<ProcessFacts> {
    let mut reader = StatReader::default();
    let rows = pids()
        .into_iter()
        .filter_map(|pid| reader.read(pid).transpose());
    rows.collect::<io::Result<_>>().unwrap_or_default()
}

/// One process.
pub(crate) fn process(pid: u32) -> Option<ProcessFacts> {
    StatReader::default().read(pid).ok().flatten()
}

/// The numbers in `/proc`, ascending; empty when it cannot be read.
pub(crate) fn pids() -> Vec<u32> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .flatten()
        .filter_map(|e| stat::number(e.file_name().as_encoded_bytes()))
        .collect()
}

/// Reads one `stat` after the other into the same memory.
#[derive(Default)]
struct StatReader {
    path: String,
    line: Vec<u8>,
}

impl StatReader {
    /// Nothing for a process that is gone. An error says nothing of it: the lack is ours.
    fn read(&mut self, pid: u32) -> io::Result<Option<ProcessFacts>> {
        self.path.clear();
        // Writing to a string cannot fail.
        let _ = write!(self.path, "/proc/{pid}/stat");
        // The file says that it is empty, so no size hint is asked for: one read is the rule.
        self.line.resize(1024, 0);
        let mut file = match File::open(&self.path) {
            Ok(file) => file,
            Err(e) if is_our_lack(&e) => return Err(e),
            Err(_) => return Ok(None),
        };
        let mut filled = 0;
        loop {
            match file.read(&mut self.line[filled..]) {
                Ok(0) => break,
                Ok(n) => filled += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) if is_our_lack(&e) => return Err(e),
                Err(_) => return Ok(None),
            }
            if filled == self.line.len() {
                self.line.resize(filled * 2, 0);
            } else if self.line[..filled].ends_with(b"\n") {
                break; // The kernel fills a buffer as far as it can: this was all.
            }
        }
        Ok(stat::parse(&self.line[..filled]))
    }
}

/// Whether a file could not be read for want of something on our side.
fn is_our_lack(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(libc::EMFILE | libc::ENFILE | libc::ENOMEM)
    )
}

/// The program's file. A file that was replaced meanwhile ends in ` (deleted)`.
pub(crate) fn exe_of(pid: u32) -> Option<PathBuf> {
    fs::read_link(format!("/proc/{pid}/exe")).ok()
}

/// The working directory.
pub(crate) fn cwd_of(pid: u32) -> Option<PathBuf> {
    fs::read_link(format!("/proc/{pid}/cwd")).ok()
}

/// The user whose rights the process has.
pub(crate) fn uid_of(pid: u32) -> Option<u32> {
    fs::metadata(format!("/proc/{pid}")).ok().map(|m| m.uid())
}

/// The arguments, joined for people.
pub(crate) fn command_line(pid: u32) -> Option<String> {
    let mut bytes = Vec::new();
    let file = File::open(format!("/proc/{pid}/cmdline")).ok()?;
    file.take(COMMAND_CAP).read_to_end(&mut bytes).ok()?;
    crate::sys::facts::join_arguments(&bytes)
}

/// The value that a variable had when the program started. Nothing when unset or unreadable.
pub(crate) fn environ_var(pid: u32, name: &str) -> Option<Vec<u8>> {
    crate::sys::facts::variable(&environ(pid)?, name)
}

/// The whole environment that it was started with, entries ended by NULs. Empty also for a moment
/// while it becomes another program.
pub(crate) fn environ(pid: u32) -> Option<Vec<u8>> {
    fs::read(format!("/proc/{pid}/environ")).ok()
}

/// The memory of a process in bytes, what it shares divided among those who share it. Where the
/// kernel does not divide (before 4.14), what is resident.
pub(crate) fn memory_of(pid: u32) -> Option<u64> {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    let pss = rollup.lines().find_map(|line| line.strip_prefix("Pss:"));
    if let Some(kib) = pss.and_then(|text| text.trim().strip_suffix("kB")) {
        return kib.trim().parse::<u64>().ok()?.checked_mul(1024);
    }
    let statm = fs::read_to_string(format!("/proc/{pid}/statm")).ok()?;
    let pages: u64 = statm.split(' ').nth(1)?.parse().ok()?;
    // SAFETY: asks for a constant of the system, no memory is involved.
    let page = u64::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).ok()?;
    pages.checked_mul(page)
}

/// When the process started, by the wall clock of now.
pub(crate) fn started_at(pid: u32) -> Option<SystemTime> {
    let start = process(pid)?.start;
    // SAFETY: asks for a constant of the system, no memory is involved.
    let ticks_per_second = u64::try_from(unsafe { libc::sysconf(libc::_SC_CLK_TCK) }).ok()?;
    let since_boot = Duration::from_millis(start.checked_mul(1000)?.checked_div(ticks_per_second)?);
    SystemTime::now().checked_sub(uptime().checked_sub(since_boot).unwrap_or_default())
}

/// Time since boot, suspended time included, as start times count it.
fn uptime() -> Duration {
    let mut ts = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `ts` is a valid timespec for the call to fill in.
    let rc = unsafe { libc::clock_gettime(libc::CLOCK_BOOTTIME, &raw mut ts) };
    debug_assert_eq!(rc, 0, "CLOCK_BOOTTIME exists since Linux 2.6.39");
    Duration::new(ts.tv_sec as u64, ts.tv_nsec as u32)
}

/// Sends a signal to this very process.
///
/// The pidfd pins the process first, then the start time is compared, then the signal goes to what
/// the pidfd names: nobody else can take the pid over in between.
pub(crate) fn signal(identity: &Identity, signal: i32) -> io::Result<Signalled> {
    let pidfd = match pidfd_open(identity.pid) {
        Ok(fd) => Some(fd),
        Err(e) if e.raw_os_error() == Some(libc::ESRCH) => return Ok(Signalled::Gone),
        // Linux before 5.3: the check below leaves a gap of microseconds that kill(2) cannot close.
        Err(e) if e.raw_os_error() == Some(libc::ENOSYS) => None,
        // No such pid can exist (0, or past the largest): the kernel says EINVAL.
        Err(e) if e.raw_os_error() == Some(libc::EINVAL) => return Ok(Signalled::Gone),
        Err(e) => return Err(e),
    };
    if !is_alive(identity) {
        return Ok(Signalled::Gone);
    }
    let sent = match pidfd {
        Some(fd) => pidfd_send_signal(&fd, signal),
        None => kill(identity.pid, signal),
    };
    match sent {
        Ok(()) => Ok(Signalled::Sent),
        Err(e) if e.raw_os_error() == Some(libc::ESRCH) => Ok(Signalled::Gone),
        Err(e) => Err(e),
    }
}

fn pidfd_open(pid: u32) -> io::Result<OwnedFd> {
    let pid = libc::pid_t::try_from(pid).map_err(|_| io::Error::from_raw_os_error(libc::ESRCH))?;
    // SAFETY: integer arguments only; close-on-exec is always set on a pidfd.
    let fd = check(unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) } as libc::c_int)?;
    // SAFETY: the kernel just gave us this descriptor and nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

fn pidfd_send_signal(pidfd: &OwnedFd, signal: i32) -> io::Result<()> {
    let info = std::ptr::null::<libc::siginfo_t>();
    // SAFETY: the descriptor is open, and a null siginfo asks for what kill(2) would send.
    let rc = unsafe {
        libc::syscall(
            libc::SYS_pidfd_send_signal,
            pidfd.as_raw_fd(),
            signal,
            info,
            0,
        )
    };
    check(rc as libc::c_int).map(drop)
}

fn kill(pid: u32, signal: i32) -> io::Result<()> {
    // SAFETY: integer arguments only; a pid from an identity is positive, so no group is meant.
    check(unsafe { libc::kill(pid as libc::pid_t, signal) }).map(drop)
}

#[cfg(test)]
mod tests;
