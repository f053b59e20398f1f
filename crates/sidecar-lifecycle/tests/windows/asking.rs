//! Ctrl+Break for programs on another console than their host's, brought by a messenger.

use std::io::{BufRead, BufReader, Write};
use std::os::windows::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Instant;

use sidecar_lifecycle::identity::Identity;

use crate::support::{LIMIT, family, program, wait_for_end};
use crate::wine;

const CREATE_NEW_PROCESS_GROUP: u32 = 0x200;
const CREATE_NO_WINDOW: u32 = 0x0800_0000;
const DETACHED_PROCESS: u32 = 0x8;
const ERROR_NOT_FOUND: i32 = 1168;

/// What a messenger ends with that was sent to somebody who lives. Wine 8 lets it join the hidden
/// console and refuses every Ctrl+Break there, as an invalid handle.
fn end_of_a_messenger() -> i32 {
    const ERROR_INVALID_HANDLE: i32 = 6;
    if wine::is_here() {
        ERROR_INVALID_HANDLE
    } else {
        0
    }
}

/// Somebody on a hidden console of his own, who ends with 0 when he is asked to.
struct Listener {
    child: Child,
    identity: Identity,
}

impl Listener {
    fn new() -> Listener {
        Listener::with(&[])
    }

    fn with(flags: &[&str]) -> Listener {
        let mut child = Command::new(program("fake-sidecar"))
            .args([
                "--no-listen",
                "--max-life",
                "1m",
                "--term-takes",
                "0s",
                "--lines",
                "1",
            ])
            .args(flags)
            .creation_flags(CREATE_NO_WINDOW | CREATE_NEW_PROCESS_GROUP)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("starts");
        let words = BufReader::new(child.stdout.take().expect("piped")).lines();
        // It listens before it says anything.
        assert!(words.map_while(Result::ok).next().is_some(), "it is up");
        let identity = Identity::of(child.id()).expect("it runs");
        Listener { child, identity }
    }

    fn runs(&mut self) -> bool {
        self.child.try_wait().expect("ours").is_none()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = self.child.kill(); // It may have ended.
        let _ = self.child.wait();
    }
}

/// What a messenger ends with that is sent to this address.
fn messenger(to: &str) -> Option<i32> {
    let mut messenger = Command::new(program("fake-host"));
    messenger
        .env("SIDECAR_LIFECYCLE_ASK", to)
        .creation_flags(DETACHED_PROCESS);
    messenger.status().expect("starts").code()
}

fn address(of: &Identity) -> String {
    format!("{} {}", of.pid, of.start)
}

#[test]
fn a_messenger_asks_who_is_on_a_console_of_his_own() {
    let mut listener = Listener::new();
    let to = address(&listener.identity);
    assert_eq!(messenger(&to), Some(end_of_a_messenger()));
    if wine::is_here() {
        assert!(listener.runs(), "Wine has sent nothing");
    } else {
        wait_for_end(&listener.identity);
        assert_eq!(listener.child.wait().expect("ours").code(), Some(0));
    }
}

#[test]
fn a_messenger_asks_nobody_who_has_only_the_number() {
    let mut listener = Listener::new();
    let Identity { pid, start, .. } = listener.identity.clone();
    for to in [
        format!("{pid} {}", start + 1),
        format!("{pid} x"),
        format!("{pid}"),
        format!("{pid} {} {pid} {start}", start + 1),
        format!("{pid} {start} {pid}"),
        "x 1".into(),
        String::new(),
    ] {
        assert_eq!(messenger(&to), Some(ERROR_NOT_FOUND), "{to:?}");
    }
    assert!(listener.runs());
}

#[test]
fn the_group_of_a_dead_leader_is_asked_by_way_of_a_member() {
    let dir = tempfile::tempdir().expect("a folder");
    let pidfile = dir.path().join("pids");
    let flags = ["--fork", "1", "--pidfile", pidfile.to_str().expect("text")];
    let mut leader = Listener::with(&flags);
    let (role, member) = family(&pidfile).swap_remove(0);
    assert_eq!(role, "child");
    leader.child.kill().expect("ours");
    leader.child.wait().expect("ours");
    let to = address(&leader.identity);
    assert_eq!(
        messenger(&to),
        Some(ERROR_NOT_FOUND),
        "nobody else is named"
    );
    assert!(member.is_alive());
    let to = format!("{to} {}", address(&member));
    assert_eq!(messenger(&to), Some(end_of_a_messenger()));
    if wine::is_here() {
        member.signal(9).expect("it runs");
    }
    wait_for_end(&member);
}

/// A host in a process of its own, and what it tells.
struct Host {
    child: Child,
    orders: ChildStdin,
    events: Receiver<String>,
}

