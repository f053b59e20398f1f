//! Sidecars that live on when their host ends, and what the next host does with them.

use std::fs;
use std::process::Command;

use fake_host::testing::{Family, Host, Process, Setup, eventually, sealed};
use serde_json::Value;
use sidecar_lifecycle::Leftovers;
use sidecar_lifecycle::census::Census;

use crate::leftovers::kill_both;
use crate::support::{args, shut_down, start, start_command};

const ADOPT: &str = "--leftovers adopt --port auto --http / --grace 300 --log ";
const KEEP: &str = "--leftovers keep --port auto --http / --grace 300 --log ";

fn flags(setup: &Setup, flags: &str) -> String {
    format!("{flags}{}", setup.path("log").display())
}

/// A host whose sidecar is ready, and that sidecar's leader.
fn begin(setup: &Setup, words: &str, sidecar: &str) -> (Host, Family, i64) {
    let (mut host, family) = start(setup, &flags(setup, words), sidecar);
    let ready = host.next("ready");
    let leader = ready["pid"].as_i64().expect("a pid");
    setup.wait_until_recorded(&family.living());
    (host, family, leader)
}

fn kill(host: &mut Host) {
    let guardian = host.guardian();
    host.kill();
    host.end();
    eventually("its guardian ends", || !guardian.lives());
}

/// The next host, with the same sidecar, which it takes over.
fn next(setup: &Setup, words: &str, sidecar: &str) -> (Host, Value) {
    let (mut host, family) = start(setup, &flags(setup, words), sidecar);
    let adopted = host.next("adopted");
    host.next("ready");
    setup.wait_until_recorded(&family.living());
    (host, adopted)
}

#[test]
fn one_that_is_adopted_lives_through_the_death_of_its_host_and_is_stopped_by_the_next() {
    let setup = Setup::new();
    let sidecar = "--fork 1 --setsid --double-fork";
    let (mut host, family, leader) = begin(&setup, ADOPT, sidecar);
    let port = host.wait_for("ready")["port"].clone();
    let before = family.living();
    assert!(before.len() >= 4, "{before:?}");
    kill(&mut host);
    assert_eq!(family.living(), before, "nobody was harmed");

    let (mut host, adopted) = next(&setup, ADOPT, sidecar);
    assert_eq!((&adopted["pid"], &adopted["port"]), (&leader.into(), &port));
    let ready = host.wait_for("ready");
    assert_eq!(
        ready["url"],
        format!("http://127.0.0.1:{port}/"),
        "as it was told before"
    );
    assert_eq!(host.count("spawned"), 0);
    assert_eq!(family.living(), before);
    host.order("stop");
    assert_eq!(host.next("stopped")["survivors"], 0);
    assert!(
        family.living().is_empty(),
        "escapees, too, were found: {:?}",
        family.living()
    );
    shut_down(&mut host, &setup, &family);
}

#[test]
fn it_is_released_by_an_orderly_exit_and_handed_on_from_host_to_host() {
    let setup = Setup::new();
    let (mut host, family, leader) = begin(&setup, ADOPT, "--setsid");
    for _ in 0..3 {
        host.order("shutdown");
        host.end();
        assert_eq!(host.wait_for("released")["pid"], leader);
        assert_eq!((host.count("stopping"), host.count("stopped")), (0, 0));
        (host, _) = next(&setup, ADOPT, "--setsid");
        kill(&mut host);
        (host, _) = next(&setup, ADOPT, "--setsid");
    }
    host.order("restart");
    assert_eq!(host.next("stopped")["survivors"], 0);
    let spawned = host.next("spawned");
    assert_ne!(spawned["pid"], leader);
    host.ready();
    host.order("stop");
    host.next("stopped");
    shut_down(&mut host, &setup, &family);
}

#[test]
fn host_and_guardian_killed_together_leave_it_too_and_without_a_guardian_it_is_the_same() {
    for words in ["", "--no-guardian "] {
        let setup = Setup::new();
        let words = format!("{words}{ADOPT}");
        let (mut host, family, leader) = begin(&setup, &words, "--setsid");
        if words.starts_with("--no") {
            host.kill();
            host.end();
        } else {
            kill_both(&mut host);
        }
        let (mut host, adopted) = next(&setup, &words, "--setsid");
        assert_eq!(adopted["pid"], leader);
        host.order("stop");
        assert_eq!(host.next("stopped")["survivors"], 0);
        shut_down(&mut host, &setup, &family);
    }
}

#[test]
fn its_end_is_seen_but_not_how_and_a_new_run_follows() {
    let setup = Setup::new();
    let words = format!("--restart {ADOPT}");
    let (mut host, family, leader) = begin(&setup, &words, "--setsid");
    kill(&mut host);
    let (mut host, _) = next(&setup, &words, "--setsid");
    let leader = Process::of(leader as i32).expect("it runs");
    leader.kill();
    let exited = host.next("exited");
    assert!(
        exited["code"].is_null() && exited["signal"].is_null(),
        "{exited}"
    );
    let crashed = host.next("crashed");
    let reason = crashed["reason"].as_str().expect("a reason");
    assert!(reason.contains("it was adopted"), "{reason}");
    assert_eq!(host.next("stopped")["survivors"], 0);
    host.next("spawned");
    host.ready();
    host.order("stop");
    host.next("stopped");
    shut_down(&mut host, &setup, &family);
}

