//! Files in, files out: what a rotation leaves under which name.

#[cfg(unix)]
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
#[cfg(unix)]
use std::thread;
#[cfg(unix)]
use std::time::Instant;

use super::*;
#[cfg(unix)]
use crate::logs::folder_lock::LONGEST;

struct Logs(tempfile::TempDir);

impl Logs {
    fn new() -> Logs {
        Logs(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("web.log")
    }

    fn put(&self, suffix: &str, text: &str) {
        fs::write(with_suffix(&self.path(), suffix), text).unwrap();
    }

    /// Every file with its text, by name.
    fn all(&self) -> Vec<(String, String)> {
        let mut all: Vec<_> = fs::read_dir(self.0.path())
            .unwrap()
            .map(|e| {
                let path = e.unwrap().path();
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                (name, fs::read_to_string(path).unwrap_or_default())
            })
            .collect();
        all.sort();
        all
    }
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected
        .iter()
        .map(|&(name, text)| (name.to_owned(), text.to_owned()))
        .collect()
}

const TWO: Rotation = Rotation { limit: 1, files: 2 };

#[test]
fn the_oldest_goes_and_the_others_move_up() {
    let logs = Logs::new();
    for text in ["a", "b", "c", "d"] {
        logs.put("", text);
        let current = open(&logs.path()).unwrap();
        TWO.turn(&logs.path(), &current).unwrap();
    }
    let expected = [("web.log", ""), ("web.log.1", "d"), ("web.log.2", "c")];
    assert_eq!(logs.all(), pairs(&expected));
}

#[test]
fn with_none_to_keep_the_file_begins_anew() {
    let logs = Logs::new();
    logs.put("", "a");
    let current = open(&logs.path()).unwrap();
    let none = Rotation { limit: 1, files: 0 };
    none.turn(&logs.path(), &current).unwrap();
    drop(current); // On an older Windows, a removed file is there as long as it is open.
    assert_eq!(logs.all(), pairs(&[("web.log", "")]));
}

/// Unix: on an older Windows, and under Wine, a removed file is there as long as it is open.
#[cfg(unix)]
#[test]
fn a_file_that_was_removed_is_begun_again() {
    let logs = Logs::new();
    logs.put(".1", "old");
    let current = open(&logs.path()).unwrap();
    fs::remove_file(logs.path()).unwrap();
    TWO.turn(&logs.path(), &current).unwrap();
    let expected = [("web.log", ""), ("web.log.1", "old")];
    assert_eq!(logs.all(), pairs(&expected));
}

/// Unix: see above.
#[cfg(unix)]
#[test]
fn files_that_are_removed_in_the_middle_of_a_rotation_are_no_trouble() {
    const REMOVALS: u32 = 3_000;
    let logs = Logs::new();
    let path = logs.path();
    let names = [path.clone(), numbered(&path, 1), numbered(&path, 2)];
    let (removed, over) = (AtomicU32::new(0), AtomicBool::new(false));
    let rotated = thread::scope(|scope| {
        scope.spawn(|| {
            for name in names.iter().cycle().take_while(|_| !over.load(Relaxed)) {
                let is_removed = fs::remove_file(name).is_ok();
                removed.fetch_add(u32::from(is_removed), Relaxed);
            }
        });
        let mut rotated = open(&path);
        while rotated.is_ok() && removed.load(Relaxed) < REMOVALS {
            rotated = rotated.and_then(|current| TWO.turn(&path, &current));
        }
        over.store(true, Relaxed);
        rotated
    });
    let before = TWO.turn(&path, &rotated.unwrap()).unwrap();
    let last = TWO.turn(&path, &before).unwrap();
    assert!(sys::is_at(&last, &path).unwrap());
    assert!(sys::is_at(&before, &numbered(&path, 1)).unwrap());
}

/// The guardian of a host that was killed rotates on, at any moment of the next launch's beginning.
#[cfg(unix)]
#[test]
fn a_launch_that_begins_in_the_middle_of_a_rotation_gets_a_log_of_its_own() {
    let mut alone = 0;
    for round in 0..100 {
        let logs = Logs::new();
        let path = logs.path();
        let mut gave_up = false;
        let (rotated, stopped) = (AtomicU32::new(0), AtomicBool::new(false));
        let (mut before, mut begun) = (None, None);
        thread::scope(|scope| {
            let guardian = scope.spawn(|| {
                let mut current = open(&path).unwrap();
                while !stopped.load(Relaxed) {
                    sys::write_at(&current, &vec![b'x'; LEAST as usize], 0).unwrap();
                    match TWO.turn(&path, &current) {
                        Ok(next) => current = next,
                        Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                        Err(_) => break, // It has seen that the log is another's.
                    }
                    rotated.fetch_add(1, Relaxed);
                }
                current
            });
            while rotated.load(Relaxed) == 0 && !guardian.is_finished() {
                std::hint::spin_loop();
            }
            let asked = Instant::now();
            let next = TWO.begin(&path, true);
            gave_up = asked.elapsed() >= LONGEST;
            stopped.store(true, Relaxed);
            before = guardian.join().ok();
            begun = next.ok();
        });
        if gave_up {
            continue; // The other one, or the disk, stood still for too long.
        }
        alone += 1;
        let (begun, kept) = begun.unwrap();
        kept.unwrap();
        assert!(sys::is_at(&begun, &path).unwrap(), "round {round}");
        let prev = with_suffix(&path, ".prev");
        assert!(
            sys::is_at(&before.unwrap(), &prev).unwrap(),
            "round {round}"
        );
    }
    assert!(alone > 50, "{alone}");
}

#[cfg(unix)]
#[test]
fn whoever_holds_the_folder_is_not_disturbed_and_not_waited_for_when_it_is_rotated() {
    let logs = Logs::new();
    logs.put("", "a");
    let current = open(&logs.path()).unwrap();
    let held = FolderLock::attempt(&logs.path()).unwrap();
    let refused = TWO.turn(&logs.path(), &current).unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::WouldBlock);
    assert_eq!(logs.all(), pairs(&[("web.log", "a")]));
    // One who is stopped while it holds it does not keep a launch from beginning.
    let (begun, kept) = TWO.begin(&logs.path(), true).unwrap();
    kept.unwrap();
    drop(held);
    TWO.turn(&logs.path(), &begun).unwrap();
    let expected = [("web.log", ""), ("web.log.1", ""), ("web.log.prev", "a")];
    assert_eq!(logs.all(), pairs(&expected));
}

