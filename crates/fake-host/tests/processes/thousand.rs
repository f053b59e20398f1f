//! A thousand sidecars of one host.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use fake_host::testing::{Host, Process, Setup, eventually, kill, reaches};

use crate::support::{HOST, args_for, start_command};

const MANY: usize = 1000;
/// What the host may have while it looks after all of them.
const MAX_THREADS: usize = 6;
/// Resident: all that is in memory for host and guardian, their programs and libraries included.
const MAX_MIB: u64 = 40;

fn threads(process: &Process) -> usize {
    let tasks = fs::read_dir(format!("/proc/{}/task", process.pid)).expect("it runs");
    tasks.count()
}

fn resident_kib(process: &Process) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", process.pid)).expect("it runs");
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:"));
    let kib = line.and_then(|l| l.split_whitespace().next()?.parse().ok());
    kib.expect("a number")
}

fn assert_modest(host: &Host, guardian: &Process, when: &str) {
    let (threads, helpers) = (threads(&host.process), threads(guardian));
    assert!(threads <= MAX_THREADS, "{when}: {threads} threads");
    assert_eq!(helpers, 1, "{when}: threads of the guardian");
    let [host, guardian] = [&host.process, guardian].map(resident_kib);
    assert!(
        host + guardian <= MAX_MIB * 1024,
        "{when}: {host} KiB and {guardian} KiB of the guardian"
    );
}

#[test]
fn a_thousand_sidecars_need_few_threads_and_little_memory_and_do_not_touch_each_other() {
    let setup = Setup::new();
    // As on most desktops, a program may begin with 1024 descriptors.
    let launcher = "ulimit -Sn 1024; exec \"$0\" \"$@\"";
    let mut words: Vec<OsString> = ["-c", launcher, HOST].map(Into::into).into();
    let command = ["sleep", "1000"].map(Into::into).into();
    let flags = format!("--count {MANY} --restart");
    words.extend(args_for(&setup, &flags, command));
    let mut host = setup.start(Path::new("sh"), words);
    let guardian = host.guardian();
    reaches("all are ready", MANY, || host.count("ready"));
    assert_modest(&host, &guardian, "all are ready");
    // `ready` is not the last that a start tells: it is preparing, starting, and after that ready.
    let phases = || host.count("phase_changed");
    reaches("all are told of", MANY * 3, phases);

    let before = host.lines().len();
    let spawned = host.all("spawned");
    let one = spawned.iter().find(|e| e["sidecar"] == "web-500");
    let pid = one.expect("it runs")["pid"].as_i64().expect("a pid");
    kill(pid as i32, libc::SIGKILL);
    eventually("it runs again", || host.count("ready") == MANY + 1);
    let mut since = host.events().into_iter().skip(before);
    assert!(since.all(|e| e["sidecar"] == "web-500"));
    assert_modest(&host, &guardian, "one has crashed");

    host.order("shutdown");
    reaches("all are down", MANY + 1, || host.count("stopped"));
    assert!(host.end().success());
    assert!(host.all("stopped").iter().all(|e| e["survivors"] == 0));
    host.wait_until_empty();
}

/// Each of them was asked by a look at the whole process table, one after the other: the last one
/// served on for seconds after its host had died.
#[test]
fn a_thousand_sidecars_end_with_a_killed_host() {
    let setup = Setup::new();
    let command = ["sleep", "1000"].map(Into::into).into();
    let flags = format!("--count {MANY} --grace 60000");
    let mut host = start_command(&setup, &flags, command);
    reaches("all are ready", MANY, || host.count("ready"));
    host.kill();
    host.end();
    let before = setup.survivors().len();
    let gone = || before - setup.survivors().len();
    reaches("nothing is left", before, gone);
}
