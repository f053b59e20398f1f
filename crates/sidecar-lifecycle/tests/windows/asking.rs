//! Ctrl+Break for programs on a console of their own. The host is one with windows: on no console.

use std::io::{BufRead, BufReader, Write};
use std::os::windows::process::CommandExt;
use std::process::{Child, Command, Stdio};

use sidecar_lifecycle::identity::Identity;

use crate::support::{program, wait_for_end};
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

#[test]
fn a_messenger_asks_who_is_on_a_console_of_his_own() {
    let mut listener = Listener::new();
    let to = format!("{} {}", listener.identity.pid, listener.identity.start);
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
        "x 1".into(),
        String::new(),
    ] {
        assert_eq!(messenger(&to), Some(ERROR_NOT_FOUND), "{to:?}");
    }
    assert!(listener.runs());
}

#[test]
fn a_host_on_no_console_asks_its_sidecar_by_a_messenger() {
    let dir = tempfile::tempdir().expect("a folder");
    // Force has to come only where Ctrl+Break is not had at all.
    let grace = if wine::is_here() { "500" } else { "60000" };
    let mut host = Command::new(program("fake-host"))
        .args(["--grace", grace, "--tcp", "--port", "auto", "--state-dir"])
        .arg(dir.path().join("state"))
        .arg("--")
        .arg(program("fake-sidecar"))
        .args(["--max-life", "1m", "--term-takes", "0s"])
        .creation_flags(DETACHED_PROCESS)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("starts");
    let mut orders = host.stdin.take().expect("piped");
    let events = BufReader::new(host.stdout.take().expect("piped")).lines();
    let mut events = events.map_while(Result::ok);
    let is_ready = |line: String| line.contains(r#""event":"ready""#);
    assert!(events.any(is_ready), "its sidecar is ready");
    orders.write_all(b"shutdown\n").expect("it reads");
    let exited = events.find(|line| line.contains(r#""event":"exited""#));
    let code = i32::from(wine::is_here()); // 1 is what a job gives those it ends.
    let exited = exited.expect("its sidecar has ended");
    assert!(exited.contains(&format!(r#""code":{code}"#)), "{exited}");
    assert!(host.wait().expect("ours").success());
}
