//! Processes on a terminal that the tree itself made, as script(1), node-pty and test runners do.

use std::ffi::OsString;

use fake_host::testing::{Family, Host, Setup, eventually, fake_sidecar};

use crate::leftovers::kill_both;
use crate::support::start_command;

/// A server beside somebody on a terminal of the tree's own, whom neither the terminal's end nor
/// a request impresses.
fn on_a_terminal(setup: &Setup, family: &Family) -> Host {
    let script = "script -qec 'trap \"\" HUP TERM; exec \"$SERVER\" --ignore-term --no-listen \
                  --max-life 3m --pidfile \"$PIDS\"' /dev/null </dev/null & \
                  exec \"$SERVER\" --no-listen --max-life 3m";
    let command: Vec<OsString> = ["sh", "-c", script].map(Into::into).into();
    let mut words: Vec<OsString> = vec!["env".into()];
    for (name, value) in [("SERVER", fake_sidecar()), ("PIDS", family.file())] {
        let mut word = OsString::from(name);
        word.push("=");
        word.push(value);
        words.push(word);
    }
    words.extend(command);
    let mut host = start_command(setup, "--grace 300", words);
    host.next("ready");
    family.wait_for(1);
    host
}

#[test]
fn whoever_is_on_a_terminal_of_the_trees_own_ends_with_it() {
    let setup = Setup::new();
    let family = setup.family("pids");
    let mut host = on_a_terminal(&setup, &family);
    host.order("shutdown");
    host.end();
    assert!(family.living().is_empty(), "{:#?}", host.lines());
    assert!(host.all("kept").is_empty(), "{:#?}", host.lines());
}

#[test]
fn and_with_a_killed_host() {
    let setup = Setup::new();
    let family = setup.family("pids");
    let mut host = on_a_terminal(&setup, &family);
    host.kill();
    host.end();
    host.wait_until_empty();
    assert!(family.living().is_empty());
}

#[test]
fn and_at_the_next_start_when_the_guardian_was_killed_too() {
    let setup = Setup::new();
    let family = setup.family("pids");
    let mut host = on_a_terminal(&setup, &family);
    kill_both(&mut host);
    let command = [fake_sidecar().into(), "--no-listen".into()].into();
    let mut next = start_command(&setup, "", command);
    next.next("ready");
    eventually("it is gone", || family.living().is_empty());
    assert!(next.all("kept").is_empty(), "{:#?}", next.lines());
}
