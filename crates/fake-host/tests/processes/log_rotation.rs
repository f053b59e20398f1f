//! Rotation loses no line and cuts none, whatever the host does meanwhile.

use std::fs;
use std::path::Path;

use fake_host::testing::{Family, Host, Setup, eventually};

use crate::logs::{assert_flood_is_whole, flood_numbers, leader, log, start};
use crate::support::{HOST, args};

/// Whole lines: 80 bytes each.
const BYTES: usize = 4_000_000;
/// Far more files than `BYTES` fill.
const SMALL: &str = "--log-limit 100000 --log-files 999";

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
fn assert_whole(files: &[String]) {
    assert_flood_is_whole(&files.concat(), BYTES);
    assert!(files.len() > 30, "it was rotated: {}", files.len());
    for file in &files[..files.len() - 1] {
        assert!(file.ends_with('\n'), "a line is cut");
        // The line that reaches the limit is the last, but for a line that the other stream has
        // begun and not ended. Here there is none.
        assert!((100_000..100_080).contains(&file.len()), "{}", file.len());
    }
}

fn flood(rest: &str) -> String {
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
fn the_guardian_rotates_also_after_the_hosts_death() {
    let setup = Setup::new();
    let family = setup.family("pids");
    let sidecar = flood("--ignore-term");
    let mut host = start(&setup, &format!("{SMALL} --grace 4000"), &family, &sidecar);
    eventually("it was rotated once", || setup.path("log.1").exists());
    host.signal(libc::SIGKILL);
    host.end();
    host.wait_until_empty();
    assert_whole(&files(&setup, "log"));
}

/// What the host has not read by then is not to be found under any name that it knows.
#[test]
fn a_host_that_stood_still_during_many_rotations_goes_on_with_the_newest_lines() {
    let setup = Setup::new();
    let family = setup.family("pids");
    let flags = "--log-limit 100000 --log-files 2";
    let mut host = start(&setup, flags, &family, "--flood endless");
    eventually("it was rotated", || setup.path("log.2").exists());
    let guardian = host.guardian();
    let written = || flood_numbers(&log(&setup, "log.2")).next().unwrap_or(0);
    host.signal(libc::SIGSTOP);
    let before = written();
    eventually("it was rotated many times", || written() > before + 50_000);
    let held = fs::read_dir(format!("/proc/{}/fd", guardian.pid))
        .expect("it lives")
        .filter_map(|fd| fs::read_link(fd.ok()?.path()).ok())
        .filter(|target| target.to_string_lossy().ends_with(" (deleted)"))
        .count();
    assert!(held <= 16, "{held} deleted files take room on the disk");
    let newest = written();
    host.signal(libc::SIGCONT);
    host.ready();
    leader(&family).signal(libc::SIGKILL);
    let failed = host.next("failed");
    let told = failed["last_lines"].as_array().expect("lines");
    let told: Vec<&str> = told.iter().filter_map(|line| line.as_str()).collect();
    let numbers: Vec<usize> = flood_numbers(&told.join("\n")).collect();
    assert!(numbers.len() >= told.len() - 2, "whole lines: {told:#?}");
    assert!(
        numbers.iter().is_sorted() && numbers[0] > newest,
        "{numbers:?}"
    );
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
        assert_eq!(files.len(), kept);
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
    assert_eq!(files(&setup, "log").len(), 6);
    launch(2, 160_000);
    assert_eq!(files(&setup, "log").len(), 3);
    assert_eq!(files(&setup, "log.prev").len(), 6);
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

/// The guardian of a host that was killed goes on writing while the next launch has begun its log
/// under the same name.
#[test]
fn a_launch_that_is_still_ending_leaves_the_next_ones_log_alone() {
    let setup = Setup::new();
    let family = setup.family("pids");
    let mine = "--print-url the-first --ignore-term --flood endless";
    let flags = "--log-limit 100000 --log-files 2 --grace 60000";
    let mut first = start(&setup, flags, &family, mine);
    eventually("it was rotated", || setup.path("log.2").exists());
    let guardian = first.guardian();
    first.signal(libc::SIGKILL);
    first.end();
    let second_family = setup.family("pids-2");
    // Another app: as the same one it would end what the first has left behind before it begins.
    let flags = format!(
        "--app-id other --log {} --log-limit 100000 --log-files 99",
        setup.path("log").display()
    );
    let sidecar = format!("--print-url the-second --flood {BYTES} --no-listen");
    let args = args(&setup, &flags, &second_family, &sidecar);
    let mut second = setup.start(Path::new(HOST), args);
    second.ready();
    let length = || fs::metadata(setup.path("log.prev")).map_or(0, |is| is.len());
    let before = length();
    eventually("the first writes on", || length() > before + 1_000_000);
    eventually("the second was rotated", || setup.path("log.3").exists());
    assert!(guardian.lives(), "and its guardian was there to rotate");
    second.order("shutdown");
    second.end();
    let own = files(&setup, "log");
    assert!(own.len() > 3, "{} files", own.len());
    for file in &own {
        assert!(
            !file.contains("the-first") && file.len() < 101_000,
            "{}",
            file.len()
        );
    }
    leader(&family).signal(libc::SIGKILL);
    eventually("the guardian ends", || !guardian.lives());
}

#[test]
fn a_log_that_was_removed_is_begun_again_at_the_next_rotation() {
    let setup = Setup::new();
    let family = setup.family("pids");
    let flags = "--log-limit 100000 --log-files 2";
    let mut host = start(&setup, flags, &family, "--flood endless");
    host.ready();
    for name in ["log", "log.1", "log.2"] {
        eventually("it is there", || fs::remove_file(setup.path(name)).is_ok());
    }
    eventually("it is there again, and rotated", || {
        setup.path("log").exists() && setup.path("log.2").exists()
    });
    host.order("shutdown");
    host.end();
    assert!(
        host.all("log_trouble").is_empty(),
        "{:#?}",
        host.all("log_trouble")
    );
}

/// It ends by the stop signal, within the grace: force would show as another signal.
#[test]
fn a_flood_never_blocks_a_stop() {
    for guardian in ["", "--no-guardian"] {
        for limit in ["--log-limit 0", "--log-limit 100000", "--log-limit 1"] {
            let setup = Setup::new();
            let family = setup.family("pids");
            let flags = format!("{limit} --grace 20000 {guardian}");
            let mut host = start(&setup, &flags, &family, "--flood endless");
            host.ready();
            stop(&mut host, &family);
        }
    }
}

fn stop(host: &mut Host, family: &Family) {
    host.order("stop");
    assert_eq!(host.next("exited")["signal"], libc::SIGTERM);
    assert_eq!(host.next("stopped")["survivors"], 0);
    assert!(family.living().is_empty());
    host.order("shutdown");
    host.end();
}
