//! A running host, its events and its sidecar's family.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use serde_json::Value;
use tempfile::TempDir;

use super::family::Family;
use super::grammar::Grammar;
use super::programs::fake_sidecar;
use super::table::{Process, processes_marked};
use super::terminal::{Terminal, attach};
use super::waiting::{DEADLINE, eventually, eventually_some, within};

/// Name of the variable that all processes of one test carry.
const MARK: &str = "FAKE_HOST_TEST";
/// The name under which the guardian runs.
pub const GUARDIAN: &str = "sidecar-guard";
/// The name under which its standby runs.
pub const STANDBY: &str = "sidecar-standby";

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
        let mut child = command.spawn().expect("the host starts");
        // Its copy of the terminal's other side would keep the terminal open.
        drop(command);
        let lines: Arc<Mutex<Lines>> = Arc::default();
        let sink = lines.clone();
        let stdout = child.stdout.take();
        let reader = thread::spawn(move || {
            for line in stdout
                .into_iter()
                .flat_map(|out| BufReader::new(out).lines())
            {
                let Ok(line) = line else { break };
                sink.lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .all
                    .push((Instant::now(), line));
            }
        });
        let process = Process::of(child.id() as i32).expect("it runs");
        let stdin = child.stdin.take();
        let mark = self.mark.clone();
        Host {
            child,
            process,
            stdin,
            lines,
            reader: Some(reader),
            terminal,
            mark,
            read: 0,
            rolls: false,
        }
    }

    /// Every living process of this test that is not a host's own child of the test.
    pub fn survivors(&self) -> Vec<Process> {
        processes_marked(&self.mark)
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
            process.signal(libc::SIGKILL);
        }
    }
}

#[derive(Debug, Default)]
struct Lines {
    all: Vec<(Instant, String)>,
}

/// A running host.
#[derive(Debug)]
pub struct Host {
    child: Child,
    /// The host itself.
    pub process: Process,
    stdin: Option<ChildStdin>,
    lines: Arc<Mutex<Lines>>,
    reader: Option<thread::JoinHandle<()>>,
    terminal: Option<Terminal>,
    mark: String,
    read: usize,
    /// It was told to roll: two runs of a sidecar may live at a time.
    rolls: bool,
}

impl Host {
    /// Gives an order.
    pub fn order(&mut self, order: &str) {
        self.rolls |= order == "roll";
        let stdin = self.stdin.as_mut().expect("stdin is open");
        // A host that has just died takes no orders: the test finds that out by other means.
        drop(writeln!(stdin, "{order}").and_then(|()| stdin.flush()));
    }

    /// Closes its stdin.
    pub fn close_stdin(&mut self) {
        self.stdin = None;
    }

    /// Closes its terminal.
    pub fn close_terminal(&mut self) {
        self.terminal = None;
    }

    /// All lines so far.
    pub fn lines(&self) -> Vec<String> {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.all.iter().map(|(_, line)| line.clone()).collect()
    }

    /// All events so far.
    pub fn events(&self) -> Vec<Value> {
        self.lines()
            .iter()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect()
    }

    /// All events of one kind so far.
    pub fn all(&self, event: &str) -> Vec<Value> {
        self.events()
            .into_iter()
            .filter(|e| e["event"] == event)
            .collect()
    }

    /// How many events of one kind so far; cheaper than a look at them where there are thousands.
    pub fn count(&self, event: &str) -> usize {
        let wanted = format!("\"event\":\"{event}\"");
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines
            .all
            .iter()
            .filter(|(_, l)| l.contains(&wanted))
            .count()
    }

