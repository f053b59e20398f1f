//! Bystanders, as tests hold them.

use std::fs;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use fake_host::testing::{Process, eventually, eventually_some};

/// The program.
pub(crate) const WITNESS: &str = env!("CARGO_BIN_EXE_witness");
/// Somebody else, where tests run as root.
pub(crate) const NOBODY: u32 = 65_534;

/// A process that must be left alone. Whoever has started it: this watches it.
pub(crate) struct Witness {
    pub(crate) role: String,
    pub(crate) process: Process,
    log: PathBuf,
    /// Readable once it has ended. Opened while it certainly ran.
    end: OwnedFd,
    /// Ours to reap, unless a dev server has started it.
    child: Option<Child>,
}

impl Witness {
    /// Starts one. `adjust` dresses it up.
    pub(crate) fn start(
        folder: &Path,
        role: &str,
        args: &[&str],
        adjust: impl FnOnce(&mut Command),
    ) -> Witness {
        let log = folder.join(format!("{role}.witness"));
        fs::write(&log, "").expect("written");
        // Another user's has to write into it too.
        fs::set_permissions(&log, fs::Permissions::from_mode(0o666)).expect("it is ours");
        let mut command = Command::new(WITNESS);
        command.arg(&log).args(args).stdin(Stdio::null());
        adjust(&mut command);
        let child = command.spawn().expect("it starts");
        let pid = child.id() as i32;
        Witness::watch(role, log, pid, Some(child))
    }

    /// The one that a dev server starts with this log.
    pub(crate) fn started_by_another(role: &str, log: PathBuf) -> Witness {
        let pid = eventually_some("it is started", || {
            let marked = |p: &Process| p.command().contains(log.to_string_lossy().as_ref());
            let ours = Process::all().into_iter().filter(marked);
            // Its starter's command line names the log too, until it has become the server.
            ours.filter(|p| p.executable().is_some_and(|e| is_witness(&e)))
                .map(|p| p.pid)
                .next()
        });
        Witness::watch(role, log, pid, None)
    }

    /// One that was started otherwise.
    pub(crate) fn adopt(role: &str, log: PathBuf, child: Child) -> Witness {
        let pid = child.id() as i32;
        Witness::watch(role, log, pid, Some(child))
    }

    fn watch(role: &str, log: PathBuf, pid: i32, child: Option<Child>) -> Witness {
        let process = Process::of(pid).expect("it runs");
        // SAFETY: integer arguments only.
        let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
        assert!(fd >= 0, "{role}: {}", std::io::Error::last_os_error());
        // SAFETY: the kernel just gave us this descriptor.
        let end = unsafe { OwnedFd::from_raw_fd(fd as i32) };
        let up = || fs::read_to_string(&log).is_ok_and(|text| text.starts_with("up\n"));
        eventually(&format!("{role} is in place"), up);
        Witness {
            role: role.to_owned(),
            process,
            log,
            end,
            child,
        }
    }

    /// What has been done to it; nothing, if it was left alone.
    pub(crate) fn complaint(&self) -> Option<String> {
        let said = fs::read_to_string(&self.log).unwrap_or_default();
        // A dev server that is started again opens another one, which says so too.
        let signals = said.lines().filter(|line| *line != "up");
        let signals = signals.collect::<Vec<_>>().join(", ");
        let mut poll = libc::pollfd {
            fd: self.end.as_raw_fd(),
            events: libc::POLLIN,
            revents: 0,
        };
        // SAFETY: one valid entry that lives through the call.
        let ended = unsafe { libc::poll(&raw mut poll, 1, 0) } != 0;
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.process.pid));
        let stat = stat.unwrap_or_default();
        let stopped = stat
            .rsplit_once(") ")
            .is_some_and(|(_, rest)| rest.starts_with(['T', 't']));
        let what = match (signals.is_empty(), ended, stopped) {
            (true, false, false) => return None,
            (_, true, _) => format!("has ended; {signals}"),
            (_, false, true) => format!("is stopped; {signals}"),
            (false, false, false) => signals,
        };
        Some(format!("{} (pid {}): {what}", self.role, self.process.pid))
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        self.process.kill();
        if let Some(child) = &mut self.child {
            // Reaps it; it cannot refuse.
            let _ = child.wait();
        }
    }
}

/// The witness under any of its names: its copies are of one size.
fn is_witness(executable: &Path) -> bool {
    let size = |path: &Path| fs::metadata(path).ok().map(|m| m.len());
    size(executable) == size(Path::new(WITNESS))
}

/// A copy of the witness under another name.
pub(crate) fn copied(folder: &Path, name: &str) -> PathBuf {
    let copy = folder.join(name);
    fs::copy(WITNESS, &copy).expect("copied");
    copy
}

/// Runs a command as nobody, where we may decide that.
pub(crate) fn as_nobody(command: &mut Command) -> bool {
    // SAFETY: takes nothing, cannot fail.
    let root = unsafe { libc::geteuid() } == 0;
    if root {
        command.uid(NOBODY).gid(NOBODY);
    }
    root
}

/// A terminal that somebody else holds: our side, and the path of the other.
pub(crate) fn terminal() -> (OwnedFd, String) {
    let (mut ours, mut theirs) = (-1, -1);
    // SAFETY: both numbers are valid to be written; the rest is not asked for.
    let rc = unsafe {
        libc::openpty(
            &raw mut ours,
            &raw mut theirs,
            std::ptr::null_mut(),
            std::ptr::null(),
            std::ptr::null(),
        )
    };
    assert_eq!(rc, 0, "a terminal: {}", std::io::Error::last_os_error());
    // SAFETY: the kernel just gave us this descriptor.
    let theirs = unsafe { OwnedFd::from_raw_fd(theirs) };
    // SAFETY: as above.
    let ours = unsafe { OwnedFd::from_raw_fd(ours) };
    let path = fs::read_link(format!("/proc/self/fd/{}", theirs.as_raw_fd())).expect("a path");
    for fd in [&ours, &theirs] {
        // SAFETY: integer arguments only, on a descriptor of ours.
        let rc = unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_SETFD, libc::FD_CLOEXEC) };
        assert_eq!(rc, 0, "close on exec");
    }
    (ours, path.to_string_lossy().into_owned())
}