/// A guardian whose host was killed still writes while the next launch has begun a new log.
#[test]
fn the_log_of_another_launch_is_not_moved() {
    let logs = Logs::new();
    logs.put("", "mine");
    let current = open(&logs.path()).unwrap();
    TWO.set_aside(&logs.path()).unwrap();
    logs.put("", "another's");
    // Whoever has the lock, this one needs it no more, and does not stand in the other's way.
    let _held = FolderLock::attempt(&logs.path()).unwrap();
    let refused = TWO.turn(&logs.path(), &current).unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::Other);
    let expected = [("web.log", "another's"), ("web.log.prev", "mine")];
    assert_eq!(logs.all(), pairs(&expected));
}

#[test]
fn where_a_file_cannot_be_moved_it_stays() {
    let logs = Logs::new();
    logs.put("", "a");
    let current = open(&logs.path()).unwrap();
    let one = Rotation { limit: 1, files: 1 };
    fs::create_dir_all(logs.0.path().join("web.log.1/full")).unwrap();
    one.turn(&logs.path(), &current).unwrap_err();
    assert_eq!(fs::read_to_string(logs.path()).unwrap(), "a");
}

#[test]
fn the_last_launch_is_kept_whole_and_the_one_before_goes() {
    let logs = Logs::new();
    for (suffix, text) in [
        ("", "last"),
        (".1", "last 1"),
        (".3", "last 3"),
        (".prev", "before"),
        (".prev.1", "before 1"),
        (".prev.2", "before 2"),
        (".prev.4", "before 4"),
    ] {
        logs.put(suffix, text);
    }
    let three = Rotation { limit: 1, files: 3 };
    three.set_aside(&logs.path()).unwrap();
    let expected = [
        ("web.log.prev", "last"),
        ("web.log.prev.1", "last 1"),
        ("web.log.prev.3", "last 3"),
    ];
    assert_eq!(logs.all(), pairs(&expected));
}

#[test]
fn a_folder_or_a_device_is_no_log() {
    let logs = Logs::new();
    let folder = locate(logs.0.path()).unwrap_err().to_string();
    assert!(folder.contains("a folder"), "{folder}");
    #[cfg(unix)]
    {
        let device = locate(Path::new("/dev/null")).unwrap_err().to_string();
        assert!(device.contains("device"), "{device}");
    }
}

/// A link to a log stays, and what it leads to is rotated where it lies.
#[cfg(unix)]
#[test]
fn links_are_followed_once_and_for_all() {
    let logs = Logs::new();
    logs.put("", "a");
    let link = logs.0.path().join("link");
    std::os::unix::fs::symlink(logs.path(), &link).unwrap();
    let found = locate(&link).unwrap();
    assert_eq!(found, fs::canonicalize(logs.path()).unwrap());
    let made = locate(&logs.0.path().join("deep/er/log")).unwrap();
    assert!(made.parent().unwrap().is_dir());
}