#[test]
fn force_ends_an_adopted_tree_that_is_deaf() {
    let setup = Setup::new();
    let sidecar = "--ignore-term --setsid --escapee-ignores-term --fork 2";
    let (mut host, family, _) = begin(&setup, ADOPT, sidecar);
    kill(&mut host);
    let (mut host, _) = next(&setup, ADOPT, sidecar);
    host.order("stop");
    assert_eq!(host.next("stopped")["survivors"], 0);
    assert!(family.living().is_empty());
    shut_down(&mut host, &setup, &family);
}

#[test]
fn one_that_would_be_started_otherwise_is_ended_and_begun_anew() {
    let setup = Setup::new();
    let (mut host, _, leader) = begin(&setup, ADOPT, "--setsid");
    kill(&mut host);
    let (mut host, family) = start(&setup, &flags(&setup, ADOPT), "--fork 1");
    let cleaned = host.next("cleaned");
    assert_eq!(cleaned["sidecar"], "web");
    let spawned = host.next("spawned");
    assert_ne!(spawned["pid"], leader);
    assert!(Process::of(leader as i32).is_none_or(|p| !p.lives()));
    host.ready();
    assert_eq!(
        family.living().len(),
        2,
        "the new ones alone: {:?}",
        family.living()
    );
    host.order("stop");
    host.next("stopped");
    shut_down(&mut host, &setup, &family);
}

/// With its leader gone there is nothing to be looked after.
#[test]
fn what_is_left_of_one_that_has_ended_meanwhile_is_ended() {
    let setup = Setup::new();
    let (mut host, family, leader) = begin(&setup, ADOPT, "--setsid --escapee-ignores-term");
    kill(&mut host);
    let leader = Process::of(leader as i32).expect("it runs");
    leader.kill();
    eventually("its leader has ended", || !leader.lives());
    let (mut host, _) = start(&setup, &flags(&setup, ADOPT), "--setsid");
    host.next("cleaned");
    host.next("spawned");
    host.ready();
    assert_eq!(family.living().len(), 2, "{:?}", family.living());
    host.order("stop");
    host.next("stopped");
    shut_down(&mut host, &setup, &family);
}

/// By its number alone somebody else may be meant.
#[test]
fn who_only_has_the_number_of_one_that_was_left_is_neither_adopted_nor_harmed() {
    let setup = Setup::new();
    let (mut host, family, _) = begin(&setup, ADOPT, "--setsid");
    kill(&mut host);
    let mut stranger = Command::new("sleep").arg("100").spawn().expect("a process");
    let pid = stranger.id() as i32;
    let started = Process::of(pid).expect("it runs").start();
    let files = fs::read_dir(setup.state_dir()).expect("a folder").flatten();
    let mut files = files.map(|entry| entry.path());
    let lock = files.find(|path| path.extension().is_some_and(|e| e == "lock"));
    let state = lock.expect("its lock").with_extension("json");
    let text = fs::read_to_string(&state).expect("readable");
    let (text, _) = text.rsplit_once('\n').expect("sealed");
    let mut json: Value = serde_json::from_str(text).expect("JSON");
    json["runs"][0]["leader"]["pid"] = pid.into();
    json["runs"][0]["leader"]["start"] = (started + 1).into();
    fs::write(&state, sealed(&json.to_string())).expect("written");
    let (mut host, _) = start(&setup, &flags(&setup, ADOPT), "--setsid");
    host.next("spawned");
    host.ready();
    assert_eq!(host.count("adopted"), 0);
    assert!(
        stranger.try_wait().expect("asked").is_none(),
        "it was ended"
    );
    stranger
        .kill()
        .and_then(|()| stranger.wait())
        .expect("ended by the test");
    host.order("stop");
    host.next("stopped");
    shut_down(&mut host, &setup, &family);
}

#[test]
fn one_that_is_kept_is_left_alone_and_told_of() {
    let setup = Setup::new();
    let (mut host, family, leader) = begin(&setup, KEEP, "--setsid");
    let before = family.living();
    host.order("shutdown");
    host.end();
    assert_eq!(host.wait_for("released")["pid"], leader);
    let (mut host, second) = {
        let family = setup.family("second");
        let words = args(&setup, &flags(&setup, KEEP), &family, "");
        (
            setup.start(std::path::Path::new(crate::support::HOST), words),
            family,
        )
    };
    let kept = host.next("kept");
    assert_eq!(
        (&kept["pid"], &kept["sidecar"]),
        (&leader.into(), &"web".into())
    );
    host.ready();
    assert_eq!(family.living(), before, "it was left alone");
    assert_eq!(second.living().len(), 1, "and another one runs");
    host.order("stop");
    host.next("stopped");
    assert_eq!(family.living(), before, "a stop is about one's own");
    host.order("shutdown");
    host.end();
    for process in before {
        process.kill();
    }
    eventually("all is gone", || setup.survivors().is_empty());
}

