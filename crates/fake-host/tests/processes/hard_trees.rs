//! Trees that make it hard to end them, and what a sidecar is given and not given.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use fake_host::testing::{Host, Setup, fake_sidecar, reaches};

use crate::support::{HOST, args_for, start_command};

/// A shell that runs `script` and becomes a server which the host can see ready.
fn shell(setup: &Setup, script: &str) -> Vec<OsString> {
    let family = setup.family("pids");
    let script = format!("{script}\nexec \"$0\" --max-life 3m --ignore-term --pidfile \"$1\"");
    let mut command: Vec<OsString> = ["sh", "-c", &script].map(Into::into).into();
    command.extend([fake_sidecar().into(), family.file().into()]);
    command
}

/// Ends in good order and by SIGKILL of the host.
fn both_ways(script: &str) {
    let ends: [fn(&mut Host); 2] = [|host| host.order("shutdown"), |host| host.kill()];
    for end in ends {
        let setup = Setup::new();
        let command = shell(&setup, script);
        let mut host = start_command(&setup, "--port auto --http / --grace 200", command);
        host.ready();
        end(&mut host);
        host.end();
        host.wait_until_empty();
    }
}

#[test]
fn a_tree_that_goes_on_making_escapees() {
    both_ways("trap '' TERM; (while :; do setsid sleep 60 & sleep 0.01; done) &");
}

/// Nobody in it lives long enough to be found twice.
#[test]
fn a_tree_that_passes_itself_on() {
    both_ways("trap '' TERM; relay() { sleep 0.01; relay & }; relay &");
}

/// Each link leaves its session and ends within a millisecond, about when the table is read.
/// The chain is long but has an end, so that a failure leaves no runaway.
#[test]
fn a_tree_that_passes_itself_on_without_a_pause() {
    let relay = "for (1..20000) { select(undef, undef, undef, 0.0003); \
                 fork and POSIX::_exit(0); setsid }";
    let script = format!("trap '' TERM; perl -MPOSIX=setsid -e '{relay}' &");
    let setup = Setup::new();
    let command = shell(&setup, &script);
    let mut host = start_command(&setup, "--port auto --http / --grace 200", command);
    host.ready();
    host.order("shutdown");
    host.end();
    assert_eq!(host.next_after_end("stopped")["survivors"], 0);
    host.wait_until_empty();
}

#[test]
fn a_tree_of_many() {
    both_ways("for i in $(seq 100); do sleep 60 & setsid sleep 60 & done");
}

/// What it prints.
fn log_of(script: &str, adjust: impl FnOnce(&mut std::process::Command)) -> String {
    let setup = Setup::new();
    let log = setup.path("log");
    let flags = format!("--log {}", log.display());
    let command = ["sh", "-c", script].map(Into::into).into();
    let mut host = setup.start_with(Path::new(HOST), args_for(&setup, &flags, command), adjust);
    host.next("stopped");
    fs::read_to_string(log).expect("a log")
}

/// With and without a guardian, which has a way of its own to spawn.
#[test]
fn a_sidecar_gets_no_descriptors_signals_or_limits_of_ours() {
    gets_nothing_of_ours("");
    gets_nothing_of_ours("--no-guardian");
}

fn gets_nothing_of_ours(flags: &str) {
    let setup = Setup::new();
    let log = setup.path("log");
    let script = "ls /proc/$$/fd; ulimit -n; exec grep -E 'Sig(Blk|Ign)' /proc/self/status";
    let command = ["sh", "-c", script].map(Into::into).into();
    // A careless launcher: an open descriptor, a low limit, a signal that is ignored.
    let launcher = "trap '' USR1; ulimit -Sn 300; exec 9</dev/null; exec \"$0\" \"$@\"";
    let mut words: Vec<OsString> = ["-c", launcher, HOST].map(Into::into).into();
    words.extend(args_for(
        &setup,
        &format!("{flags} --log {}", log.display()),
        command,
    ));
    let mut host = setup.start(Path::new("sh"), words);
    host.next("stopped");
    assert!(open_files(host.process.pid) > 300, "it has raised its own");
    let log = fs::read_to_string(log).expect("a log");
    let lines: Vec<&str> = log.lines().collect();
    assert_eq!(&lines[..4], ["0", "1", "2", "300"], "{log}");
    for line in &lines[4..] {
        let mask = line.split_whitespace().nth(1).expect("a mask");
        let mask = u64::from_str_radix(mask, 16).expect("hexadecimal");
        // 32 and 33 belong to the C library, which lets nobody touch them.
        assert_eq!(mask & !(0b11 << 31), 0, "{line}");
    }
}

/// The soft limit on descriptors of a process.
fn open_files(pid: i32) -> u64 {
    let limits = fs::read_to_string(format!("/proc/{pid}/limits")).expect("it runs");
    let line = limits
        .lines()
        .find_map(|l| l.strip_prefix("Max open files"));
    let soft = line.and_then(|l| l.split_whitespace().next()?.parse().ok());
    soft.expect("a number")
}

/// Whoever spawns in the guardian's place knew of no limit to give back.
#[test]
fn a_sidecar_gets_its_old_limit_back_after_the_guardians_death_too() {
    let setup = Setup::new();
    let launcher = "ulimit -Sn 300; exec \"$0\" \"$@\"";
    let mut words: Vec<OsString> = ["-c", launcher, HOST].map(Into::into).into();
    let command = ["sleep", "1000"].map(Into::into).into();
    words.extend(args_for(&setup, "", command));
    let mut host = setup.start(Path::new("sh"), words);
    let leader = |event: &serde_json::Value| event["pid"].as_i64().expect("a pid") as i32;
    assert_eq!(open_files(leader(&host.next("ready"))), 300);
    host.guardian().kill();
    host.next("protection_lost");
    host.next("stopped");
    host.order("start");
    assert_eq!(open_files(leader(&host.next("ready"))), 300);
    host.order("shutdown");
    host.end();
    host.wait_until_empty();
}

/// Without a guardian it was for the host to raise its limit, and none did.
#[test]
fn a_host_without_a_guardian_has_room_for_many_sidecars() {
    const MANY: usize = 100;
    let setup = Setup::new();
    let launcher = "ulimit -Sn 64; exec \"$0\" \"$@\"";
    let mut words: Vec<OsString> = ["-c", launcher, HOST].map(Into::into).into();
    let command = ["sleep", "1000"].map(Into::into).into();
    let flags = format!("--no-guardian --count {MANY}");
    words.extend(args_for(&setup, &flags, command));
    let mut host = setup.start(Path::new("sh"), words);
    reaches("all are ready", MANY, || host.count("ready"));
    host.order("shutdown");
    host.end();
    host.wait_until_empty();
}

#[test]
fn a_large_environment_arrives_whole() {
    let big = "x".repeat(100_000);
    let names: Vec<String> = (0..12).map(|n| format!("BIG_{n}")).collect();
    let lengths = names
        .iter()
        .map(|n| format!("${{#{n}}}"))
        .collect::<Vec<_>>()
        .join(" ");
    let log = log_of(&format!("echo {lengths}"), |command| {
        command.envs(names.iter().map(|n| (n, &big)));
    });
    assert_eq!(log.trim(), ["100000"; 12].join(" "));
}