impl Host {
    /// One that is created with these flags, and has so many sidecars of this kind, all ready.
    fn new(dir: &Path, creation: u32, count: usize, sidecar: &[&str]) -> Host {
        let mut child = Command::new(program("fake-host"))
            .args(["--log-level", "debug", "--grace", "60000", "--tcp"])
            .args(["--port", "auto", "--count", &count.to_string()])
            .arg("--state-dir")
            .arg(dir.join("state"))
            .arg("--")
            .arg(program("fake-sidecar"))
            .args(["--max-life", "1m"])
            .args(sidecar)
            .creation_flags(creation)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("starts");
        let orders = child.stdin.take().expect("piped");
        let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let (told, events) = mpsc::channel();
        // It ends with the host, whose output ends then.
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let _ = told.send(line); // The test may be over.
            }
        });
        let mut host = Host {
            child,
            orders,
            events,
        };
        for _ in 0..count {
            host.wait(&[r#""event":"ready""#]);
        }
        host
    }

    fn order(&mut self, word: &str) {
        let line = format!("{word}\n");
        self.orders.write_all(line.as_bytes()).expect("it reads");
    }

    /// The first event from here on with all of these words.
    fn wait(&mut self, words: &[&str]) -> String {
        let deadline = Instant::now() + LIMIT;
        let mut seen = Vec::new();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.events.recv_timeout(left) {
                Ok(line) if words.iter().all(|word| line.contains(word)) => return line,
                Ok(line) => seen.push(line),
                Err(e) => panic!("{words:?}: {e} after {seen:#?}"),
            }
        }
    }

    /// Ends its sidecar: by Ctrl+Break, which a messenger has brought. Where Wine has refused that,
    /// it is told so by the messenger, and the sidecar is ended by force.
    fn shut_down(mut self) {
        self.order("shutdown");
        self.force_where_nobody_hears();
        let code = i32::from(wine::is_here()); // 1 is what a job gives those it ends.
        self.wait(&[r#""event":"exited""#, &format!(r#""code":{code}"#)]);
        self.ends_well();
    }

    /// Nobody ends by Ctrl+Break where Wine refuses that, as the messenger tells.
    fn force_where_nobody_hears(&mut self) {
        if wine::is_here() {
            self.wait(&["did not reach the console", "(os error 6)"]);
            self.order("force");
        }
    }

    /// Its output ends with it.
    fn ends_well(&mut self) {
        let deadline = Instant::now() + LIMIT;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.events.recv_timeout(left) {
                Ok(_) => {}
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("it does not end"),
            }
        }
        assert!(self.child.wait().expect("ours").success());
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.child.kill(); // It may have ended.
        let _ = self.child.wait();
    }
}

#[test]
fn a_host_on_no_console_asks_its_sidecar_by_a_messenger() {
    let dir = tempfile::tempdir().expect("a folder");
    Host::new(dir.path(), DETACHED_PROCESS, 1, &["--term-takes", "0s"]).shut_down();
}

/// A console without a window, so that nothing flashes up beside an app and Ctrl+Break has a way.
#[test]
fn no_window_opens_for_the_sidecar_of_a_host_on_no_console() {
    let dir = tempfile::tempdir().expect("a folder");
    let told = dir.path().join("console");
    let flags = ["--tell-console", told.to_str().expect("text")];
    let mut host = Host::new(dir.path(), DETACHED_PROCESS, 1, &flags);
    assert_eq!(std::fs::read_to_string(&told).expect("it is up"), "hidden");
    host.order("shutdown");
    host.order("force");
    host.ends_well();
}

/// As one does that writes to the console of who has started it.
#[test]
fn a_host_that_has_got_a_console_since_asks_its_sidecar_on_its_own() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut host = Host::new(dir.path(), DETACHED_PROCESS, 1, &["--term-takes", "0s"]);
    host.order("join-console");
    host.wait(&["obeyed"]);
    host.shut_down();
}

#[test]
fn a_host_that_has_left_its_console_asks_its_sidecar_on_it() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut host = Host::new(dir.path(), CREATE_NO_WINDOW, 1, &["--term-takes", "0s"]);
    host.order("leave-console");
    host.wait(&["obeyed"]);
    host.shut_down();
}

/// A console that others are on too: a terminal's, or that of a sidecar with sidecars of its own.
#[test]
fn a_messenger_asks_one_group_of_a_console() {
    let dir = tempfile::tempdir().expect("a folder");
    let pidfile = dir.path().join("pids");
    let flags = [
        "--term-takes",
        "0s",
        "--pidfile",
        pidfile.to_str().expect("text"),
    ];
    let mut host = Host::new(dir.path(), CREATE_NO_WINDOW, 2, &flags);
    let [first, second] = <[_; 2]>::try_from(family(&pidfile)).expect("two");
    let (first, second) = (first.1, second.1);
    assert_eq!(messenger(&address(&first)), Some(end_of_a_messenger()));
    if !wine::is_here() {
        wait_for_end(&first);
        host.wait(&[r#""event":"exited""#, r#""code":0"#]);
    }
    assert!(second.is_alive());
    host.order("shutdown");
    host.order("force");
    host.ends_well();
}

/// What is left of a sidecar whose leader has ended by itself.
#[test]
fn a_host_on_no_console_asks_those_whom_a_leader_has_left_behind() {
    let dir = tempfile::tempdir().expect("a folder");
    let pidfile = dir.path().join("pids");
    let flags = [
        "--double-fork",
        "--pidfile",
        pidfile.to_str().expect("text"),
    ];
    let mut host = Host::new(dir.path(), DETACHED_PROCESS, 1, &flags);
    let family = family(&pidfile);
    let [(escapee, left), (_, leader)] = <[_; 2]>::try_from(family).expect("two");
    assert_eq!(escapee, "escapee");
    leader.signal(9).expect("it runs");
    host.wait(&[r#""event":"exited""#]);
    host.force_where_nobody_hears();
    host.wait(&[r#""event":"stopped""#, r#""survivors":0"#]);
    assert!(!left.is_alive());
    host.order("shutdown");
    host.ends_well();
}
