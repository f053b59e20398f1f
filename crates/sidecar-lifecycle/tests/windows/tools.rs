//! Tools that are asked for their versions, most of which are batch files: npm's, pnpm's, Yarn's.

use std::fs;
use std::path::Path;
use std::time::Duration;

use sidecar_lifecycle::environ::{AskError, ask_tool, current_env};
use sidecar_lifecycle::identity::Identity;

use crate::support::{LIMIT, program};

/// What a batch file of these lines answers, in a folder with a space in its name.
fn ask(dir: &Path, script: &str, limit: Duration) -> Result<String, AskError> {
    let folder = dir.join("its tools");
    fs::create_dir_all(&folder).expect("made");
    let tool = folder.join("tool.cmd");
    fs::write(&tool, format!("@echo off\r\n{script}\r\n")).expect("written");
    ask_tool(&tool, &["--version"], &current_env(), dir, limit)
}

#[test]
fn what_one_prints_counts_and_not_how_it_ends() {
    let dir = tempfile::tempdir().expect("a folder");
    let said = ask(dir.path(), "echo %~1 1.2.3\r\nexit /b 3", LIMIT).expect("it answers");
    assert_eq!(said.trim_end(), "--version 1.2.3");
}

#[test]
fn one_that_hangs_is_ended_with_its_children() {
    let dir = tempfile::tempdir().expect("a folder");
    let pids = dir.path().join("pids");
    let script = format!(
        "\"{}\" --no-listen --max-life 3m --fork 1 --pidfile \"{}\"",
        program("fake-sidecar").display(),
        pids.display()
    );
    let asked = ask(dir.path(), &script, Duration::from_secs(15));
    assert!(matches!(asked, Err(AskError::TimedOut { .. })), "{asked:?}");
    let members = fs::read_to_string(&pids).expect("it was asked");
    assert!(members.lines().count() > 1, "{members}");
    for member in members.lines() {
        let (_, pid) = member.split_once(' ').expect("role and pid");
        let alive = Identity::of(pid.parse().expect("a pid"));
        assert!(alive.is_none_or(|id| !id.is_alive()), "{member} lives on");
    }
}

#[test]
fn one_that_says_nothing_is_quoted_with_what_it_complained_of() {
    let dir = tempfile::tempdir().expect("a folder");
    let script = "echo at file:3>&2\r\necho SyntaxError: no>&2\r\necho v20>&2\r\nexit /b 1";
    let error = ask(dir.path(), script, LIMIT).expect_err("no answer");
    let said = r"tool.cmd said nothing (exit code: 1): SyntaxError: no";
    assert!(error.to_string().ends_with(said), "{error}");
}

#[test]
fn endless_output_is_no_answer_without_an_end() {
    let dir = tempfile::tempdir().expect("a folder");
    let script = "for /l %%i in (1,0,2) do echo again and again and again and again and again";
    let said = ask(dir.path(), script, LIMIT).expect("enough");
    assert_eq!(said.len(), 64 * 1024);
}

#[test]
fn what_is_no_program_says_so() {
    let dir = tempfile::tempdir().expect("a folder");
    let tool = dir.path().join("tool.exe");
    fs::write(&tool, "no program").expect("written");
    let asked = ask_tool(&tool, &[], &current_env(), dir.path(), LIMIT);
    assert!(matches!(asked, Err(AskError::Start { .. })), "{asked:?}");
}
