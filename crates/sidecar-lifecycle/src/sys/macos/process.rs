//! Processes, by libproc.

use std::ffi::{CStr, OsStr};
use std::io;
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::lineage::BsdInfoWithIds;
use super::{procargs, sysctl};
use crate::identity::{BootId, Identity, Signalled};
use crate::sys::facts::{join_arguments, variable};
use crate::sys::unix::fd::check;
use crate::sys::{Lineage, ProcessFacts};

/// Whether who begins later has a larger start. They are by the wall clock, which may be set back.
pub(crate) const STARTS_ARE_ORDERED: bool = false;

/// Whether [`ProcessFacts::pty`] is told.
pub(crate) const TELLS_TERMINALS: bool = false;

/// From `sys/proc_info.h`. `PROC_FLAG_CONTROLT`: it has had a controlling terminal, which stays set
/// when that is gone. `PROC_FLAG_CTTY`: its session has one at this moment.
const HAS_TERMINAL: u32 = 0x80 | 0x40;
/// The argument by which `PROC_PIDTBSDINFO` finds zombies too.
const ZOMBIES_TOO: u64 = 1;

/// The kernel's name for the running boot. Not the boot's time: that moves when the clock is set.
pub(crate) fn boot_id() -> Option<BootId> {
    current_boot().cloned()
}

fn current_boot() -> Option<&'static BootId> {
    static BOOT: OnceLock<Option<BootId>> = OnceLock::new();
    BOOT.get_or_init(|| sysctl::text(c"kern.bootsessionuuid").ok().map(BootId))
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

/// The process alone: here only the whole table tells descendants. Empty when it is gone.
pub(crate) fn descendants(root: &Identity) -> Vec<u32> {
    if is_alive(root) {
        vec![root.pid]
    } else {
        Vec::new()
    }
}

/// Every process. Those that end meanwhile are left out.
pub(crate) fn all_processes() -> Vec<ProcessFacts> {
    pids().into_iter().filter_map(process).collect()
}

/// One process.
pub(crate) fn process(pid: u32) -> Option<ProcessFacts> {
    let (info, lineage) = bsd_info_with_ids(pid)?;
    Some(ProcessFacts {
        pid,
        ppid: info.pbi_ppid,
        pgid: info.pbi_pgid,
        sid: session(pid),
        tty: info.pbi_flags & HAS_TERMINAL == HAS_TERMINAL,
        pty: None,
        start: microseconds(&info),
        zombie: info.pbi_status == libc::SZOMB,
        lineage,
        comm: text(info.pbi_comm.as_slice()),
    })
}

/// Every pid, the newest last as on other systems: who hunts what passes itself on begins there. Empty
/// when the system refuses.
pub(crate) fn pids() -> Vec<u32> {
    // Called with no room it answers with the number there is; some more may start meanwhile.
    // SAFETY: a null buffer of no length is what asks for the number.
    let count = unsafe { libc::proc_listallpids(std::ptr::null_mut(), 0) };
    let mut pids = vec![0_u32; usize::try_from(count).unwrap_or(0) + 64];
    let size = size_of_val(pids.as_slice()) as libc::c_int;
    // SAFETY: pointer and size describe `pids`, an array of numbers of a pid's width.
    let count = unsafe { libc::proc_listallpids(pids.as_mut_ptr().cast(), size) };
    pids.truncate(usize::try_from(count).unwrap_or(0));
    // The kernel puts a new process before all others, and the dead behind them.
    pids.reverse();
    pids
}

/// Who a process is and who has made it.
pub(crate) fn lineage_of(pid: u32) -> Option<Lineage> {
    bsd_info_with_ids(pid)?.1
}

/// By one call, which no public header names; should a system lack it, by the one that all have.
fn bsd_info_with_ids(pid: u32) -> Option<(libc::proc_bsdinfo, Option<Lineage>)> {
    let both: Option<BsdInfoWithIds> = info(pid, BsdInfoWithIds::FLAVOUR, ZOMBIES_TOO);
    both.map(|both| (both.info, Some(both.ids.lineage())))
        .or_else(|| bsd_info(pid).map(|info| (info, None)))
}

fn bsd_info(pid: u32) -> Option<libc::proc_bsdinfo> {
    info(pid, libc::PROC_PIDTBSDINFO, ZOMBIES_TOO)
}

/// One of the fixed-size answers of `proc_pidinfo`. `T` must be the plain struct of that flavour.
fn info<T>(pid: u32, flavour: libc::c_int, argument: u64) -> Option<T> {
    let mut info = MaybeUninit::<T>::zeroed();
    let size = size_of::<T>() as libc::c_int;
    let pid = libc::pid_t::try_from(pid).ok()?;
    // SAFETY: pointer and size describe `info`.
    let n = unsafe { libc::proc_pidinfo(pid, flavour, argument, info.as_mut_ptr().cast(), size) };
    // SAFETY: the kernel filled all of it, and it is made of integers only.
    (n == size).then(|| unsafe { info.assume_init() })
}

