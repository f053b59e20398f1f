//! A running host, its events and its sidecar's family.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ExitStatus};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use serde_json::Value;

use super::grammar::Grammar;
use super::table::{Process, STANDBY, processes_of};
use super::terminal::Terminal;
use super::waiting::{DEADLINE, eventually, eventually_some, within};

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
    /// Its test's mark and folder, by which the others of that are found.
    test: (String, PathBuf),
    read: usize,
    /// It was told to roll: two runs of a sidecar may live at a time.
    rolls: bool,
}

impl Host {
    /// One that has just been started, with pipes as stdin and stdout.
    pub(super) fn new(
        mut child: Child,
        terminal: Option<Terminal>,
        test: (String, PathBuf),
    ) -> Host {
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
        let process = Process::of_child(child.id() as i32).expect("it is our child");
        let stdin = child.stdin.take();
        Host {
            child,
            process,
            stdin,
            lines,
            reader: Some(reader),
            terminal,
            test,
            read: 0,
            rolls: false,
        }
    }

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
            let parent = standby.as_ref().unwrap_or(&self.process);
            parent.children().into_iter().find(Process::is_guardian)
        })
    }

    /// The guardian's standby, of a host that has one.
    pub fn standby(&self) -> Process {
        eventually_some("the standby is there", || {
            child_named(&self.process, STANDBY)
        })
    }

    /// Ends the host alone, at once.
    pub fn kill(&self) {
        self.process.kill();
    }

    /// Has it call `exit` in the middle of its work.
    pub fn exit(&mut self) {
        self.order("exit");
        self.help_through_wine();
    }

    #[cfg(not(windows))]
    #[expect(clippy::unused_self, reason = "it is helped on Windows")]
    fn help_through_wine(&self) {}

    /// Wine 8 at times stands still in the exit of a process whose threads it ended while they read
    /// from pipes: the last thread waits for a lock of Wine's own that one of them held. Once only
    /// that thread is left, it is helped on.
    #[cfg(windows)]
    fn help_through_wine(&self) {
        if super::is_wine() {
            eventually("the host is in its exit", || {
                super::last_thread::is_all_there_is(self.process.pid)
            });
            self.kill();
        }
    }

    /// Sends a signal to the host alone.
    #[cfg(unix)]
    pub fn signal(&self, signal: i32) {
        self.process.signal(signal);
    }

    /// Waits until no process of this test is left but hosts that were not ended.
    pub fn wait_until_empty(&self) {
        eventually("nothing is left", || {
            processes_of(&self.test.0, &self.test.1).is_empty()
        });
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            // Reaps it; it cannot refuse.
            let _ = self.child.kill().and_then(|()| self.child.wait());
        }
    }
}

fn child_named(parent: &Process, name: &str) -> Option<Process> {
    parent.children().into_iter().find(|p| p.name() == name)
}
