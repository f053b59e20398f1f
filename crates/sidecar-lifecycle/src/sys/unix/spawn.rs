//! Starts a program in a process group of its own, at the same price whatever our own size.
//!
//! `std::process::Command` would do, but for two things that it has no call for: the death
//! signal, which needs code of ours between fork and exec (and so a real fork: 5 ms in a host of
//! 400 MiB), and clearing what the guardian ignores, which would be ignored in the sidecar too.

use std::ffi::{CStr, CString, c_char, c_void};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::ptr;

use super::fd::{check, close_range};
use super::signals;

/// Everything that exec needs, allocated before the child exists: between clone and exec nothing
/// may allocate.
pub(crate) struct Program {
    path: CString,
    argv: CStrings,
    envp: CStrings,
    cwd: Option<CString>,
}

/// A null-terminated array of C strings, as exec wants it.
struct CStrings {
    pointers: Vec<*const c_char>,
    _strings: Vec<CString>,
}

impl CStrings {
    fn new(strings: Vec<CString>) -> CStrings {
        let mut pointers: Vec<_> = strings.iter().map(|s| s.as_ptr()).collect();
        pointers.push(ptr::null());
        CStrings {
            pointers,
            _strings: strings,
        }
    }
}

impl Program {
    /// `env` holds `NAME=value` entries. Fails on an interior NUL, which no exec could pass on.
    pub(crate) fn new(
        program: Vec<u8>,
        argv: Vec<Vec<u8>>,
        env: Vec<Vec<u8>>,
        cwd: Option<Vec<u8>>,
    ) -> Result<Program, SpawnError> {
        let c = |bytes| {
            CString::new(bytes).map_err(|_| SpawnError {
                stage: Stage::Arguments,
                errno: libc::EINVAL,
            })
        };
        let all = |list: Vec<Vec<u8>>| list.into_iter().map(c).collect::<Result<Vec<_>, _>>();
        Ok(Program {
            path: c(program)?,
            argv: CStrings::new(all(argv)?),
            envp: CStrings::new(all(env)?),
            cwd: cwd.map(c).transpose()?,
        })
    }
}

/// What a spawn was doing when it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Stage {
    Arguments = 0,
    Fork = 1,
    Group = 2,
    Descriptors = 3,
    Folder = 4,
    Exec = 5,
}

impl Stage {
    pub(crate) fn from_u8(n: u8) -> Stage {
        match n {
            0 => Stage::Arguments,
            1 => Stage::Fork,
            2 => Stage::Group,
            3 => Stage::Descriptors,
            4 => Stage::Folder,
            _ => Stage::Exec,
        }
    }

    /// What was tried, to go before the system's own message.
    pub(crate) fn tried(self) -> &'static str {
        match self {
            Stage::Arguments => "an argument or environment entry contains a NUL byte",
            Stage::Fork => "cannot create a process",
            Stage::Group => "cannot create a process group",
            Stage::Descriptors => "cannot set up its input and output",
            Stage::Folder => "cannot enter its working folder",
            Stage::Exec => "cannot execute it",
        }
    }
}

