//! What a dev server opened for its user is not ended with it on Windows either, though nothing leaves
//! a job. The same as `editors` is for Unix, in the words of a batch file.

use std::fs;
use std::path::PathBuf;

use fake_host::testing::{Family, Host, Process, Setup, eventually, fake_sidecar};

use crate::support::start_command;

/// An editor that runs a helper.
const WITH_HELPER: &str = "--fork 1";

/// A server that opens an editor on its way up.
struct Case {
    setup: Setup,
    host: Host,
    server: Family,
    editor: Family,
}

/// The test server under another name.
fn copied(setup: &Setup, name: &str) -> PathBuf {
    let copy = setup.path(name);
    fs::copy(fake_sidecar(), &copy).expect("copied");
    copy
}

impl Case {
    fn begin(host_flags: &str, name: &str, editor_flags: &str, server_flags: &str) -> Case {
        let setup = Setup::new();
        let (server, editor) = (setup.family("server"), setup.family("editor"));
        let script = setup.path("dev.cmd");
        let text = format!(
            "@start \"\" /b \"{}\" --no-listen --max-life 3m --pidfile \"{}\" {editor_flags}\r\n\
             @\"{}\" --max-life 3m --pidfile \"{}\" {server_flags}\r\n",
            copied(&setup, name).display(),
            editor.file().display(),
            fake_sidecar().display(),
            server.file().display(),
        );
        fs::write(&script, text).expect("written");
        let flags = format!("--port auto --http / --grace 300 {host_flags}");
        let mut host = start_command(&setup, &flags, vec![script.into()]);
        host.ready();
        server.wait_for(1);
        editor.wait_for(if editor_flags == WITH_HELPER { 2 } else { 1 });
        Case {
            setup,
            host,
            server,
            editor,
        }
    }

    /// Asks for an end in good order. Returns who of the editor has lived through it.
    fn shut_down(&mut self) -> Vec<Process> {
        self.host.order("shutdown");
        self.host.end();
        assert!(self.server.living().is_empty(), "{:#?}", self.host.lines());
        self.editor.living()
    }
}

#[test]
fn an_editor_lives_on_with_all_that_it_has_started() {
    let mut case = Case::begin("", "Code.exe", WITH_HELPER, "");
    let before = case.editor.living();
    assert_eq!(case.shut_down(), before);
    let kept = case.host.all("kept");
    assert_eq!(kept.len(), 1, "told once, for the editor itself: {kept:#?}");
    assert_eq!(kept[0]["why"], "Code is on the keep list");
    let pid = kept[0]["pid"].as_i64().expect("a pid");
    assert!(before.iter().any(|p| i64::from(p.pid) == pid), "{kept:#?}");
    assert_eq!(case.host.next_after_end("stopped")["survivors"], 0);
}

#[test]
fn a_program_that_the_configuration_names_lives_on() {
    let mut case = Case::begin("--keep my-editor", "My-Editor.exe", WITH_HELPER, "");
    assert_eq!(case.shut_down().len(), 2);
}

#[test]
fn a_program_that_nobody_names_does_not() {
    let mut case = Case::begin("", "my-editor.exe", WITH_HELPER, "");
    assert_eq!(case.shut_down(), []);
    assert!(case.host.all("kept").is_empty());
}

#[test]
fn a_browser_that_a_program_drives_does_not() {
    let mut case = Case::begin("", "chrome.exe", "--print-url=--headless=new", "");
    assert_eq!(case.shut_down(), []);
}

/// The others are ended one by one then, who are many and deaf.
#[test]
fn force_spares_the_editor_alone() {
    let mut case = Case::begin("", "code.exe", WITH_HELPER, "--ignore-term --fork 3");
    case.server.wait_for(4);
    assert_eq!(case.shut_down().len(), 2);
}

#[test]
fn a_restart_spares_it_too_and_what_it_starts_later_is_its_own() {
    let mut case = Case::begin("", "code.exe", WITH_HELPER, "");
    let before = case.editor.living();
    case.host.order("restart");
    case.host.next("stopped");
    case.host.ready();
    // Each run opens one.
    case.editor.wait_for(4);
    let living = case.editor.living();
    assert!(before.iter().all(|p| living.contains(p)), "{living:?}");
    assert_eq!(case.shut_down(), living);
}

/// Where nobody is left who could tell them apart, the whole job ends.
#[test]
fn a_killed_host_takes_it_with_it() {
    let mut case = Case::begin("", "code.exe", WITH_HELPER, "");
    case.host.kill();
    case.host.end();
    eventually("all have ended", || {
        case.editor.living().is_empty() && case.server.living().is_empty()
    });
    eventually("nobody is left", || case.setup.survivors().is_empty());
}
