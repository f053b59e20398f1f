//! What one test has for itself: a folder, a mark, and the hosts that it starts.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;

use super::family::Family;
use super::host::Host;
use super::papers;
use super::programs::fake_sidecar;
use super::table::{Process, processes_of};
use super::terminal::Terminal;
#[cfg(unix)]
use super::terminal::attach;
use super::waiting::eventually;
use super::wine;

/// Name of the variable that all processes of one test carry.
const MARK: &str = "FAKE_HOST_TEST";

/// A folder for one test: state files, pidfiles, logs.
#[derive(Debug)]
pub struct Setup {
    folder: TempDir,
    mark: String,
}

impl Default for Setup {
    fn default() -> Self {
        Setup::new()
    }
}

impl Setup {
    /// A new one, with a mark of its own.
    pub fn new() -> Setup {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let mark = format!("{MARK}={}-{count}", std::process::id());
        Setup {
            folder: tempfile::tempdir().expect("a folder of its own"),
            mark,
        }
    }

    /// The entry that the environment of every process of this test holds.
    pub fn mark(&self) -> &str {
        &self.mark
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A path in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }

    /// The state files' folder, shared by all hosts of this test.
    pub fn state_dir(&self) -> PathBuf {
        self.path("state")
    }

    /// A family that writes into a file of this name.
    pub fn family(&self, name: &str) -> Family {
        Family::new(self.path(name))
    }

    /// Starts `program` with `args`. Its children and their children carry the mark.
    pub fn start(
        &self,
        program: &Path,
        args: impl IntoIterator<Item = impl Into<OsString>>,
    ) -> Host {
        self.launch(program, args, |_| None)
    }

    /// The same, with something done to the command first.
    pub fn start_with(
        &self,
        program: &Path,
        args: impl IntoIterator<Item = impl Into<OsString>>,
        adjust: impl FnOnce(&mut Command),
    ) -> Host {
        self.launch(program, args, |command| {
            adjust(command);
            None
        })
    }

    /// The same, on a terminal of its own.
    #[cfg(unix)]
    pub fn start_on_terminal(
        &self,
        program: &Path,
        args: impl IntoIterator<Item = impl Into<OsString>>,
    ) -> Host {
        self.launch(program, args, |command| {
            Some(attach(command).expect("a terminal"))
        })
    }

    fn launch(
        &self,
        program: &Path,
        args: impl IntoIterator<Item = impl Into<OsString>>,
        adjust: impl FnOnce(&mut Command) -> Option<Terminal>,
    ) -> Host {
        let (name, value) = self.mark.split_once('=').expect("NAME=value");
        let mut command = Command::new(program);
        command
            .args(args.into_iter().map(Into::into))
            .env(name, value)
            .env("XDG_STATE_HOME", self.path("xdg-state"))
            .env_remove("PORT")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let terminal = adjust(&mut command);
        let child = command.spawn().expect("the host starts");
        // Its copy of the terminal's other side would keep the terminal open.
        drop(command);
        let test = (self.mark.clone(), self.folder().to_owned());
        Host::new(child, terminal, test)
    }

    /// Waits until a state file names these as members, so that the next start knows them without
    /// any mark of theirs: they are written down only after `ready` is told.
    pub fn wait_until_recorded(&self, processes: &[Process]) {
        eventually("a state file names them", || {
            let folder = std::fs::read_dir(self.state_dir()).into_iter().flatten();
            let mut files = folder.flatten().map(|entry| papers::members(&entry.path()));
            files.any(|members| processes.iter().all(|p| members.contains(&p.pid.into())))
        });
    }

    /// Every living process of this test that is not a host's own child of the test.
    pub fn survivors(&self) -> Vec<Process> {
        processes_of(&self.mark, self.folder())
    }
}

impl Drop for Setup {
    fn drop(&mut self) {
        // A failed test leaves no litter: all that wrote a pid here, and all that carry the mark.
        let entries = std::fs::read_dir(self.folder())
            .into_iter()
            .flatten()
            .flatten();
        let families = entries
            .filter(|e| e.path().is_file())
            .map(|e| Family::new(e.path()));
        for process in families.flat_map(|f| f.living()).chain(self.survivors()) {
            process.kill();
        }
    }
}

/// A host's arguments: its own, split at spaces, and its sidecar's, which writes its pids into
/// `family`.
pub fn args(setup: &Setup, host: &str, family: &Family, sidecar: &str) -> Vec<OsString> {
    let mut command: Vec<OsString> = vec![fake_sidecar().into()];
    command.push("--pidfile".into());
    command.push(family.file().into());
    // A failed test leaves no litter for long.
    command.extend(["--max-life", "3m"].map(Into::into));
    command.extend(sidecar.split_whitespace().map(Into::into));
    args_for(setup, host, command)
}

/// The same for any other command.
pub fn args_for(setup: &Setup, host: &str, command: Vec<OsString>) -> Vec<OsString> {
    let mut args: Vec<OsString> = vec!["--state-dir".into(), setup.state_dir().into()];
    if wine::is_here() && !host.contains("--grace") {
        // Nobody hears there that he is asked to end, and each stop would take the whole grace.
        args.extend(["--grace", "300"].map(Into::into));
    }
    args.extend(host.split_whitespace().map(Into::into));
    args.push("--".into());
    args.extend(command);
    args
}
