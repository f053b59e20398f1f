//! The state file on a real disk.

use std::thread;

use proptest::prelude::*;

use super::instances::{STALE, lock_file};
use super::papers::{Papers, read_state};
use super::*;
use crate::identity::BootId;
use crate::mangled::mangled;
use crate::sys::Lineage;

fn record(run: u64) -> RunRecord {
    RunRecord {
        sidecar: "web".into(),
        run: RunId(run),
        leader: Identity {
            pid: 1,
            start: 2,
            boot: BootId("b".into()),
        },
        command: "x".into(),
        phase: None,
        members: vec![],
        makers: vec![],
        leftovers: Leftovers::End,
        fingerprint: 0,
        port: None,
        url: None,
        marker: None,
        cleanup: Cleanup::default(),
    }
}

/// As macOS tells it: an orphan whose environment is hidden, in a session of its own.
#[test]
fn an_orphan_is_known_by_a_recorded_maker_until_the_next_boot() {
    let (this, next) = (BootId("b".into()), BootId("c".into()));
    let recorded = RunRecord {
        makers: vec![7],
        ..record(1)
    };
    let made_by = |parent| ProcessFacts {
        lineage: Some(Lineage {
            unique: 9,
            parent,
            version: 1,
            parent_version: 1,
        }),
        ..ProcessFacts::row(30, 1, 5)
    };
    assert!(recorded.has_made(&made_by(7), &this));
    assert!(!recorded.has_made(&made_by(7), &next));
    assert!(!recorded.has_made(&made_by(8), &this));
    assert!(!recorded.has_made(&ProcessFacts::row(30, 1, 5), &this));
    let text = serde_json::to_string(&recorded).unwrap();
    assert_eq!(serde_json::from_str::<RunRecord>(&text).unwrap(), recorded);
    let older = serde_json::to_string(&record(1)).unwrap();
    assert!(!older.contains("makers"), "nor does it grow elsewhere");
}

#[test]
fn a_live_instance_is_never_taken_for_dead() {
    let dir = tempfile::tempdir().unwrap();
    let mut ledger = Ledger::open(dir.path(), "app", "one").unwrap();
    ledger.record(record(1));
    assert!(!is_dead(dir.path(), "one"));
    assert!(dead_states(dir.path(), "app").is_empty());
    drop(ledger);
    assert!(is_dead(dir.path(), "one"));
    let dead = dead_states(dir.path(), "app");
    assert_eq!(dead[0].remains.state.as_ref().unwrap().runs, [record(1)]);
}

#[test]
fn a_phase_is_written_when_there_is_time() {
    let dir = tempfile::tempdir().unwrap();
    let mut ledger = Ledger::open(dir.path(), "app", "one").unwrap();
    ledger.record(record(1));
    ledger.catch_up(true);
    let written = || {
        let (lock, remains) = look(dir.path(), "app", "one");
        assert_eq!(lock, Lock::Held);
        remains.state.unwrap().runs[0].phase
    };
    ledger.note_phase(RunId(1), Phase::Ready);
    assert_eq!(written(), None);
    ledger.catch_up(true);
    assert_eq!(written(), Some(Phase::Ready));
}

#[test]
fn who_only_looks_does_not_hide_a_dead_instance() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("one.lock");
    fs::write(&path, "").unwrap();
    let looker = File::open(&path).unwrap();
    looker.try_lock_shared().unwrap();
    assert!(lock_file(&path, || false).is_none());
    let mut looker = Some(looker);
    let lock = lock_file(&path, || looker.take().is_some());
    assert!(lock.is_some(), "taken as soon as it was let go");
}

#[test]
fn looking_leaves_the_lock_to_the_next_start() {
    let dir = tempfile::tempdir().unwrap();
    let mut ledger = Ledger::open(dir.path(), "app", "one").unwrap();
    ledger.record(record(1));
    drop(ledger);
    let (lock, remains) = look(dir.path(), "app", "one");
    assert_eq!(lock, Lock::Free);
    assert_eq!(remains.state.unwrap().runs, [record(1)]);
    assert!(is_dead(dir.path(), "one"));
    assert!(look(dir.path(), "other", "one").1.state.is_none());
    assert_eq!(look(dir.path(), "app", "two").0, Lock::Missing);
}