#[test]
fn a_guardian_that_dies_takes_nobody_with_it_who_is_to_live_on() {
    let setup = Setup::new();
    let (mut host, family, leader) = begin(&setup, ADOPT, "--setsid");
    host.guardian().kill();
    host.next("protection_lost");
    assert!(Process::of(leader as i32).is_some_and(|p| p.lives()));
    host.order("stop");
    assert_eq!(host.next("stopped")["survivors"], 0);
    assert_eq!(host.count("spawned"), 1);
    shut_down(&mut host, &setup, &family);
}

#[test]
fn its_log_goes_on_and_is_read_by_the_next_host() {
    let setup = Setup::new();
    let script =
        "echo first; while [ ! -e \"$0\" ]; do sleep 0.02; done; echo second; exec sleep 180";
    let go = setup.path("go");
    let command = || {
        let words = ["sh", "-c", script].map(Into::into);
        words
            .into_iter()
            .chain([go.clone().into_os_string()])
            .collect()
    };
    let words = format!(
        "--leftovers adopt --grace 300 --log {}",
        setup.path("log").display()
    );
    let mut host = start_command(&setup, &words, command());
    let leader = host.next("ready")["pid"].as_i64().expect("a pid");
    let leader = Process::of(leader as i32).expect("it runs");
    setup.wait_until_recorded(&[leader]);
    let log = || fs::read_to_string(setup.path("log")).unwrap_or_default();
    eventually("it is logged", || log() == "first\n");
    kill(&mut host);
    fs::write(&go, "").expect("written");
    eventually("it writes on without a host", || log() == "first\nsecond\n");
    let mut host = start_command(&setup, &words, command());
    host.next("adopted");
    host.next("ready");
    let leader = host.wait_for("adopted")["pid"].as_i64().expect("a pid");
    Process::of(leader as i32).expect("it runs").kill();
    let lines = host.next("crashed")["last_lines"].clone();
    assert_eq!(
        lines,
        serde_json::json!(["first", "second"]),
        "of before, too"
    );
    assert_eq!(log(), "first\nsecond\n", "nothing was begun anew");
    host.order("shutdown");
    host.end();
    eventually("nothing is left", || setup.survivors().is_empty());
}

/// What host and guardian leave is ended by a standby, but not this; and a standby that has become
/// the guardian looks after it.
#[test]
fn a_standby_lets_it_live_and_looks_after_it() {
    let setup = Setup::new();
    let adopt = format!("--standby {ADOPT}");
    let (mut host, family, leader) = begin(&setup, &adopt, "--setsid --double-fork");
    let before = family.living();
    let standby = host.standby();
    kill_both(&mut host);
    standby.wait();
    assert_eq!(family.living(), before, "nobody was harmed");

    let (mut host, adopted) = next(&setup, &adopt, "--setsid --double-fork");
    assert_eq!(adopted["pid"], leader);
    host.guardian().kill();
    assert_eq!(host.next("protection_lost")["protection"], "guardian");
    assert_eq!(family.living(), before, "nobody was harmed");
    host.order("stop");
    assert_eq!(host.next("stopped")["survivors"], 0);
    assert!(family.living().is_empty(), "{:?}", family.living());
    shut_down(&mut host, &setup, &family);
}

/// What the list of all sidecars says of whom the next start of the app would do what with.
fn listed(pid: i32) -> Option<Leftovers> {
    let census = Census::take().expect("the list can be read");
    let (_, tree) = census.whose(pid.unsigned_abs())?;
    Some(tree.leftovers)
}

/// It was called adoptable, and ended.
#[test]
fn a_server_without_its_leader_is_not_listed_as_one_that_lives_on() {
    let setup = Setup::new();
    let (mut host, family, leader) = begin(&setup, ADOPT, "--setsid");
    family.wait_for(2);
    let server = family.living_as("escapee").remove(0);
    kill(&mut host);
    assert_eq!(listed(server.pid), Some(Leftovers::Adopt));
    let leader = Process::of(leader as i32).expect("it was left");
    leader.kill();
    leader.wait();
    assert_eq!(listed(server.pid), Some(Leftovers::End));

    let others = setup.family("others");
    let words = args(&setup, &flags(&setup, ADOPT), &others, "");
    let mut host = setup.start(fake_host::testing::fake_host(), words);
    host.next("ready");
    assert!(!server.lives(), "{:#?}", host.lines());
    host.order("stop");
    host.next("stopped");
    host.order("shutdown");
    host.end();
}
