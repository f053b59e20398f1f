//! Stop, start and restart, also in haste.

use fake_host::testing::{Family, Host, Setup, eventually};

use crate::support::{shut_down, start};

#[test]
fn ten_restarts_at_once_leave_one_server() {
    let setup = Setup::new();
    let flags = "--fork 1 --setsid";
    let (mut host, family) = start(&setup, "--port auto --http / --grace 300", flags);
    host.ready();
    family.wait_for(3);
    host.order("restart*10");
    host.wait_for("obeyed");
    settles(&host, &family, 3);
    assert_eq!(family.living_as("leader").len(), 1);
    shut_down(&mut host, &setup, &family);
    let (spawned, stopped) = (host.all("spawned").len(), host.all("stopped").len());
    assert_eq!(spawned, stopped, "every run has one end");
    assert!(
        spawned <= 3,
        "asked for ten times at once, it is done once or twice, not {spawned}"
    );
}

/// Waits until one server of so many processes is ready, and nothing else runs.
fn settles(host: &Host, family: &Family, count: usize) {
    eventually("one server is ready and nothing else runs", || {
        let spawned = host.all("spawned").len();
        let ready = host.all("ready").last().map(|e| e["run"].clone());
        ready.is_some()
            && ready == host.all("spawned").last().map(|e| e["run"].clone())
            && host.all("stopped").len() + 1 == spawned
            && family.living().len() == count
    });
}

#[test]
fn starts_and_stops_in_haste_end_as_the_last_wish_says() {
    let setup = Setup::new();
    let (mut host, family) = start(&setup, "--port auto --http / --grace 300", "--setsid");
    for _ in 0..8 {
        host.order("stop");
        host.order("start");
        host.order("restart*3");
    }
    host.order("stop");
    host.order("start");
    eventually("all orders are taken", || host.all("obeyed").len() == 26);
    settles(&host, &family, 2);
    host.order("stop");
    eventually("it is down", || {
        host.all("stopped").len() == host.all("spawned").len()
    });
    assert!(family.living().is_empty());
    shut_down(&mut host, &setup, &family);
}

#[test]
fn a_crash_is_followed_by_a_new_run_on_the_same_port() {
    let setup = Setup::new();
    let port = fake_host::testing::free_port();
    let flags = format!("--restart --port {port} --http /");
    let (mut host, family) = start(&setup, &flags, "--fork 1 --setsid");
    assert_eq!(host.ready(), port);
    for leader in family.living_as("leader") {
        leader.kill();
    }
    let crashed = host.next("crashed");
    assert_eq!(
        (&crashed["attempt"], &crashed["max"]),
        (&1.into(), &5.into())
    );
    assert_eq!(host.next("stopped")["survivors"], 0);
    host.next("restarting");
    assert_eq!(host.ready(), port);
    family.wait_for(3);
    assert_eq!(family.living().len(), 3, "nothing of the first run is left");
}

/// Where orphans go to init, who has no marker is known by its maker alone, if that was seen in time.
#[cfg(not(target_os = "macos"))]
#[test]
fn two_sidecars_whose_escapees_wipe_their_marks_are_told_apart_or_ended_with_the_host() {
    let setup = Setup::new();
    let flags = "--count 2 --port auto --http / --grace 300";
    let (mut host, family) = start(&setup, flags, "--setsid --double-fork --wipe-env");
    host.ready();
    host.ready();
    family.wait_for(6);
    host.order("shutdown");
    host.end();
    eventually("nothing is left", || family.living().is_empty());
    crate::support::assert_nothing_left(&setup, &family);
}
