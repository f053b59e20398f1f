//! Rotation loses no line and cuts none.

use fake_host::testing::{Setup, is_wine};

use crate::logs::{assert_flood_is_whole, flood_numbers, log, start};

/// Whole lines: 80 bytes each. Wine's pipes are slow.
pub(crate) const BYTES: usize = if cfg!(windows) { 1_000_000 } else { 4_000_000 };
/// Far more files than `BYTES` fill.
pub(crate) const SMALL: &str = "--log-limit 100000 --log-files 999";

/// The files of a log, oldest first, the one that is written last.
pub(crate) fn files(setup: &Setup, name: &str) -> Vec<String> {
    let rotated = (1..).map(|n| format!("{name}.{n}"));
    let mut files: Vec<String> = rotated
        .take_while(|name| setup.path(name).exists())
        .map(|name| log(setup, &name))
        .collect();
    files.reverse();
    files.push(log(setup, name));
    files
}

/// All of the flood is there, in files that each end with a line.
#[track_caller]
pub(crate) fn assert_whole(files: &[String]) {
    assert_flood_is_whole(&files.concat(), BYTES);
    let least = BYTES / 100_000 * 3 / 4;
    assert!(files.len() > least, "it was rotated: {}", files.len());
    for file in &files[..files.len() - 1] {
        assert!(file.ends_with('\n'), "a line is cut");
        // The line that reaches the limit is the last, but for a line that the other stream has
        // begun and not ended. Here there is none.
        assert!((100_000..100_080).contains(&file.len()), "{}", file.len());
    }
}

/// So many files. Wine keeps the name of a file that was removed while somebody has it open, here the
/// host, and the one that should get that name grows on.
#[track_caller]
fn assert_count(files: &[String], count: usize) {
    let there = files.len();
    let fits = there == count || is_wine() && there < count;
    assert!(fits, "{there} files instead of {count}");
}

pub(crate) fn flood(rest: &str) -> String {
    format!("--flood {BYTES} {rest}")
}

#[test]
fn files_in_order_are_what_was_written() {
    for guardian in ["", "--no-guardian"] {
        let setup = Setup::new();
        let family = setup.family("pids");
        let flags = format!("{SMALL} {guardian}");
        let mut host = start(&setup, &flags, &family, &flood("--exit-early 7"));
        let failed = host.next("failed");
        assert_whole(&files(&setup, "log"));
        let told = failed["last_lines"].as_array().expect("lines");
        let last = format!("flood {:012} {}", BYTES / 80 - 1, ".".repeat(60));
        assert_eq!(told.last().expect("a line"), &last);
    }
}

#[test]
fn no_more_files_are_kept_than_wished_for() {
    for (count, kept) in [(0, 1), (1, 2), (3, 4)] {
        let setup = Setup::new();
        let family = setup.family("pids");
        let flags = format!("--log-limit 100000 --log-files {count}");
        let mut host = start(&setup, &flags, &family, &flood("--exit-early 7"));
        host.next("failed");
        let files = files(&setup, "log");
        assert_count(&files, kept);
        let numbers: Vec<usize> = flood_numbers(&files.concat()).collect();
        let first = BYTES / 80 - numbers.len();
        assert!(
            numbers.into_iter().eq(first..BYTES / 80),
            "the newest are kept"
        );
    }
}

#[test]
fn each_launch_has_its_own_files_and_the_last_ones_are_kept_apart() {
    let setup = Setup::new();
    let launch = |launch: usize, bytes: usize| {
        let family = setup.family(&format!("pids-{launch}"));
        let flags = "--log-limit 65536 --log-files 5";
        let sidecar = format!("--print-url launch-{launch} --flood {bytes} --exit-early 7");
        let mut host = start(&setup, flags, &family, &sidecar);
        host.next("failed");
        host.order("shutdown");
        host.end();
    };
    launch(1, 800_000);
    assert_count(&files(&setup, "log"), 6);
    launch(2, 160_000);
    assert_eq!(files(&setup, "log").len(), 3);
    assert_count(&files(&setup, "log.prev"), 6);
    launch(3, 80);
    let (last, this) = (files(&setup, "log.prev"), files(&setup, "log"));
    assert_eq!(
        (last.len(), this.len()),
        (3, 1),
        "nothing is left of the first"
    );
    assert!(last.concat().starts_with("launch-2\n"));
    assert_flood_is_whole(&last.concat(), 160_000);
    assert!(this[0].starts_with("launch-3\n"));
}
