//! The log's trouble is nobody else's: told once, and the sidecar lives on.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use fake_host::testing::{Family, Host, Process, Setup, eventually};

use crate::logs::{assert_flood_is_whole, flood_numbers, leader, log, start};
use crate::support::{HOST, args, assert_nothing_left, shut_down};

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
    let host = start_limited(&setup, &family, "--flood 4M");
    goes_on_without_a_log(&setup, host, &family);
    assert!(fs::metadata(setup.path("log")).expect("it exists").len() <= 100_000);
}

/// Starts a host that may not make files of more than 100,000 bytes. It can be allowed to later:
/// only the soft limit is set.
fn start_limited(setup: &Setup, family: &Family, sidecar: &str) -> Host {
    let flags = format!("--log {} --port auto --http /", setup.path("log").display());
    let mut words: Vec<OsString> = vec!["--fsize=100000:".into(), HOST.into()];
    words.extend(args(setup, &flags, family, sidecar));
    setup.start(Path::new("prlimit"), words)
}

/// What a process has written so far, read or not.
fn written(process: &Process) -> u64 {
    let io = fs::read_to_string(format!("/proc/{}/io", process.pid)).unwrap_or_default();
    let line = io.lines().find_map(|l| l.strip_prefix("wchar: "));
    line.and_then(|n| n.parse().ok()).unwrap_or(0)
}

/// The sidecar goes on writing, and far more than fits into its pipe.
fn lives_on(sidecar: &Process) {
    let before = written(sidecar);
    eventually("it writes on", || written(sidecar) > before + (8 << 20));
}

/// The limit of a file's size stands for that of a disk: both make a write fail, here with EFBIG.
#[test]
fn each_outage_is_told_once_and_logging_resumes_after_it() {
    let setup = Setup::new();
    let family = setup.family("pids");
    let mut host = start_limited(&setup, &family, "--flood endless");
    let guardian = host.guardian();
    let sidecar = leader(&family);
    for (outage, more) in [(1, "200000:"), (2, "300000:"), (3, "unlimited")] {
        host.next("log_trouble");
        lives_on(&sidecar);
        assert_eq!(host.all("log_trouble").len(), outage, "once an outage");
        let pid = guardian.pid.to_string();
        let allowed = Command::new("prlimit")
            .args(["--pid", &pid, &format!("--fsize={more}")])
            .status();
        assert!(allowed.is_ok_and(|status| status.success()));
    }
    let length = || fs::metadata(setup.path("log")).map_or(0, |is| is.len());
    eventually("logging goes on", || length() > 400_000);
    host.order("stop");
    assert_eq!(host.next("exited")["signal"], libc::SIGTERM);
    host.next("stopped");
    host.order("shutdown");
    host.end();
    assert_eq!(host.all("log_trouble").len(), 3);
    let log = log(&setup, "log");
    let torn = log
        .lines()
        .filter(|line| flood_numbers(line).next().is_none());
    let torn: Vec<&str> = torn.filter(|line| !line.starts_with("listening")).collect();
    assert!(torn.len() <= 4, "one where each outage began: {torn:#?}");
    assert!(flood_numbers(&log).is_sorted(), "lines are in order");
}

/// A small disk of its own at a path, in a mount namespace of its own: gone with the host.
struct SmallDisk {
    namespace: &'static [&'static str],
    path: PathBuf,
}

const MOUNT: &str =
    r#"mount -t tmpfs -o size=1m none "$0" && head -c 400k /dev/zero > "$0/ballast" && exec "$@""#;

impl SmallDisk {
    /// `None` where nobody may mount anything; said aloud, since the test then proves less.
    fn new(setup: &Setup) -> Option<SmallDisk> {
        const AS_ROOT: &[&str] = &["--mount"];
        const AS_USER: &[&str] = &["--user", "--map-root-user", "--mount"];
        let path = setup.path("disk");
        fs::create_dir(&path).expect("a folder");
        let works = |namespace: &&&[&str]| {
            let mut unshare = Command::new("unshare");
            unshare.args(**namespace).args(["sh", "-c", MOUNT]);
            let out = unshare.arg(&path).arg("true").output();
            out.is_ok_and(|out| out.status.success())
        };
        let namespace = [AS_ROOT, AS_USER].iter().find(works).copied();
        let Some(namespace) = namespace else {
            say("nothing can be mounted here: a limit of file sizes stands for the full disk");
            return None;
        };
        Some(SmallDisk { namespace, path })
    }

    fn start(&self, setup: &Setup, family: &Family, flags: &str, sidecar: &str) -> Host {
        let log = self.path.join("log");
        let flags = format!("--log {} --port auto --http / {flags}", log.display());
        let mut words: Vec<OsString> = self.namespace.iter().map(Into::into).collect();
        words.extend(["sh", "-c", MOUNT].map(Into::into));
        words.extend([self.path.clone().into_os_string(), HOST.into()]);
        words.extend(args(setup, &flags, family, sidecar));
        setup.start(Path::new("unshare"), words)
    }