#[test]
fn an_orderly_end_leaves_no_file() {
    let dir = tempfile::tempdir().unwrap();
    let mut ledger = Ledger::open(dir.path(), "app", "one").unwrap();
    ledger.record(record(1));
    ledger.forget(RunId(1));
    drop(ledger);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn starts_at_the_same_time_do_not_take_each_other_for_dead() {
    let dir = tempfile::tempdir().unwrap();
    let starts = |thread: u32| {
        for n in 0..100 {
            let name = format!("t{thread}n{n}");
            let ledger = Ledger::open(dir.path(), "app", &name);
            let dead = dead_states(dir.path(), "app");
            let mine = dead.iter().any(|d| d.remains.instance == name);
            assert!(ledger.is_ok() && !mine, "{name}: {:?}", ledger.err());
            assert!(dir.path().join(format!("{name}.lock")).exists());
            dead.into_iter().for_each(DeadState::remove);
        }
    };
    thread::scope(|scope| {
        for thread in 0..8 {
            scope.spawn(move || starts(thread));
        }
    });
}

#[test]
fn a_live_instance_says_who_it_is_before_it_has_run_anything() {
    let dir = tempfile::tempdir().unwrap();
    let mut ledger = Ledger::open(dir.path(), "app", "one").unwrap();
    let me = Identity::of(std::process::id());
    ledger.set_guardians(Some(std::process::id()), None);
    let live = live_states(dir.path());
    assert_eq!((&live[0].host, &live[0].guardian), (&me, &me));
    drop(ledger);
    assert!(live_states(dir.path()).is_empty());
}

#[test]
fn a_start_that_was_killed_half_way_leaves_its_file_for_a_while_only() {
    let dir = tempfile::tempdir().unwrap();
    let new = dir.path().join("one.new");
    let file = private(&new).unwrap();
    dead_states(dir.path(), "app");
    assert!(new.exists(), "it may still be starting");
    let then = std::time::SystemTime::now() - 2 * STALE;
    file.set_modified(then).unwrap();
    file.try_lock().unwrap();
    dead_states(dir.path(), "app");
    assert!(new.exists(), "it lives, and is slow");
    drop(file);
    dead_states(dir.path(), "app");
    assert!(!new.exists());
}

#[test]
fn one_that_was_killed_while_it_remembered_a_port_leaves_its_file_for_a_while_only() {
    let dir = tempfile::tempdir().unwrap();
    let next = dir.path().join("ports.123.next");
    let file = private(&next).unwrap();
    dead_states(dir.path(), "app");
    assert!(next.exists(), "it may still be writing");
    let then = std::time::SystemTime::now() - 2 * STALE;
    file.set_modified(then).unwrap();
    drop(file); // On an older Windows, a removed file is there as long as it is open.
    dead_states(dir.path(), "app");
    assert!(!next.exists());
}

#[test]
fn a_file_cut_anywhere_is_no_state_and_no_panic() {
    let dir = tempfile::tempdir().unwrap();
    let mut ledger = Ledger::open(dir.path(), "app", "one").unwrap();
    ledger.record(record(1));
    ledger.catch_up(true);
    let whole = fs::read(dir.path().join("one.json")).unwrap();
    drop(ledger);
    for cut in 0..whole.len() {
        fs::write(dir.path().join("one.json"), &whole[..cut]).unwrap();
        let dead = dead_states(dir.path(), "app");
        assert!(dead[0].remains.state.is_none(), "cut at {cut}");
    }
}

/// A damaged digit once named another process of the same hundredth of a second.
#[test]
fn a_file_with_any_byte_changed_tells_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut ledger = Ledger::open(dir.path(), "app", "one").unwrap();
    ledger.record(record(1));
    ledger.catch_up(true);
    let whole = fs::read(dir.path().join("one.json")).unwrap();
    assert!(Papers::of(&whole).whole().is_some());
    for at in 0..whole.len() {
        for flip in 1..=u8::MAX {
            let mut damaged = whole.clone();
            damaged[at] ^= flip;
            let told = Papers::of(&damaged);
            assert_eq!(told, Papers::Damaged, "byte {at}, {:?}", damaged[at]);
        }
    }
}

