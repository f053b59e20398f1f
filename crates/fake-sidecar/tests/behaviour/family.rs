//! The processes that the fake makes, as the process table shows them.

use std::fs;
use std::os::unix::process::{CommandExt, ExitStatusExt};

use crate::support::{Fake, block_term, get, is_program, kill, stat, wait_until_gone};

/// Indices into [`stat`].
const PARENT: usize = 1;
const GROUP: usize = 2;
const SESSION: usize = 3;

/// In a group of its own, as a supervisor starts its sidecars.
fn start(args: &str) -> Fake {
    let fake = Fake::start_with(args, |command| {
        command.process_group(0);
    });
    fake.address();
    fake
}

#[test]
fn the_pidfile_names_the_whole_family_once_it_listens() {
    let fake = start("--fork 3 --setsid --double-fork --hold-stdout");
    assert_eq!(fake.pids("leader"), [fake.pid]);
    assert_eq!(fake.pids("child").len(), 3);
    assert_eq!(fake.pids("escapee").len(), 3);
    for pid in [fake.pids("child"), fake.pids("escapee")].concat() {
        assert!(is_program(pid));
    }
}

#[test]
fn children_share_the_group_and_the_parent() {
    let fake = start("--fork 2");
    for pid in fake.pids("child") {
        assert_eq!(stat(pid)[PARENT], fake.pid.to_string());
        assert_eq!(stat(pid)[GROUP], fake.pid.to_string());
    }
    kill(-fake.pid, libc::SIGTERM);
    assert_eq!(fake.exit().signal(), Some(libc::SIGTERM));
    fake.pids("child").into_iter().for_each(wait_until_gone);
}

#[test]
fn children_of_a_deaf_leader_are_deaf_and_outlive_its_kill() {
    let fake = start("--fork 1 --ignore-term");
    kill(-fake.pid, libc::SIGTERM);
    fake.signal(libc::SIGKILL);
    assert_eq!(fake.exit().signal(), Some(libc::SIGKILL));
    let child = fake.pids("child")[0];
    assert!(is_program(child));
    kill(child, libc::SIGKILL);
    wait_until_gone(child);
}

#[test]
fn a_helper_is_a_child_from_the_named_file() {
    let program = env!("CARGO_BIN_EXE_fake-sidecar");
    let fake = start(&format!("--helper {program}"));
    let helper = fake.pids("child")[0];
    assert_eq!(stat(helper)[PARENT], fake.pid.to_string());
    let line = fs::read_to_string(format!("/proc/{helper}/cmdline")).unwrap();
    assert!(line.starts_with(&format!("{program}\0")), "{line:?}");
}

#[test]
fn who_respawns_is_deaf_and_his_child_is_not() {
    let fake = Fake::start("--respawn=--port=0");
    let child = || {
        let answer = get(&fake.address(), "/");
        let pid = answer.split_once("pid ").unwrap().1;
        pid.split_whitespace().next().unwrap().parse().unwrap()
    };
    let first: i32 = child();
    fake.signal(libc::SIGTERM);
    kill(first, libc::SIGTERM);
    let second = child();
    assert_ne!(first, second);
    assert!(fake.lives());
    fake.signal(libc::SIGKILL);
    kill(second, libc::SIGKILL);
}

#[test]
fn a_setsid_escapee_leaves_parent_group_and_session() {
    let fake = start("--setsid");
    let escapee = fake.pids("escapee")[0];
    let (ours, leader) = (stat(escapee), stat(fake.pid));
    assert_ne!(ours[PARENT], fake.pid.to_string());
    assert_ne!(ours[GROUP], leader[GROUP]);
    assert_ne!(ours[SESSION], leader[SESSION]);
    kill(-fake.pid, libc::SIGKILL);
    fake.exit();
    assert!(is_program(escapee), "killing the group misses it");
}

#[test]
fn a_double_forked_escapee_leaves_the_parent_only() {
    let fake = start("--double-fork");
    let (ours, leader) = (stat(fake.pids("escapee")[0]), stat(fake.pid));
    assert_ne!(ours[PARENT], fake.pid.to_string());
    assert_eq!(ours[GROUP], leader[GROUP]);
    assert_eq!(ours[SESSION], leader[SESSION]);
}

#[test]
fn escapees_hear_term_unless_told_otherwise() {
    // A deaf leader passes nothing on to its escapees.
    let fake = start("--setsid --ignore-term");
    kill(fake.pids("escapee")[0], libc::SIGTERM);
    wait_until_gone(fake.pids("escapee")[0]);

    let deaf = start("--setsid --escapee-ignores-term");
    let escapee = deaf.pids("escapee")[0];
    kill(escapee, libc::SIGTERM);
    let ignored = fs::read_to_string(format!("/proc/{escapee}/status")).unwrap();
    let mask = ignored
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .unwrap();
    let mask = u64::from_str_radix(mask.trim(), 16).unwrap();
    assert_ne!(mask & (1 << (libc::SIGTERM - 1)), 0);
    assert!(is_program(escapee));
}

#[test]
fn an_escapee_may_have_no_descriptor_and_no_environment() {
    let fake = Fake::start_with("--setsid --close-fds --wipe-env", |command| {
        command.env("MARKER", "x");
    });
    fake.address();
    let escapee = fake.pids("escapee")[0];
    assert_eq!(fs::read(format!("/proc/{escapee}/environ")).unwrap(), b"");
    // It says that it is up before it closes: wait for the last one to go.
    let fds = format!("/proc/{escapee}/fd");
    while fs::read_dir(&fds).unwrap().count() > 0 {
        assert!(is_program(escapee));
        std::thread::yield_now();
    }
    let leader = fs::read(format!("/proc/{}/environ", fake.pid)).unwrap();
    assert!(leader.windows(8).any(|part| part == b"MARKER=x"));
}

#[test]
fn stdout_stays_open_only_with_a_holder() {
    let free = start("--setsid --double-fork");
    free.signal(libc::SIGKILL);
    assert_eq!(free.line(), None, "end of file comes with the leader's end");

    let held = start("--hold-stdout --close-fds");
    held.signal(libc::SIGKILL);
    held.exit();
    let holder = held.pids("escapee")[0];
    let target = fs::read_link(format!("/proc/{holder}/fd/1")).unwrap();
    assert!(
        target.to_string_lossy().starts_with("pipe:"),
        "{}",
        target.display()
    );
    kill(holder, libc::SIGTERM);
    assert_eq!(held.line(), None);
}

#[test]
fn a_blocked_signal_mask_is_not_repaired() {
    let fake = Fake::start_with("--term-takes 0ms", |command| {
        // SAFETY: between fork and exec it only calls `sigprocmask` on locals.
        unsafe { command.pre_exec(block_term) };
    });
    let address = fake.address();
    fake.signal(libc::SIGTERM);
    assert!(get(&address, "/").contains("pid "));
    assert!(fake.lives());
}