impl Stage {
    /// What helps, where the system's own message does not say.
    pub(crate) fn help(self, errno: i32) -> Option<&'static str> {
        Some(match (self, errno) {
            (_, libc::EMFILE | libc::ENFILE) => {
                "too many files are open: close some, or raise the limit (ulimit -n)"
            }
            (Stage::Fork, libc::EAGAIN) => {
                "this user runs as many processes as it may: end some, or raise the limit (ulimit -u)"
            }
            (_, libc::ENOMEM) => "memory is short: close something, or raise the limit (ulimit -v)",
            (Stage::Exec, libc::ENOENT) => {
                "it has gone, or the interpreter that its first line names is not installed"
            }
            (Stage::Exec, libc::ENOEXEC) => {
                "it is for another system, or a script without a first line such as #!/bin/sh"
            }
            (Stage::Exec, libc::ETXTBSY) => {
                "somebody is still writing it: start it again once that is done"
            }
            (Stage::Exec, libc::E2BIG) => "its arguments and its environment are too long together",
            (Stage::Exec, libc::EACCES) => {
                "it or its interpreter may not be executed, or lies on a disk mounted with noexec"
            }
            _ => return None,
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SpawnError {
    pub(crate) stage: Stage,
    pub(crate) errno: i32,
}

/// Settings of one spawn besides the program.
pub(crate) struct Options<'a> {
    pub(crate) stdin: BorrowedFd<'a>,
    pub(crate) stdout: BorrowedFd<'a>,
    pub(crate) stderr: BorrowedFd<'a>,
    /// The limit on open files that the host had before it raised its own.
    pub(crate) nofile: Option<libc::rlimit>,
    /// It does not die with its parent.
    pub(crate) outlives: bool,
}

/// What the child reads between clone and exec. Plain data and pointers, nothing to drop.
struct ChildPlan {
    program: *const c_char,
    argv: *const *const c_char,
    envp: *const *const c_char,
    cwd: *const c_char,
    stdio: [RawFd; 3],
    nofile: Option<libc::rlimit>,
    outlives: bool,
    parent: libc::pid_t,
    report: Report,
}

/// How the child tells why it could not exec.
struct Report {
    /// With shared memory: written by the child, read by the parent once the child is gone.
    failed: bool,
    stage: u8,
    errno: i32,
    /// Without: the write end of a close-on-exec pipe.
    pipe: RawFd,
}

/// Starts the program as the leader of a new process group. Returns its pid.
pub(crate) fn spawn(program: &Program, options: &Options<'_>) -> Result<u32, SpawnError> {
    // Numbers above 2, so that the three dup2 calls cannot overwrite each other's source.
    let high = [options.stdin, options.stdout, options.stderr].map(|fd| above_stdio(fd));
    let [a, b, c] = high;
    let high = match (a, b, c) {
        (Ok(a), Ok(b), Ok(c)) => [a, b, c],
        (Err(e), _, _) | (_, Err(e), _) | (_, _, Err(e)) => {
            return Err(SpawnError {
                stage: Stage::Descriptors,
                errno: errno_of(&e),
            });
        }
    };
    let mut plan = ChildPlan {
        program: program.path.as_ptr(),
        argv: program.argv.pointers.as_ptr(),
        envp: program.envp.pointers.as_ptr(),
        cwd: program.cwd.as_deref().map_or(ptr::null(), CStr::as_ptr),
        stdio: [
            high[0].as_raw_fd(),
            high[1].as_raw_fd(),
            high[2].as_raw_fd(),
        ],
        nofile: options.nofile,
        outlives: options.outlives,
        // SAFETY: getpid cannot fail and touches no memory.
        parent: unsafe { libc::getpid() },
        report: Report {
            failed: false,
            stage: 0,
            errno: 0,
            pipe: -1,
        },
    };
    // No signal may run a handler of ours in the child, which shares our memory.
    let mask = signals::block_all();
    let result = start(&mut plan);
    signals::restore_mask(&mask);
    result
}

fn above_stdio(fd: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    // SAFETY: duplicates a descriptor that the caller lends us.
    let new = check(unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_DUPFD_CLOEXEC, 3) })?;
    // SAFETY: the kernel just gave us this descriptor.
    Ok(unsafe { OwnedFd::from_raw_fd(new) })
}

fn errno_of(e: &io::Error) -> i32 {
    e.raw_os_error().unwrap_or(libc::EIO)
}

/// Linux: the child borrows our memory until it has exec'd, so nothing is copied and its failure
/// is written where we can read it.
#[cfg(target_os = "linux")]
fn start(plan: &mut ChildPlan) -> Result<u32, SpawnError> {
    const STACK: usize = 64 * 1024;
    let mut stack: Vec<u64> = vec![0; STACK / 8];
    let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD;
    // SAFETY: one past the end of the vector, where a stack that grows down begins.
    let top = unsafe { stack.as_mut_ptr().add(STACK / 8) };
    let arg = ptr::from_mut(plan).cast::<c_void>();
    // SAFETY: `child` touches only `plan` and its own stack, both of which outlive it: CLONE_VFORK
    // suspends this thread until the child has exec'd or exited.
    let pid = unsafe { libc::clone(child, top.cast(), flags, arg) };
    if pid < 0 {
        let errno = errno_of(&io::Error::last_os_error());
        return Err(SpawnError {
            stage: Stage::Fork,
            errno,
        });
    }
    if plan.report.failed {
        let _ = super::wait::reap_blocking(pid as u32); // Nothing to do if that fails too.
        return Err(SpawnError {
            stage: Stage::from_u8(plan.report.stage),
            errno: plan.report.errno,
        });
    }
    Ok(pid as u32)
}

