//! A launcher that leaves its signal mask behind: masks survive fork and exec.

use std::ffi::OsString;
use std::path::Path;

use fake_host::testing::Setup;

use crate::support::{HOST, args, args_for, assert_nothing_left};

/// A host whose launcher has blocked these signals.
fn blocked(signals: &str, args: Vec<OsString>) -> Vec<OsString> {
    let block = format!("--block-signal={signals}");
    let mut words: Vec<OsString> = vec![block.into(), HOST.into()];
    words.extend(args);
    words
}

/// The guardian slept through its children's ends.
#[test]
fn an_end_is_told_though_the_launcher_blocked_sigchld() {
    let setup = Setup::new();
    let command = ["sh", "-c", "sleep 0.2; exit 3"].map(Into::into).into();
    let words = blocked("CHLD", args_for(&setup, "", command));
    let mut host = setup.start(Path::new("env"), words);
    assert_eq!(host.next("exited")["code"], 3);
}

/// The program could not be asked to end.
#[test]
fn a_request_to_end_is_heard_though_the_launcher_blocked_it() {
    let setup = Setup::new();
    let family = setup.family("pids");
    let args = args(&setup, "--port auto --http / --grace 300", &family, "");
    let words = blocked("TERM,INT,HUP", args);
    let mut host = setup.start(Path::new("env"), words);
    host.ready();
    host.signal(libc::SIGTERM);
    host.end();
    assert_nothing_left(&setup, &family);
}
