use std::io::Write;
use std::process::{Child, Command, Stdio};

use super::*;

/// A process that lives until its stdin is closed.
fn child() -> Child {
    let mut cat = Command::new("cat");
    cat.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = cat.spawn().expect("cat exists");
    // A spawn returns while exec has yet to write down the name.
    let stdin = child.stdin.as_mut().expect("piped");
    stdin.write_all(b"\n").expect("it reads");
    let stdout = child.stdout.as_mut().expect("piped");
    stdout.read_exact(&mut [0]).expect("it has started");
    child
}

/// Waits for the end of a child and leaves it a zombie.
fn await_zombie(child: &Child) {
    // SAFETY: a siginfo is made of integers, for which zero is a value.
    let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
    let flags = libc::WEXITED | libc::WNOWAIT;
    // SAFETY: `info` is a valid siginfo for the call to fill in.
    let rc = unsafe { libc::waitid(libc::P_PID, child.id(), &raw mut info, flags) };
    assert_eq!(rc, 0, "{}", io::Error::last_os_error());
}

#[test]
fn a_signal_reaches_the_process_that_is_meant() {
    use std::os::unix::process::ExitStatusExt as _;
    let mut child = child();
    let identity = identity_of(child.id()).expect("it runs");
    assert!(is_alive(&identity));
    assert_eq!(
        signal(&identity, libc::SIGTERM).expect("ours"),
        Signalled::Sent
    );
    assert_eq!(child.wait().expect("a child").signal(), Some(libc::SIGTERM));
    assert!(!is_alive(&identity));
}

#[test]
fn whoever_took_the_pid_over_is_not_signalled() {
    let mut child = child();
    let real = identity_of(child.id()).expect("it runs");
    let other_boot = BootId("00000000-0000-0000-0000-000000000000".into());
    for before in [
        Identity {
            start: real.start - 1,
            ..real.clone()
        },
        Identity {
            start: real.start + 1,
            ..real.clone()
        },
        Identity {
            boot: other_boot,
            ..real.clone()
        },
    ] {
        assert!(!is_alive(&before));
        assert_eq!(
            signal(&before, libc::SIGKILL).expect("no error"),
            Signalled::Gone
        );
    }
    assert!(is_alive(&real), "nothing reached it");
    drop(child.stdin.take());
    assert!(
        child.wait().expect("a child").success(),
        "it ended by itself"
    );
}

#[test]
fn zombies_and_gone_processes_are_gone() {
    let mut child = child();
    let identity = identity_of(child.id()).expect("it runs");
    drop(child.stdin.take());
    await_zombie(&child);
    assert!(process(child.id()).expect("still listed").zombie);
    assert_eq!(
        identity_of(child.id()),
        Some(identity.clone()),
        "a zombie keeps its identity"
    );
    assert!(!is_alive(&identity));
    assert_eq!(
        signal(&identity, libc::SIGKILL).expect("no error"),
        Signalled::Gone
    );

    child.wait().expect("a child");
    assert_eq!(process(child.id()), None);
    assert_eq!(
        signal(&identity, libc::SIGKILL).expect("no error"),
        Signalled::Gone
    );
}

/// kill(2) takes 0 for the caller's group and -1 for everybody.
#[test]
fn numbers_that_are_no_pids_signal_nobody() {
    let me = identity_of(std::process::id()).expect("we run");
    for pid in [0, u32::MAX, i32::MAX as u32, 1 << 31] {
        let nobody = Identity { pid, ..me.clone() };
        assert!(!is_alive(&nobody));
        assert_eq!(
            signal(&nobody, libc::SIGKILL).expect("no error"),
            Signalled::Gone,
            "{pid}"
        );
    }
}

#[test]
fn the_table_holds_us_and_our_child() {
    let mut child = child();
    let all = all_processes();
    let of = |pid| all.iter().find(|p| p.pid == pid).expect("listed");
    let (me, it) = (of(std::process::id()), of(child.id()));
    assert_eq!(it.ppid, me.pid);
    assert_eq!((it.pgid, it.sid), (me.pgid, me.sid));
    assert_eq!(it.comm, "cat");
    assert_eq!(Some(it), process(child.id()).as_ref());
    drop(child.stdin.take());
    child.wait().expect("a child");
}

#[test]
fn a_process_is_described_as_it_was_started() {
    let mut command = Command::new("sh");
    command
        .args(["-c", "echo; read line", "name with space", ""])
        .env("MARK", "a=b")
        .env("MARKER", "no");
    let before = SystemTime::now();
    command
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut child = command.spawn().expect("sh exists");
    let pid = child.id();
    // A spawn by vfork returns while exec has yet to write down the arguments.
    let stdout = child.stdout.as_mut().expect("piped");
    stdout.read_exact(&mut [0]).expect("it has started");
    let text = command_line(pid).expect("readable");
    assert_eq!(text, "sh -c 'echo; read line' 'name with space' ''");
    assert_eq!(environ_var(pid, "MARK").as_deref(), Some(b"a=b".as_slice()));
    assert_eq!(environ_var(pid, "MAR"), None);
    assert_eq!(cwd_of(pid), Some(PathBuf::from("/")));
    assert_eq!(uid_of(pid), uid_of(std::process::id()));
    assert!(exe_of(pid).is_some_and(|exe| exe.is_absolute()));
    let started = started_at(pid).expect("readable");
    assert!(
        started + Duration::from_millis(100) > before,
        "ticks are 10 ms"
    );
    assert!(started <= SystemTime::now());
    drop(child.stdin.take());
    child.wait().expect("a child");
    assert_eq!(command_line(pid), None);
}

#[test]
fn memory_is_what_the_kernel_says_and_none_for_nobody() {
    let before = memory_of(std::process::id()).expect("readable");
    let block = vec![1_u8; 32 << 20];
    let after = memory_of(std::process::id()).expect("readable");
    assert!(
        after >= before + (block.len() as u64) / 2,
        "{before} {after}"
    );
    assert_eq!(memory_of(u32::MAX), None);
}