/// Elsewhere: a plain fork, and a pipe that exec closes.
#[cfg(not(target_os = "linux"))]
fn start(plan: &mut ChildPlan) -> Result<u32, SpawnError> {
    use std::io::Read;
    let broken = |e: io::Error| SpawnError {
        stage: Stage::Fork,
        errno: errno_of(&e),
    };
    let (read, write) = super::fd::pipe().map_err(broken)?;
    plan.report.pipe = write.as_raw_fd();
    // SAFETY: the child calls only async-signal-safe functions before it execs or exits.
    let pid = unsafe { libc::fork() };
    if pid == 0 {
        child(ptr::from_mut(plan).cast());
        // SAFETY: `child` does not return; this line satisfies the type.
        unsafe { libc::_exit(127) };
    }
    if pid < 0 {
        return Err(broken(io::Error::last_os_error()));
    }
    drop(write);
    let mut report = [0u8; 5];
    if std::fs::File::from(read).read_exact(&mut report).is_err() {
        return Ok(pid as u32); // Closed by exec: it runs.
    }
    let _ = super::wait::reap_blocking(pid as u32); // Nothing to do if that fails too.
    let errno = i32::from_le_bytes([report[1], report[2], report[3], report[4]]);
    Err(SpawnError {
        stage: Stage::from_u8(report[0]),
        errno,
    })
}

/// Runs in the child. Async-signal-safe calls only, no allocation, no return but by exit.
extern "C" fn child(arg: *mut c_void) -> libc::c_int {
    // SAFETY: the parent passed a pointer to its plan and waits (or was copied).
    let plan = unsafe { &mut *arg.cast::<ChildPlan>() };
    let stage = prepare_and_exec(plan);
    let errno = errno_of(&io::Error::last_os_error());
    plan.report.failed = true;
    plan.report.stage = stage as u8;
    plan.report.errno = errno;
    if plan.report.pipe >= 0 {
        let e = errno.to_le_bytes();
        let bytes = [stage as u8, e[0], e[1], e[2], e[3]];
        // SAFETY: writes five bytes from the stack; a failure leaves the parent with EOF.
        let _ = unsafe { libc::write(plan.report.pipe, bytes.as_ptr().cast(), bytes.len()) };
    }
    // SAFETY: leaves without running anything of the parent's.
    unsafe { libc::_exit(127) }
}

/// Comes back only if something failed, with what it was.
fn prepare_and_exec(plan: &ChildPlan) -> Stage {
    // What the guardian ignores would stay ignored across exec. The highest number differs by
    // platform; numbers that do not exist answer EINVAL.
    for signal in 1..=64 {
        if signal != libc::SIGKILL && signal != libc::SIGSTOP {
            let _ = signals::set_action(signal, libc::SIG_DFL);
        }
    }
    // SAFETY: makes this process the leader of a new group.
    if unsafe { libc::setpgid(0, 0) } < 0 {
        return Stage::Group;
    }
    #[cfg(target_os = "linux")]
    if !plan.outlives {
        // SAFETY: integer arguments only. Covers the leader alone; the tree is the guardian's.
        unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
        // The parent may have died before the line above: then the signal never comes.
        // SAFETY: getppid cannot fail.
        if unsafe { libc::getppid() } != plan.parent {
            return Stage::Fork;
        }
    }
    for (target, &source) in plan.stdio.iter().enumerate() {
        // SAFETY: both are descriptors of this process; dup2 clears close-on-exec on the copy.
        if unsafe { libc::dup2(source, target as RawFd) } < 0 {
            return Stage::Descriptors;
        }
    }
    if plan.report.pipe < 0 {
        close_range(3, RawFd::MAX);
    } else {
        close_range(3, plan.report.pipe - 1);
        close_range(plan.report.pipe + 1, RawFd::MAX);
    }
    if let Some(limit) = &plan.nofile {
        // SAFETY: lowers a limit to what it was; a failure leaves a higher one, which is harmless.
        unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, ptr::from_ref(limit)) };
    }
    // SAFETY: `cwd` is null or a C string that the parent keeps.
    if !plan.cwd.is_null() && unsafe { libc::chdir(plan.cwd) } < 0 {
        return Stage::Folder;
    }
    // SAFETY: sigset_t is plain data, and an all-zero one is the empty set on our platforms.
    let empty: libc::sigset_t = unsafe { std::mem::zeroed() };
    signals::restore_mask(&empty);
    // SAFETY: null-terminated arrays of C strings that the parent keeps.
    unsafe { libc::execve(plan.program, plan.argv, plan.envp) };
    Stage::Exec
}
