//! Windows: trees in job objects, from their start to their certain end.
#![cfg(windows)]

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use sidecar_lifecycle::identity::Identity;
use sidecar_lifecycle::{Engine, EventKind, Protection, SidecarConfig, StdinMode};

/// More than anything here takes on a slow machine.
const LIMIT: Duration = Duration::from_secs(20);
const STATE_DIR: &str = "WINDOWS_JOB_STATE_DIR";
const LEAF_FILE: &str = "WINDOWS_JOB_LEAF_FILE";
const UNTIL_EOF: &str = "WINDOWS_JOB_UNTIL_EOF";

/// An engine whose events can be waited for.
struct Watched {
    engine: Engine,
    events: Receiver<EventKind>,
}

impl Watched {
    fn new(state_dir: &Path) -> Watched {
        let engine = Engine::builder("test.app", state_dir)
            .build()
            .expect("starts");
        let (tx, events) = mpsc::channel();
        engine.subscribe(move |event| {
            let _ = tx.send(event.kind.clone()); // The test may be over.
        });
        Watched { engine, events }
    }

    /// The first event for which `pick` has an answer.
    fn wait<T>(&self, pick: impl Fn(&EventKind) -> Option<T>) -> T {
        let deadline = Instant::now() + LIMIT;
        let mut seen = Vec::new();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.events.recv_timeout(left) {
                Ok(kind) => match pick(&kind) {
                    Some(answer) => return answer,
                    None => seen.push(kind),
                },
                Err(e) => panic!("{e} after {seen:#?}"),
            }
        }
    }

    fn stopped(&self) -> Vec<u32> {
        self.wait(|kind| match kind {
            EventKind::Stopped { survivors, .. } => Some(survivors.clone()),
            _ => None,
        })
    }
}

/// This binary in one of the roles below.
fn role(name: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("known"));
    command
        .args(["--exact", name, "--ignored", "--nocapture"])
        .stdin(Stdio::null());
    command
}

/// `cmd /c` with a role below it, so that the tree is two deep at least.
fn tree(name: &str, leaf_file: &Path) -> SidecarConfig {
    let me = std::env::current_exe().expect("known");
    SidecarConfig::builder()
        .name("cmd")
        .args([
            "/d",
            "/c",
            me.to_str().expect("text"),
            "--exact",
            name,
            "--ignored",
            "--nocapture",
        ])
        .env(LEAF_FILE, leaf_file)
        .graceful_shutdown_timeout(Duration::from_millis(300))
        .build()
        .expect("a good configuration")
}

/// The process that the leaf role has said it is.
fn leaf(file: &Path) -> Identity {
    let deadline = Instant::now() + LIMIT;
    loop {
        let text = fs::read_to_string(file).unwrap_or_default();
        if let Some(pid) = text.strip_suffix('\n') {
            return Identity::of(pid.parse().expect("a pid")).expect("it runs");
        }
        assert!(Instant::now() < deadline, "the leaf never started");
        std::thread::yield_now();
    }
}

fn wait_for_end(identity: &Identity) {
    let deadline = Instant::now() + LIMIT;
    while identity.is_alive() {
        assert!(Instant::now() < deadline, "{identity:?} is left");
        std::thread::yield_now();
    }
}

/// Writes the leaf's pid in one piece.
fn tell_pid() {
    let file = std::env::var_os(LEAF_FILE).expect("set by the test");
    let next = Path::new(&file).with_extension("next");
    fs::write(&next, format!("{}\n", std::process::id())).expect("writable");
    fs::rename(&next, &file).expect("same folder");
}

#[test]
#[ignore = "not a test: a process that never ends by itself"]
fn deaf_leaf() {
    if std::env::var_os(LEAF_FILE).is_some() {
        tell_pid();
        loop {
            std::thread::park();
        }
    }
}

#[test]
#[ignore = "not a test: a host with a sidecar, to be killed"]
fn host() {
    let Some(state_dir) = std::env::var_os(STATE_DIR) else {
        return;
    };
    let file = std::env::var_os(LEAF_FILE).expect("set by the test");
    let watched = Watched::new(Path::new(&state_dir));
    watched
        .engine
        .declare("web", tree("deaf_leaf", Path::new(&file)))
        .expect("new");
    watched.engine.start("web").expect("declared");
    loop {
        std::thread::park();
    }
}

#[test]
#[ignore = "not a test: a program that ends when its stdin does"]
fn reader() {
    if std::env::var_os(UNTIL_EOF).is_some() {
        std::io::copy(&mut std::io::stdin(), &mut std::io::sink()).expect("readable");
        println!("stdin has ended");
    }
}

#[test]
fn a_deaf_tree_is_ended_by_force_and_proved_empty() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("leaf");
    let watched = Watched::new(&dir.path().join("state"));
    watched
        .engine
        .declare("web", tree("deaf_leaf", &file))
        .expect("new");
    watched.engine.start("web").expect("declared");
    let (leader, protection) = watched.wait(|kind| match kind {
        EventKind::Spawned {
            pid, protection, ..
        } => Some((*pid, *protection)),
        _ => None,
    });
    assert_eq!(protection, Protection::Kernel);
    let leader = Identity::of(leader).expect("it runs");
    let leaf = leaf(&file);
    assert_ne!(leaf.pid, leader.pid, "the tree is two deep");
    watched
        .engine
        .stop("web", "the test asks")
        .expect("declared");
    assert_eq!(watched.stopped(), Vec::<u32>::new());
    assert!(!leader.is_alive());
    assert!(!leaf.is_alive());
}

