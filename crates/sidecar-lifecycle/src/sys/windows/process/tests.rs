use std::io::Read;
use std::process::{Child, Command, Stdio};

use super::*;

/// A process that waits for input. It runs by now: until then Wine moves its environment about.
fn child() -> Child {
    let mut cmd = Command::new("cmd");
    cmd.args(["/c", "echo up& set /p line="])
        .env("MARK", "a=b")
        .current_dir(std::env::temp_dir());
    let mut child = cmd
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("cmd exists");
    let mut up = [0; 2];
    let stdout = child.stdout.as_mut().expect("piped");
    stdout.read_exact(&mut up).expect("it says so");
    child
}

#[test]
fn a_process_is_described_as_it_was_started() {
    let mut child = child();
    let pid = child.id();
    assert!(command_line(pid).is_some_and(|line| line.contains("set /p line=")));
    assert_eq!(
        environ_var(pid, "mark").as_deref(),
        Some(b"a=b".as_slice()),
        "any case will do"
    );
    assert_eq!(environ_var(pid, "MAR"), None);
    let real = |path: PathBuf| path.canonicalize().expect("exists");
    assert_eq!(cwd_of(pid).map(real), Some(real(std::env::temp_dir())));
    assert!(exe_of(pid).is_some_and(|exe| exe.is_absolute()));
    assert!(started_at(pid).is_some_and(|start| start <= SystemTime::now()));
    assert_eq!(process(pid).map(|p| Some(p.start)), Some(created(pid)));
    assert!(all_processes().iter().any(|p| p.pid == pid));
    child.kill().expect("ours");
    child.wait().expect("a child");
}

#[test]
fn only_the_process_that_is_meant_is_ended() {
    let mut child = child();
    let identity = identity_of(child.id()).expect("it runs");
    let before = Identity {
        start: identity.start - 1,
        ..identity.clone()
    };
    assert_eq!(signal(&before, 9).expect("no error"), Signalled::Gone);
    assert_eq!(signal(&identity, 0).expect("ours"), Signalled::Sent);
    assert!(is_alive(&identity), "nothing reached it");
    assert_eq!(signal(&identity, 9).expect("ours"), Signalled::Sent);
    assert_eq!(child.wait().expect("a child").code(), Some(1));
    assert!(!is_alive(&identity));
    assert_eq!(signal(&identity, 9).expect("no error"), Signalled::Gone);
}
