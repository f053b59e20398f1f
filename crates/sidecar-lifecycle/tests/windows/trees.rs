//! Trees in job objects.

use std::fs;
use std::time::Duration;

use sidecar_lifecycle::identity::Identity;
use sidecar_lifecycle::{EventKind, Protection, SidecarConfig};

use crate::support::{Watched, family, program, server};

#[test]
fn a_deaf_tree_is_ended_by_force_and_proved_empty() {
    let dir = tempfile::tempdir().expect("a folder");
    let pidfile = dir.path().join("pids");
    let path = pidfile.to_str().expect("text");
    // Two children, and one whose parent has gone: its ancestry leads nowhere.
    let flags = [
        "--pidfile",
        path,
        "--fork",
        "2",
        "--double-fork",
        // And one who asks to be let out of the job.
        "--setsid",
        "--ignore-term",
    ];
    let config = server(&flags).graceful_shutdown_timeout(Duration::from_millis(300));
    let watched = Watched::start(dir.path(), config);
    let protection = watched.wait(|kind| match kind {
        EventKind::Spawned { protection, .. } => Some(*protection),
        _ => None,
    });
    assert_eq!(protection, Protection::Kernel);
    watched.ready();
    let family = family(&pidfile);
    let roles: Vec<&str> = family.iter().map(|(role, _)| role.as_str()).collect();
    assert_eq!(roles, ["child", "child", "escapee", "escapee", "leader"]);
    watched.stop();
    watched.stopped();
    for (role, process) in family {
        assert!(!process.is_alive(), "{role} lives");
    }
}

/// The leader ends by itself; who is left is found by the job alone.
#[test]
fn what_a_leader_leaves_behind_is_ended() {
    let dir = tempfile::tempdir().expect("a folder");
    let pidfile = dir.path().join("pids");
    let script = dir.path().join("leaves.cmd");
    let line = format!(
        "@\"{}\" --pidfile \"{}\" --double-fork --exit-early 0\r\n@exit /b 3\r\n",
        program("fake-sidecar").display(),
        pidfile.display(),
    );
    fs::write(&script, line).expect("writable");
    let config = SidecarConfig::builder()
        .program(&script)
        .graceful_shutdown_timeout(Duration::from_millis(300));
    let watched = Watched::start(dir.path(), config);
    assert_eq!(watched.exited(), Some(3));
    watched.stopped();
    let text = fs::read_to_string(&pidfile).expect("written");
    let escapee = text
        .lines()
        .find_map(|l| l.strip_prefix("escapee "))
        .expect("made");
    let pid = escapee.parse().expect("a pid");
    // Whoever holds a handle on it keeps its number from being given to another.
    assert!(Identity::of(pid).is_none_or(|escapee| !escapee.is_alive()));
}
