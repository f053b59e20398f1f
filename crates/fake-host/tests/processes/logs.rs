//! The log file is whole, whatever becomes of the host, and its trouble is nobody else's.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::Command;

use fake_host::testing::{Family, Host, Setup, eventually};

use crate::support::{HOST, args, assert_nothing_left};

/// Starts a host with a log file in the test's folder.
fn start(setup: &Setup, flags: &str, family: &Family, sidecar: &str) -> Host {
    let flags = format!(
        "--log {} --port auto --http / {flags}",
        setup.path("log").display()
    );
    setup.start(Path::new(HOST), args(setup, &flags, family, sidecar))
}

fn log(setup: &Setup, name: &str) -> String {
    // Bytes that are no text would be replaced, and so be found by who compares.
    String::from_utf8_lossy(&fs::read(setup.path(name)).unwrap_or_default()).into_owned()
}

#[test]
fn nothing_is_missing_from_the_log_of_a_killed_host() {
    /// Whole lines: 80 bytes each.
    const BYTES: usize = 8_000_000;
    let setup = Setup::new();
    let family = setup.family("pids");
    let flood = format!("--ignore-term --flood {BYTES}");
    let mut host = start(&setup, "--grace 2500", &family, &flood);
    eventually("the flood has begun", || log(&setup, "log").len() > 10_000);
    host.signal(libc::SIGKILL);
    host.end();
    host.wait_until_empty();
    let log = log(&setup, "log");
    assert!(!log.contains('\0'), "there is a hole");
    let numbers = log.lines().filter_map(|line| {
        line.strip_prefix("flood ")?
            .get(..12)?
            .parse::<usize>()
            .ok()
    });
    let expected: Vec<usize> = (0..BYTES / 80).collect();
    assert!(
        numbers.eq(expected),
        "a line is missing, torn, doubled or out of order"
    );
}

#[test]
fn each_launch_begins_a_log_and_keeps_the_last_one() {
    let setup = Setup::new();
    for launch in 1..=3 {
        let family = setup.family(&format!("pids-{launch}"));
        let mut host = start(&setup, "", &family, &format!("--print-url launch-{launch}"));
        host.ready();
        host.order("restart");
        host.next("stopped");
        host.ready();
        host.order("shutdown");
        host.end();
        let log = log(&setup, "log");
        let told = format!("launch-{launch}");
        assert_eq!(
            log.matches(&told).count(),
            2,
            "a restart goes on in the same file: {log}"
        );
        assert_eq!(log.matches("launch-").count(), 2, "{log}");
    }
    assert_eq!(log(&setup, "log.prev").matches("launch-2").count(), 2);
}

#[test]
fn both_streams_are_in_the_log_and_in_what_a_failure_tells() {
    let setup = Setup::new();
    let family = setup.family("pids");
    let mut host = start(
        &setup,
        "",
        &family,
        "--lines 2 --flood 160/stderr --exit-early 7",
    );
    let failed = host.next("failed");
    let lines = failed["last_lines"].as_array().expect("lines");
    assert!(lines.iter().any(|l| l == "line 2"), "{failed}");
    assert!(
        lines
            .iter()
            .any(|l| l.as_str().is_some_and(|l| l.starts_with("flood 000"))),
        "{failed}"
    );
    assert_eq!(log(&setup, "log").lines().count(), 4);
}

/// Writing fails; the sidecar lives on, is told of once, and ends as always.
fn goes_on_without_a_log(setup: &Setup, mut host: Host, family: &Family) {
    host.ready();
    host.wait_for("log_trouble");
    family.wait_for(1);
    host.order("restart");
    host.next("stopped");
    host.ready();
    host.order("shutdown");
    host.end();
    let troubles = host.all("log_trouble");
    assert!(
        troubles.len() <= 2,
        "once a run, not once a line: {}",
        troubles.len()
    );
    assert!(troubles[0]["reason"].is_string());
    assert!(
        host.all("protection_lost").is_empty(),
        "{:#?}",
        host.lines()
    );
    assert_nothing_left(setup, family);
}

#[test]
fn a_log_that_may_not_grow_does_not_hurt_anybody() {
    let setup = Setup::new();
    let family = setup.family("pids");
    let flags = format!("--log {} --port auto --http /", setup.path("log").display());
    let mut words: Vec<OsString> = vec!["--fsize=100000".into(), HOST.into()];
    words.extend(args(&setup, &flags, &family, "--flood 4M"));
    let host = setup.start(Path::new("prlimit"), words);
    goes_on_without_a_log(&setup, host, &family);
    assert!(fs::metadata(setup.path("log")).expect("it exists").len() <= 100_000);
}

#[test]
fn a_full_disk_does_not_hurt_anybody() {
    // A small disk of its own, in a mount namespace of its own: gone with the host.
    const AS_ROOT: &[&str] = &["--mount"];
    const AS_USER: &[&str] = &["--user", "--map-root-user", "--mount"];
    const MOUNT: &str = r#"mount -t tmpfs -o size=128k none "$0" && exec "$@""#;
    let works = |namespace: &&&[&str]| {
        let mut unshare = Command::new("unshare");
        unshare
            .args(**namespace)
            .args(["sh", "-c", MOUNT, "/mnt", "true"]);
        unshare.output().is_ok_and(|out| out.status.success())
    };
    let Some(namespace) = [AS_ROOT, AS_USER].iter().find(works).copied() else {
        // Nothing can be mounted here; the test above covers the same code with another errno.
        return;
    };
    let setup = Setup::new();
    let family = setup.family("pids");
    let disk = setup.path("disk");
    fs::create_dir(&disk).expect("a folder");
    let flags = format!("--log {} --port auto --http /", disk.join("log").display());
    let mut words: Vec<OsString> = namespace.iter().map(Into::into).collect();
    words.extend(["sh", "-c", MOUNT].map(Into::into));
    words.extend([disk.into_os_string(), HOST.into()]);
    words.extend(args(&setup, &flags, &family, "--flood 4M"));
    let host = setup.start(Path::new("unshare"), words);
    goes_on_without_a_log(&setup, host, &family);
}
