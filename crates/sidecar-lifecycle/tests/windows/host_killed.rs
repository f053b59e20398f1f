//! A host that is killed, or ends without a word.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use sidecar_lifecycle::identity::Identity;

use crate::support::{LIMIT, Watched, family, program, server, wait_for_end};

/// A host whose sidecar is ready, and everyone in that sidecar's tree.
fn host(dir: &Path) -> (Child, Vec<(String, Identity)>) {
    let pidfile = dir.join("pids");
    let mut host = Command::new(program("fake-host"))
        .args([
            "--app-id",
            "test.app",
            "--tcp",
            "--port",
            "auto",
            "--state-dir",
        ])
        .arg(dir.join("state"))
        .arg("--")
        .arg(program("fake-sidecar"))
        .args(["--fork", "1", "--double-fork", "--ignore-term", "--pidfile"])
        .arg(&pidfile)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("starts");
    let events = BufReader::new(host.stdout.take().expect("piped")).lines();
    let is_ready = |line: &String| line.contains(r#""event":"ready""#);
    events
        .map_while(Result::ok)
        .find(is_ready)
        .expect("its sidecar is ready");
    (host, family(&pidfile))
}

/// State files of instances. The ports that were used last are remembered in another.
fn papers(dir: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(dir.join("state")).expect("there").flatten();
    files
        .map(|file| file.path())
        .filter(|path| !path.ends_with("ports.json"))
        .collect()
}

#[test]
fn a_host_that_is_killed_takes_its_trees_with_it() {
    let dir = tempfile::tempdir().expect("a folder");
    let (mut host, family) = host(dir.path());
    assert_eq!(family.len(), 3);
    host.kill().expect("ours");
    host.wait().expect("ours");
    for (_, process) in &family {
        wait_for_end(process);
    }
    assert_ne!(papers(dir.path()), Vec::<PathBuf>::new());

    // The next start puts away the papers of the one that is dead, and has none of its own at its
    // orderly end.
    let next = Watched::start(dir.path(), server(&[]));
    next.ready();
    next.stop();
    next.stopped();
    assert!(next.engine.shutdown("the test is over", LIMIT).complete);
    drop(next);
    assert_eq!(papers(dir.path()), Vec::<PathBuf>::new());
}

#[test]
fn a_host_that_aborts_takes_its_trees_with_it() {
    let dir = tempfile::tempdir().expect("a folder");
    let (mut host, family) = host(dir.path());
    let mut orders = host.stdin.take().expect("piped");
    orders.write_all(b"abort\n").expect("it reads");
    assert!(!host.wait().expect("ours").success());
    for (_, process) in &family {
        wait_for_end(process);
    }
}