    /// A file on it, seen from outside of its namespace.
    fn file(&self, host: &Host, name: &str) -> PathBuf {
        let path = self.path.join(name);
        let inside = path.strip_prefix("/").expect("an absolute path");
        PathBuf::from(format!("/proc/{}/root", host.process.pid)).join(inside)
    }
}

#[expect(clippy::print_stderr, reason = "a test that proves less says so")]
fn say(what: &str) {
    eprintln!("{what}");
}

#[test]
fn a_full_disk_is_told_of_once_and_logging_resumes_when_there_is_room() {
    let setup = Setup::new();
    let family = setup.family("pids");
    let Some(disk) = SmallDisk::new(&setup) else {
        let host = start_limited(&setup, &family, "--flood 4M");
        return goes_on_without_a_log(&setup, host, &family);
    };
    let mut host = disk.start(&setup, &family, "", "--flood endless");
    let told = host.next("log_trouble");
    let reason = told["reason"].as_str().expect("a reason");
    assert!(reason.contains("No space left"), "{reason}");
    let sidecar = leader(&family);
    lives_on(&sidecar);
    host.wait_for("ready"); // Which may have come before the disk was full.
    assert_eq!(host.all("log_trouble").len(), 1, "once an outage");
    fs::remove_file(disk.file(&host, "ballast")).expect("it was there");
    host.next("log_trouble");
    lives_on(&sidecar);
    assert_eq!(
        host.all("log_trouble").len(),
        2,
        "a new outage is told anew"
    );
    let log = fs::read(disk.file(&host, "log")).expect("it is there");
    assert!(log.len() > 1_000_000, "the room was used: {}", log.len());
    host.order("restart");
    host.next("stopped");
    host.ready();
    host.order("shutdown");
    host.end();
    assert!(host.all("protection_lost").is_empty());
    assert_nothing_left(&setup, &family);
}

#[test]
fn rotation_leaves_room_on_a_disk_that_could_not_hold_it_all() {
    let setup = Setup::new();
    let family = setup.family("pids");
    let Some(disk) = SmallDisk::new(&setup) else {
        return; // Said already. The number of files is tested elsewhere.
    };
    let flags = "--log-limit 65536 --log-files 2";
    let mut host = disk.start(&setup, &family, flags, "--flood 4M");
    host.ready();
    host.order("stop");
    host.next("stopped");
    host.order("shutdown");
    host.end();
    assert!(
        host.all("log_trouble").is_empty(),
        "{:#?}",
        host.all("log_trouble")
    );
}

/// Something stands where the rotated file should go.
#[test]
fn a_log_that_cannot_be_rotated_grows_on_and_is_told_of_once() {
    const BYTES: usize = 400_000;
    let setup = Setup::new();
    let family = setup.family("pids");
    let obstacle = setup.path("log.1");
    // It begins when the log has been begun, since that puts aside what is there.
    let flags = "--log-limit 100000 --log-files 1";
    let sidecar = format!("--flood {BYTES} --exit-early 7");
    fs::create_dir_all(obstacle.join("full")).expect("a folder");
    fs::create_dir_all(setup.path("log.prev.1/full")).expect("a folder");
    let mut host = start(&setup, flags, &family, &sidecar);
    host.next("failed");
    host.order("shutdown");
    host.end();
    let told = host.all("log_trouble");
    let reasons: Vec<&str> = told.iter().filter_map(|t| t["reason"].as_str()).collect();
    assert_eq!(reasons.len(), 2, "{reasons:#?}");
    assert!(reasons[0].contains("kept aside"), "{reasons:#?}");
    assert!(reasons[1].contains("cannot be rotated"), "{reasons:#?}");
    assert_flood_is_whole(&log(&setup, "log"), BYTES);
}

#[test]
fn a_log_that_is_no_file_is_a_clear_error() {
    let setup = Setup::new();
    let pipe = setup.path("log");
    let made = Command::new("mkfifo").arg(&pipe).status();
    assert!(made.is_ok_and(|status| status.success()));
    for _ in 0..2 {
        let family = setup.family("pids");
        let mut host = start(&setup, "", &family, "");
        let failed = host.next("failed");
        let reason = failed["reason"].as_str().expect("a reason");
        assert!(reason.contains("has to be an ordinary file"), "{reason}");
        assert!(reason.contains(&pipe.display().to_string()), "{reason}");
        shut_down(&mut host, &setup, &family);
        if pipe.is_dir() {
            return;
        }
        fs::remove_file(&pipe).expect("it was not moved");
        fs::create_dir(&pipe).expect("a folder");
    }
}