#[test]
fn a_host_that_is_killed_takes_its_trees_with_it() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("leaf");
    let mut host: Child = role("host")
        .env(STATE_DIR, dir.path().join("state"))
        .env(LEAF_FILE, &file)
        .stdout(Stdio::null())
        .spawn()
        .expect("starts");
    let leaf = leaf(&file);
    assert!(leaf.is_alive());
    host.kill().expect("ours");
    host.wait().expect("ours");
    wait_for_end(&leaf);
}

/// The leader ends at once; the child that it leaves is found by the job alone.
#[test]
fn what_a_leader_leaves_behind_is_ended() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("leaf");
    let script = dir.path().join("leaves.cmd");
    let me = std::env::current_exe().expect("known");
    let line = format!(
        "@start \"\" /b \"{}\" --exact deaf_leaf --ignored --nocapture\r\n@exit /b 3\r\n",
        me.display()
    );
    fs::write(&script, line).expect("writable");
    let config = SidecarConfig::builder()
        .program(&script)
        .env(LEAF_FILE, &file)
        .graceful_shutdown_timeout(Duration::from_millis(300))
        .build()
        .expect("a good configuration");
    let watched = Watched::new(&dir.path().join("state"));
    watched.engine.declare("web", config).expect("new");
    watched.engine.start("web").expect("declared");
    let code = watched.wait(|kind| match kind {
        EventKind::Exited { code, .. } => Some(*code),
        _ => None,
    });
    assert_eq!(code, Some(3));
    assert_eq!(watched.stopped(), Vec::<u32>::new());
    // It may have been ended before it could say who it is.
    if let Ok(pid) = fs::read_to_string(&file) {
        assert!(Identity::of(pid.trim().parse().expect("a pid")).is_none_or(|i| !i.is_alive()));
    }
}

#[test]
fn a_program_that_reads_is_asked_by_the_end_of_its_stdin_and_its_words_arrive() {
    let dir = tempfile::tempdir().expect("a folder");
    for log in [None, Some(dir.path().join("log"))] {
        let me = std::env::current_exe().expect("known");
        let mut config = SidecarConfig::builder()
            .program(me)
            .args(["--exact", "reader", "--ignored", "--nocapture"])
            .env(UNTIL_EOF, "1")
            .stdin(StdinMode::Silent)
            .graceful_shutdown_timeout(LIMIT);
        if let Some(path) = &log {
            config = config.log_file(path);
        }
        let watched = Watched::new(&dir.path().join("state"));
        watched
            .engine
            .declare("web", config.build().expect("good"))
            .expect("new");
        watched.engine.start("web").expect("declared");
        watched.wait(|kind| matches!(kind, EventKind::Ready { .. }).then_some(()));
        watched
            .engine
            .stop("web", "the test asks")
            .expect("declared");
        assert_eq!(watched.stopped(), Vec::<u32>::new());
        let ring = watched.engine.logs("web").expect("declared");
        let last: Vec<String> = ring.last(100);
        assert!(
            last.iter().any(|l| l.contains("stdin has ended")),
            "{log:?}: {last:?}"
        );
        if let Some(path) = log {
            let text = fs::read_to_string(path).expect("written");
            assert!(text.contains("stdin has ended"), "{text}");
        }
    }
}

/// What a batch file is given arrives, and begins no second command.
#[test]
fn a_batch_file_gets_its_arguments_as_they_are() {
    let dir = tempfile::tempdir().expect("a folder");
    let folder = dir.path().join("a b");
    fs::create_dir(&folder).expect("new");
    let script = folder.join("say.cmd");
    fs::write(&script, "@echo ^>%1\r\n@echo ^>%2\r\n@echo ^>%3\r\n").expect("writable");
    let config = SidecarConfig::builder()
        .program(&script)
        .args(["plain", "two words", "a&echo owned"])
        .build()
        .expect("a good configuration");
    let watched = Watched::new(&dir.path().join("state"));
    watched.engine.declare("web", config).expect("new");
    watched.engine.start("web").expect("declared");
    assert_eq!(watched.stopped(), Vec::<u32>::new());
    let lines: Vec<String> = watched.engine.logs("web").expect("declared").last(100);
    let lines: Vec<&str> = lines.iter().map(|l| l.trim_end()).collect();
    assert_eq!(lines, [">plain", ">\"two words\"", ">\"a&echo owned\""]);
}

#[test]
fn a_program_that_cannot_be_started_says_why() {
    let dir = tempfile::tempdir().expect("a folder");
    let program = dir.path().join("no.exe");
    fs::write(&program, "not a program").expect("writable");
    let config = SidecarConfig::builder()
        .program(&program)
        .build()
        .expect("good");
    let watched = Watched::new(&dir.path().join("state"));
    watched.engine.declare("web", config).expect("new");
    watched.engine.start("web").expect("declared");
    let reason = watched.wait(|kind| match kind {
        EventKind::Failed { reason, .. } => Some(reason.clone()),
        _ => None,
    });
    assert!(
        reason.contains("no.exe") && reason.contains("cannot execute it"),
        "{reason}"
    );
}
