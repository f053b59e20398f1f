//! Programs and folders with names of all kinds.

use std::fs;

use sidecar_lifecycle::SidecarConfig;

use crate::support::{Watched, program};

#[test]
fn spaces_and_letters_of_all_languages_are_no_hindrance() {
    let dir = tempfile::tempdir().expect("a folder");
    let folder = dir.path().join("a b").join("ünï 字");
    fs::create_dir_all(&folder).expect("new");
    let copy = folder.join("my server.exe");
    fs::copy(program("fake-sidecar"), &copy).expect("copied");
    let log = folder.join("the log");
    let config = SidecarConfig::builder()
        .program(&copy)
        .args(["--print-url", "字 and \"more\"", "--exit-early", "0"])
        .cwd(&folder)
        .log_file(&log);
    let watched = Watched::start(dir.path(), config);
    assert_eq!(watched.exited(), Some(0));
    watched.stopped();
    assert_eq!(
        fs::read_to_string(log).expect("written"),
        "字 and \"more\"\n"
    );
}

/// As `canonicalize` answers them. Node shows such a folder as it is, and `cmd.exe` refuses it and works
/// in Windows' own.
#[test]
fn a_program_is_told_paths_as_people_write_them() {
    let dir = tempfile::tempdir().expect("a folder");
    let folder = dir.path().canonicalize().expect("there");
    assert!(
        folder
            .to_str()
            .is_some_and(|path| path.starts_with(r"\\?\"))
    );
    let shim = folder.join("where.cmd");
    fs::write(&shim, "@cd\r\n@echo %~f0\r\n").expect("writable");
    let config = SidecarConfig::builder().program(&shim).cwd(&folder);
    let watched = Watched::start(dir.path(), config);
    assert_eq!(watched.exited(), Some(0));
    watched.stopped();
    let short = &folder.to_str().expect("text")[4..];
    let said: Vec<String> = watched.lines().iter().map(|l| l.to_lowercase()).collect();
    let wanted = [short.to_owned(), format!(r"{short}\where.cmd")];
    assert_eq!(said, wanted.map(|path| path.to_lowercase()));
}

#[test]
fn a_program_that_cannot_be_started_says_why() {
    let dir = tempfile::tempdir().expect("a folder");
    let program = dir.path().join("no.exe");
    fs::write(&program, "not a program").expect("writable");
    let watched = Watched::start(dir.path(), SidecarConfig::builder().program(&program));
    let reason = watched.failed();
    assert!(
        reason.contains("no.exe") && reason.contains("cannot execute it"),
        "{reason}"
    );
}