fn session(pid: u32) -> u32 {
    // SAFETY: integer arguments only.
    let sid = unsafe { libc::getsid(pid as libc::pid_t) };
    u32::try_from(sid).unwrap_or(0)
}

fn microseconds(info: &libc::proc_bsdinfo) -> u64 {
    info.pbi_start_tvsec
        .saturating_mul(1_000_000)
        .saturating_add(info.pbi_start_tvusec)
}

/// A C text in an array that it may fill to the last byte.
fn text(chars: &[libc::c_char]) -> String {
    let bytes: Vec<u8> = chars
        .iter()
        .map(|&c| c as u8)
        .take_while(|&b| b != 0)
        .collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The program's file.
pub(crate) fn exe_of(pid: u32) -> Option<PathBuf> {
    let mut path = [0_u8; libc::PROC_PIDPATHINFO_MAXSIZE as usize];
    let pid = libc::pid_t::try_from(pid).ok()?;
    // SAFETY: pointer and size describe `path`.
    let n = unsafe { libc::proc_pidpath(pid, path.as_mut_ptr().cast(), path.len() as u32) };
    let n = usize::try_from(n).ok().filter(|&n| n > 0)?;
    Some(PathBuf::from(OsStr::from_bytes(path.get(..n)?)))
}

/// The working directory.
pub(crate) fn cwd_of(pid: u32) -> Option<PathBuf> {
    let paths: libc::proc_vnodepathinfo = info(pid, libc::PROC_PIDVNODEPATHINFO, 0)?;
    let chars = paths.pvi_cdir.vip_path.as_flattened();
    let bytes: Vec<u8> = chars.iter().map(|&c| c as u8).collect();
    let path = CStr::from_bytes_until_nul(&bytes).ok()?.to_bytes();
    (!path.is_empty()).then(|| PathBuf::from(OsStr::from_bytes(path)))
}

/// The user whose rights the process has.
pub(crate) fn uid_of(pid: u32) -> Option<u32> {
    bsd_info(pid).map(|info| info.pbi_uid)
}

/// The arguments, joined for people. Nothing for other users' processes.
pub(crate) fn command_line(pid: u32) -> Option<String> {
    let block = sysctl::process_arguments(pid).ok()?;
    join_arguments(procargs::split(&block)?.0)
}

/// The value that a variable had when the program started. Nothing when unset or unreadable;
/// programs that are part of the system hide their environment.
pub(crate) fn environ_var(pid: u32, name: &str) -> Option<Vec<u8>> {
    variable(&environ(pid)?, name)
}

/// The whole environment that it was started with, entries ended by NULs.
pub(crate) fn environ(pid: u32) -> Option<Vec<u8>> {
    let block = sysctl::process_arguments(pid).ok()?;
    Some(procargs::split(&block)?.1.to_vec())
}

/// The memory of a process in bytes: what is resident.
pub(crate) fn memory_of(pid: u32) -> Option<u64> {
    let task: libc::proc_taskinfo = info(pid, libc::PROC_PIDTASKINFO, 0)?;
    Some(task.pti_resident_size)
}

/// When the process started.
pub(crate) fn started_at(pid: u32) -> Option<SystemTime> {
    UNIX_EPOCH.checked_add(Duration::from_micros(microseconds(&bsd_info(pid)?)))
}

/// Sends a signal to this very process.
///
/// There is no pidfd: between the check and kill(2) lie microseconds in which the process could
/// end and its pid be given away. Pids are handed out in a circle, so that takes a full round.
pub(crate) fn signal(identity: &Identity, signal: i32) -> io::Result<Signalled> {
    // 0 and numbers past the largest pid would mean groups to kill(2).
    let Ok(pid @ 1..) = libc::pid_t::try_from(identity.pid) else {
        return Ok(Signalled::Gone);
    };
    if !is_alive(identity) {
        return Ok(Signalled::Gone);
    }
    // SAFETY: integer arguments only, and the pid is positive.
    match check(unsafe { libc::kill(pid, signal) }) {
        Ok(_) => Ok(Signalled::Sent),
        Err(e) if e.raw_os_error() == Some(libc::ESRCH) => Ok(Signalled::Gone),
        Err(e) => Err(e),
    }
}

/// This thread's own children: not told here, and not asked, since no orphan is handed to us.
pub(crate) fn own_children() -> Vec<u32> {
    Vec::new()
}

/// Whether this process has the master of this pseudoterminal open. Not told here: no terminal has a
/// number in [`ProcessFacts`].
pub(crate) fn holds_master(_pid: u32, _pty: u32) -> bool {
    false
}
