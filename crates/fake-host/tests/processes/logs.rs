//! The log file is whole, whatever becomes of the host.

use std::fs;
use std::path::Path;

use fake_host::testing::{Family, Host, Process, Setup, eventually};

use crate::support::{HOST, args};

/// Starts a host with a log file in the test's folder.
pub(crate) fn start(setup: &Setup, flags: &str, family: &Family, sidecar: &str) -> Host {
    let flags = format!(
        "--log {} --port auto --http / {flags}",
        setup.path("log").display()
    );
    setup.start(Path::new(HOST), args(setup, &flags, family, sidecar))
}

pub(crate) fn log(setup: &Setup, name: &str) -> String {
    // Bytes that are no text would be replaced, and so be found by who compares.
    String::from_utf8_lossy(&fs::read(setup.path(name)).unwrap_or_default()).into_owned()
}

/// The sidecar itself.
pub(crate) fn leader(family: &Family) -> Process {
    family.wait_for(1).remove(0)
}

/// The numbers of the flood's lines that are whole.
pub(crate) fn flood_numbers(log: &str) -> impl Iterator<Item = usize> {
    log.lines().filter_map(|line| {
        let number = line.strip_prefix("flood ")?.strip_suffix(&".".repeat(60))?;
        number.strip_suffix(' ')?.parse().ok()
    })
}

/// So many bytes of the flood are there, and nothing else looks like it.
#[track_caller]
pub(crate) fn assert_flood_is_whole(log: &str, bytes: usize) {
    assert!(!log.contains('\0'), "there is a hole");
    assert!(
        flood_numbers(log).eq(0..bytes / 80),
        "a line is missing, torn, doubled or out of order"
    );
    assert_eq!(
        log.matches("flood").count(),
        bytes / 80,
        "a torn line is left"
    );
}

/// On Windows the tree ends in the same instant, and what it would have said is never said.
#[cfg(unix)]
#[test]
fn nothing_is_missing_from_the_log_of_a_killed_host() {
    /// Whole lines: 80 bytes each.
    const BYTES: usize = 8_000_000;
    let setup = Setup::new();
    let family = setup.family("pids");
    // It ends by itself when all is said: no grace has to be long enough for that.
    let flood = format!("--ignore-term --flood {BYTES} --exit-early 0");
    let mut host = start(&setup, "--grace 60000", &family, &flood);
    eventually("the flood has begun", || log(&setup, "log").len() > 10_000);
    host.kill();
    host.end();
    host.wait_until_empty();
    assert_flood_is_whole(&log(&setup, "log"), BYTES);
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

#[test]
fn what_is_no_text_and_what_never_ends_is_kept_byte_for_byte() {
    let setup = Setup::new();
    let family = setup.family("pids");
    let flags = "--invalid-utf8 --endless-line 200k --exit-early 7";
    let mut host = start(&setup, "", &family, flags);
    let failed = host.next("failed");
    let mut expected = b"not utf-8: \xff\xfe\x80 end\n".to_vec();
    expected.extend(b"e".repeat(200 << 10));
    assert!(fs::read(setup.path("log")).expect("a log") == expected);
    let told = failed["last_lines"].as_array().expect("lines");
    if cfg!(windows) {
        // As what they are in the code page of the consoles.
        let line = told[0].as_str().expect("text");
        assert!(
            line.starts_with("not utf-8: ") && line.ends_with(" end"),
            "{line}"
        );
    } else {
        assert_eq!(told[0], "not utf-8: \u{fffd}\u{fffd}\u{fffd} end");
    }
    let lengths: Vec<usize> = told[1..]
        .iter()
        .map(|line| line.as_str().map_or(0, str::len))
        .collect();
    assert_eq!(
        lengths,
        [65_536, 65_536, 65_536, 8_192],
        "a line is bounded"
    );
}

/// Each with an end of its own, they would write over each other.
#[test]
fn two_sidecars_may_share_a_log() {
    const BYTES: usize = if cfg!(windows) { 500_000 } else { 2_000_000 };
    let setup = Setup::new();
    let family = setup.family("pids");
    let flags = "--count 2 --log-limit 100000 --log-files 999";
    let mut host = start(&setup, flags, &family, &format!("--flood {BYTES}"));
    host.ready();
    host.ready();
    let all = || crate::log_rotation::files(&setup, "log").concat();
    // Their lines may stand in each other: the bytes are moved, not read.
    eventually("all is there", || {
        all().matches('\n').count() >= BYTES / 80 * 2 + 2
    });
    host.order("shutdown");
    host.end();
    let all = all();
    let rest = 2 * "listening on http://127.0.0.1:12345/\n".len();
    assert_eq!(all.len(), 2 * BYTES + rest);
    let dots = all.bytes().filter(|b| *b == b'.').count();
    assert_eq!(dots, BYTES / 80 * 60 * 2 + 2 * 3);
}
