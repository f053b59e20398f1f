//! Rotation goes on whatever becomes of the host meanwhile, and of the files.

use std::fs;
use std::path::Path;

#[cfg(target_os = "linux")]
use fake_host::testing::eventually_some;
use fake_host::testing::{Family, Host, Setup, eventually};

use crate::log_rotation::{BYTES, SMALL, assert_whole, files, flood};
use crate::logs::{leader, start};
use crate::support::{HOST, args};

#[test]
fn the_guardian_rotates_also_after_the_hosts_death() {
    let setup = Setup::new();
    let family = setup.family("pids");
    // It ends by itself when all is said: no grace has to be long enough for that.
    let sidecar = flood("--ignore-term --exit-early 0");
    let flags = format!("{SMALL} --grace 60000");
    let mut host = start(&setup, &flags, &family, &sidecar);
    eventually("it was rotated once", || setup.path("log.1").exists());
    host.kill();
    host.end();
    host.wait_until_empty();
    assert_whole(&files(&setup, "log"));
}

/// What the host has not read by then is not to be found under any name that it knows.
#[cfg(target_os = "linux")]
#[test]
fn a_host_that_stood_still_during_many_rotations_goes_on_with_the_newest_lines() {
    let setup = Setup::new();
    let family = setup.family("pids");
    let flags = "--log-limit 100000 --log-files 2";
    let mut host = start(&setup, flags, &family, "--flood endless");
    eventually("it was rotated", || setup.path("log.2").exists());
    let guardian = host.guardian();
    // Between two renames there is none of that name.
    let written = || {
        let text = fs::read(setup.path("log.2")).ok()?;
        crate::logs::flood_numbers(&String::from_utf8_lossy(&text)).next()
    };
    host.signal(libc::SIGSTOP);
    let before = eventually_some("it is there", written);
    eventually("it was rotated many times", || {
        written().is_some_and(|number| number > before + 50_000)
    });
    let held = fs::read_dir(format!("/proc/{}/fd", guardian.pid))
        .expect("it lives")
        .filter_map(|fd| fs::read_link(fd.ok()?.path()).ok())
        .filter(|target| target.to_string_lossy().ends_with(" (deleted)"))
        .count();
    assert!(held <= 16, "{held} deleted files take room on the disk");
    let newest = eventually_some("it is there", written);
    host.signal(libc::SIGCONT);
    host.ready();
    leader(&family).kill();
    let failed = host.next("failed");
    let told = failed["last_lines"].as_array().expect("lines");
    let told: Vec<&str> = told.iter().filter_map(|line| line.as_str()).collect();
    let numbers: Vec<usize> = crate::logs::flood_numbers(&told.join("\n")).collect();
    assert!(numbers.len() >= told.len() - 2, "whole lines: {told:#?}");
    assert!(
        numbers.iter().is_sorted() && numbers[0] > newest,
        "{numbers:?}"
    );
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
    first.kill();
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
            // The first guardian has lost its log for good, and needs the folder's lock no more: one
            // last time it may have been about to.
            !file.contains("the-first") && file.len() < 110_000,
            "{}",
            file.len()
        );
    }
    leader(&family).kill();
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
