//! Batch files, as `pnpm.cmd` is one: what they are given arrives, and begins no second command.
//! And lines for `cmd.exe`, which have as many as they name.

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

/// With the quotes of the C runtime its first mark came as `\"`, and the program was not found.
#[test]
fn a_line_for_cmd_is_run_as_it_was_typed() {
    let dir = tempfile::tempdir().expect("a folder");
    let folder = dir.path().join("a b");
    fs::create_dir(&folder).expect("made");
    let program = folder.join("first one.exe");
    fs::copy(crate::support::program("fake-sidecar"), &program).expect("copied");
    let line = format!(
        "\"{}\" --exit-early 0 --print-url \"two words\" && echo %SECOND%&& echo \"3 & 4\"",
        program.display()
    );
    let config = SidecarConfig::builder()
        .program("cmd")
        .args(["/d", "/s", "/c", &line])
        .env("SECOND", "second");
    let watched = Watched::start(dir.path(), config);
    watched.stopped();
    assert_eq!(watched.lines(), ["two words", "second", "\"3 & 4\""]);
}

#[test]
fn a_line_break_in_a_line_for_cmd_is_refused() {
    let dir = tempfile::tempdir().expect("a folder");
    let config = SidecarConfig::builder()
        .program("cmd")
        .args(["/d", "/s", "/c", "echo a\necho b"]);
    let reason = Watched::start(dir.path(), config).failed();
    assert!(reason.contains("line break"), "{reason}");
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
