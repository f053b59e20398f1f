//! Batch files, as `pnpm.cmd` is one: what they are given arrives, and begins no second command.

use std::fs;
use std::path::Path;

use sidecar_lifecycle::SidecarConfig;

use crate::support::{Watched, program};
use crate::wine;

/// What a program says that a batch file hands all its arguments to, as npm's and pnpm's do.
fn said(dir: &Path, arg: &str) -> Vec<String> {
    let shim = dir.join("shim.cmd");
    let program = program("fake-sidecar");
    let text = format!(
        "@\"{}\" --exit-early 0 --print-url %*\r\n",
        program.display()
    );
    fs::write(&shim, text).expect("writable");
    let config = SidecarConfig::builder().program(&shim).args([arg]);
    let watched = Watched::start(dir, config);
    watched.stopped();
    watched.lines()
}

#[test]
fn hostile_arguments_arrive_as_they_are() {
    let dir = tempfile::tempdir().expect("a folder");
    for arg in [
        "plain",
        "two words",
        "a&echo owned",
        "a|echo owned",
        "a>owned",
        "a^b",
        "(a)",
        "a!b!",
        "ünï",
        "say \"hi\"",
        "\"&echo owned\"",
    ] {
        assert_eq!(said(dir.path(), arg), [arg]);
    }
    assert!(!dir.path().join("owned").exists());
    for arg in ["%PATH%", "100%"] {
        let arrives = said(dir.path(), arg) == [arg];
        assert_eq!(arrives, !wine::is_here(), "{arg}: see support/wine.rs");
    }
}

#[test]
fn a_line_break_in_an_argument_is_refused() {
    let dir = tempfile::tempdir().expect("a folder");
    let shim = dir.path().join("shim.cmd");
    fs::write(&shim, "@echo run\r\n").expect("writable");
    let config = SidecarConfig::builder()
        .program(&shim)
        .args(["a\r\necho owned"]);
    let watched = Watched::start(dir.path(), config);
    let reason = watched.failed();
    assert!(reason.contains("line break"), "{reason}");
    assert_eq!(watched.lines(), Vec::<String>::new());
}