    /// Waits for the next event of this kind, after those that were waited for before.
    pub fn next(&mut self, event: &str) -> Value {
        let from = self.read;
        let found = within(DEADLINE, || {
            // Looked at first: what it wrote before its end is read after it.
            let ended = self
                .reader
                .as_ref()
                .is_none_or(thread::JoinHandle::is_finished);
            let events = self.lines();
            let parsed = events.iter().enumerate().skip(from);
            let found = parsed
                .filter_map(|(at, line)| Some((at, serde_json::from_str::<Value>(line).ok()?)))
                .find(|(_, e)| e["event"] == event);
            assert!(
                found.is_some() || !ended,
                "it ended without `{event}`: {events:#?}"
            );
            found
        });
        let found = found.unwrap_or_else(|| panic!("no `{event}` came: {:#?}", self.lines()));
        self.read = found.0 + 1;
        found.1
    }

    /// Waits until there is an event of this kind, wherever it stands among the others.
    pub fn wait_for(&self, event: &str) -> Value {
        let found = within(DEADLINE, || self.all(event).into_iter().next());
        found.unwrap_or_else(|| panic!("no `{event}` came: {:#?}", self.lines()))
    }

    /// The last event of this kind, of a host that has ended.
    pub fn next_after_end(&self, event: &str) -> Value {
        let last = self.all(event).pop();
        last.unwrap_or_else(|| panic!("no `{event}` among {:#?}", self.lines()))
    }

    /// Waits until it is ready; answers the port.
    pub fn ready(&mut self) -> u16 {
        let ready = self.next("ready");
        ready["port"].as_u64().map_or(0, |port| port as u16)
    }

    /// Waits for the host's own end, and for its last line.
    pub fn end(&mut self) -> ExitStatus {
        let child = &mut self.child;
        let status = eventually_some("the host ends", || {
            child.try_wait().expect("it is our child")
        });
        let end = Instant::now() + DEADLINE;
        while self.reader.as_ref().is_some_and(|r| !r.is_finished()) {
            assert!(
                Instant::now() < end,
                "somebody else holds the host's stdout"
            );
            thread::yield_now();
        }
        self.check_grammar();
        status
    }

    /// Whatever it has told so far may be told in that order.
    fn check_grammar(&self) {
        let (mut grammar, events) = (Grammar::default(), self.events());
        if self.rolls {
            let sidecars = events.iter().filter_map(|e| e["sidecar"].as_str());
            sidecars.for_each(|sidecar| grammar.roll(sidecar));
        }
        grammar.hear_all(&events);
    }

    /// The guardian: a child of the host, or of the guardian's standby.
    pub fn guardian(&self) -> Process {
        eventually_some("the guardian is there", || {
            let standby = child_named(&self.process, STANDBY);
            child_named(standby.as_ref().unwrap_or(&self.process), GUARDIAN)
        })
    }

    /// The guardian's standby, of a host that has one.
    pub fn standby(&self) -> Process {
        eventually_some("the standby is there", || {
            child_named(&self.process, STANDBY)
        })
    }

    /// Sends a signal to the host alone.
    pub fn signal(&self, signal: i32) {
        self.process.signal(signal);
    }

    /// Waits until no process of this test is left but hosts that were not ended.
    pub fn wait_until_empty(&self) {
        eventually("nothing is left", || {
            processes_marked(&self.mark).is_empty()
        });
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            self.process.signal(libc::SIGKILL);
            // Reaps it; it cannot refuse.
            let _ = self.child.wait();
        }
    }
}

fn child_named(parent: &Process, name: &str) -> Option<Process> {
    parent.children().into_iter().find(|p| p.name() == name)
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
    args.extend(host.split_whitespace().map(Into::into));
    args.push("--".into());
    args.extend(command);
    args
}

/// A port that is free on all addresses, outside the range that clients are given.
pub fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    eventually_some("a free port", || {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        // Tests that run at the same time begin far apart: their pids decide.
        // And one from the other: some are the beginning of a range.
        let apart = std::process::id().wrapping_mul(97) + step * 37;
        let port = 10_000 + apart % 10_000;
        let port = port as u16;
        let free = sidecar_lifecycle::ports::is_free(port).is_ok()
            && TcpListener::bind(("127.0.0.1", port)).is_ok();
        free.then_some(port)
    })
}