/// An older version once removed what a newer one, or another app, had left for itself.
#[test]
fn the_papers_of_another_version_or_app_are_left_for_it() {
    let dir = tempfile::tempdir().unwrap();
    let mut ledger = Ledger::open(dir.path(), "another-app", "one").unwrap();
    ledger.record(record(1));
    ledger.catch_up(true);
    drop(ledger);
    let newer = sealed(br#"{"version":2,"app_id":"app"}"#.to_vec());
    fs::write(dir.path().join("two.lock"), "").unwrap();
    fs::write(dir.path().join("two.json"), newer).unwrap();
    assert!(dead_states(dir.path(), "app").is_empty());
    assert_eq!(dead_states(dir.path(), "another-app").len(), 1);
}

#[test]
fn one_who_was_killed_while_it_wrote_leaves_no_litter() {
    let dir = tempfile::tempdir().unwrap();
    let mut ledger = Ledger::open(dir.path(), "app", "one").unwrap();
    ledger.record(record(1));
    drop(ledger);
    fs::write(dir.path().join("one.json.next"), "{").unwrap();
    for dead in dead_states(dir.path(), "app") {
        dead.remove();
    }
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn a_write_that_fails_leaves_the_last_state_and_no_litter() {
    let dir = tempfile::tempdir().unwrap();
    let mut ledger = Ledger::open(dir.path(), "app", "one").unwrap();
    ledger.record(record(1));
    ledger.catch_up(true);
    let told = || {
        read_state(&dir.path().join("one.json"))
            .whole()
            .unwrap()
            .runs
    };
    // Where the next one is to be written stands a folder.
    let next = dir.path().join("one.json.next");
    fs::create_dir(&next).unwrap();
    ledger.record(record(2));
    ledger.catch_up(true);
    assert_eq!(told(), [record(1)]);
    fs::remove_dir(&next).unwrap();
    ledger.record(record(3));
    ledger.catch_up(true);
    assert_eq!(
        told(),
        [record(1), record(2), record(3)],
        "it has caught up"
    );
}

proptest! {
    /// Whatever happens to a file: it is believed to the letter or not at all.
    #[test]
    fn a_mangled_file_is_whole_or_nothing(bytes in mangled(vec![file(), file_of_many()])) {
        if let Papers::Whole(state) = Papers::of(&bytes) {
            prop_assert!(bytes == file() || bytes == file_of_many(), "{:?}", state);
        }
    }

    #[test]
    fn garbage_is_no_state(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert_eq!(Papers::of(&bytes), Papers::Damaged);
    }

    /// Sealed garbage gets as far as the parser, and no further.
    #[test]
    fn sealed_garbage_panics_nowhere(bytes in mangled(vec![text(1), text(9), b"[[{\"version\":1}]]".to_vec()])) {
        let _ = Papers::of(&sealed(bytes)); // Whatever it is, it is an answer.
    }
}

fn text(runs: u64) -> Vec<u8> {
    let state = State {
        version: VERSION,
        app_id: "com.example.\u{e4}pp".into(),
        instance: "5f3c".into(),
        host: Some(record(1).leader),
        guardian: None,
        standby: None,
        runs: (0..runs).map(record).collect(),
    };
    serde_json::to_vec(&state).unwrap()
}

fn file() -> Vec<u8> {
    sealed(text(1))
}

fn file_of_many() -> Vec<u8> {
    sealed(text(5))
}

#[test]
fn a_name_from_a_hostile_environment_is_no_path() {
    let dir = tempfile::tempdir().unwrap();
    assert!(!is_dead(dir.path(), "../../etc/passwd"));
    assert!(!is_dead(dir.path(), "unknown"));
}

#[test]
#[cfg(unix)]
fn only_its_owner_can_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let mut ledger = Ledger::open(dir.path(), "app", "one").unwrap();
    ledger.record(record(1));
    ledger.catch_up(true);
    let mode = fs::metadata(dir.path().join("one.json"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn what_has_changed_is_written_once_there_is_nothing_else_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let mut ledger = Ledger::open(dir.path(), "app", "one").unwrap();
    let runs = || live_states(dir.path())[0].runs.len();
    for run in 1..=1000 {
        ledger.record(record(run));
    }
    assert_eq!(runs(), 0);
    ledger.catch_up(true);
    assert_eq!(runs(), 1000);
    ledger.forget(RunId(7));
    // An engine that is never at rest is late, and no more.
    ledger.behind_since = Some(Duration::ZERO);
    ledger.catch_up(false);
    assert_eq!(runs(), 999);
    ledger.record(record(7));
    drop(ledger);
    let dead = dead_states(dir.path(), "app");
    assert_eq!(dead[0].remains.state.as_ref().unwrap().runs.len(), 1000);
}
