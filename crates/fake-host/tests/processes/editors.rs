//! What a dev server opened for its user is not ended with it.

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;

use fake_host::testing::{
    Family, Host, Process, SETSID, Setup, eventually, eventually_some, fake_sidecar,
};

use crate::leftovers::kill_both;
use crate::support::{assert_port_free, start_command};

/// A server that opens an editor on its way up.
struct Case {
    setup: Setup,
    host: Host,
    server: Family,
    editor: Family,
    port: u16,
}

/// Ends a run, its sidecar or its host.
type End = fn(&mut Host);

/// The test server under another name: a copy of one of macOS' own programs would not run there, or
/// under the name of another.
fn copied(setup: &Setup, name: &str) -> PathBuf {
    let copy = setup.path("bin").join(name);
    let folder = copy.parent().expect("a file is in a folder");
    fs::create_dir_all(folder).expect("a folder");
    fs::copy(fake_sidecar(), &copy).expect("copied");
    copy
}

fn words(words: &[&dyn AsRef<std::ffi::OsStr>]) -> Vec<OsString> {
    words.iter().map(|w| w.as_ref().to_owned()).collect()
}

impl Case {
    /// `how` starts the editor, `$1`, which writes its pids into `$2`; `$3` is the test server.
    fn begin(host_flags: &str, name: &str, how: &str) -> Case {
        Case::begin_in(Setup::new(), host_flags, name, how)
    }

    fn begin_in(setup: Setup, host_flags: &str, name: &str, how: &str) -> Case {
        let (server, editor) = (setup.family("server"), setup.family("editor"));
        let program = copied(&setup, name);
        let script = format!("{SETSID}{how} & exec \"$3\" --max-life 3m --pidfile \"$4\"");
        let command = words(&[
            &"sh",
            &"-c",
            &script,
            &"sh",
            &program,
            &editor.file(),
            &fake_sidecar(),
            &server.file(),
        ]);
        let flags = format!("--port auto --http / --grace 300 {host_flags}");
        let mut host = start_command(&setup, &flags, command);
        let port = host.ready();
        server.wait_for(1);
        editor.wait_for(1);
        Case {
            setup,
            host,
            server,
            editor,
            port,
        }
    }

    /// Asks for an end in good order; tells whether the editor lives on.
    fn editor_lives_on(mut self) -> bool {
        let editors = self.editor.living();
        self.host.order("shutdown");
        self.host.end();
        assert!(self.server.living().is_empty());
        assert_port_free(self.port);
        let kept = self.host.all("kept");
        let lives = self.editor.living() == editors;
        assert_eq!(kept.len(), usize::from(lives), "{:#?}", self.host.lines());
        if let Some(kept) = kept.first() {
            assert_eq!(kept["sidecar"], "web");
            assert!(editors.iter().any(|e| kept["pid"] == e.pid), "{kept}");
            assert!(
                kept["why"].is_string() && kept["command"].is_string(),
                "{kept}"
            );
        } else {
            assert!(
                self.editor.living().is_empty(),
                "either all of it or nothing"
            );
        }
        lives
    }
}

const BESIDE: &str = r#""$1" --no-listen --max-life 3m --pidfile "$2""#;
const IN_A_SESSION: &str = r#"setsid "$1" --no-listen --max-life 3m --pidfile "$2""#;

#[test]
fn an_editor_in_the_servers_group_lives_on() {
    assert!(Case::begin("", "code", BESIDE).editor_lives_on());
}

#[test]
fn an_editor_in_a_session_of_its_own_lives_on() {
    assert!(Case::begin("", "code", IN_A_SESSION).editor_lives_on());
}

#[test]
fn a_program_that_the_configuration_names_lives_on() {
    assert!(Case::begin("--keep my-editor", "my-editor", BESIDE).editor_lives_on());
}

#[test]
fn a_program_that_nobody_names_does_not() {
    assert!(!Case::begin("", "my-editor", BESIDE).editor_lives_on());
    assert!(!Case::begin("", "my-editor", IN_A_SESSION).editor_lives_on());
}

/// `electron-vite` and `electron-forge` run the project's app by a program that is called like an
/// editor: it lived on, and the next start opened a second one.
#[test]
fn a_program_of_the_projects_packages_does_not() {
    let name = "node_modules/electron/dist/code";
    assert!(!Case::begin("", name, BESIDE).editor_lives_on());
    assert!(!Case::begin("", name, IN_A_SESSION).editor_lives_on());
}

#[test]
fn a_browser_that_a_program_drives_does_not() {
    let how = format!("{IN_A_SESSION} --print-url=--headless=new");
    assert!(!Case::begin("", "code", &how).editor_lives_on());
}

/// The deaf rest of the group is ended one by one then, since the group holds the editor too.
#[test]
fn force_spares_the_editor_in_the_group() {
    let how = format!("\"$3\" --ignore-term --no-listen --max-life 3m --pidfile \"$4\" & {BESIDE}");
    assert!(Case::begin("", "code", &how).editor_lives_on());
}

/// An editor that runs a helper, which nobody would know for an editor.
const WITH_HELPER: &str = r#"setsid "$1" --no-listen --max-life 3m --pidfile "$2" --helper "$3""#;

fn with_helper() -> Case {
    with_helper_of("code", "")
}

fn with_helper_of(name: &str, flags: &str) -> Case {
    let case = Case::begin(flags, name, WITH_HELPER);
    case.editor.wait_for(2);
    case
}

#[test]
fn an_editor_takes_what_it_has_started_with_it() {
    let mut case = with_helper();
    let helpers = case.editor.living();
    case.host.order("shutdown");
    case.host.end();
    assert_eq!(case.editor.living(), helpers, "its language server, say");
    assert!(case.server.living().is_empty());
}

#[test]
fn a_killed_host_takes_no_editor_with_it() {
    let mut case = with_helper();
    let helpers = case.editor.living();
    case.host.kill();
    case.host.end();
    eventually("the server is gone", || case.server.living().is_empty());
    let guardians = || {
        case.setup
            .survivors()
            .into_iter()
            .filter(Process::is_guardian)
    };
    eventually("the guardian has ended", || guardians().count() == 0);
    assert_eq!(case.editor.living(), helpers);
}

#[test]
fn the_next_start_ends_no_editor_and_nothing_that_it_has_started() {
    let mut case = with_helper();
    let helpers = case.editor.living();
    kill_both(&mut case.host);
    let command = words(&[&fake_sidecar(), &"--no-listen"]);
    let mut next = start_command(&case.setup, "", command);
    next.next("ready");
    assert_eq!(case.editor.living(), helpers, "{:#?}", next.lines());
    let kept = next.all("kept");
    assert_eq!(kept.len(), 1, "told once, for the editor itself: {kept:#?}");
    assert!(case.server.living().is_empty());
}

/// Its host went by the list that comes with the engine.
#[test]
fn a_killed_guardian_takes_no_editor_that_the_configuration_names_with_it() {
    let mut case = with_helper_of("my-editor", "--keep my-editor");
    let helpers = case.editor.living();
    case.host.guardian().kill();
    case.host.next("protection_lost");
    case.host.next("stopped");
    assert!(case.server.living().is_empty());
    assert_eq!(case.editor.living(), helpers, "{:#?}", case.host.lines());
}

#[cfg(target_os = "linux")]
#[test]
fn a_standby_ends_no_editor_that_the_configuration_names() {
    let mut case = with_helper_of("my-editor", "--standby --keep my-editor");
    let helpers = case.editor.living();
    let standby = case.host.standby();
    kill_both(&mut case.host);
    standby.wait();
    assert!(case.server.living().is_empty());
    assert_eq!(case.editor.living(), helpers);
}

/// By then neither its name nor its parent tells that it is an editor's.
#[cfg(target_os = "linux")]
#[test]
fn a_standby_leaves_alone_what_the_guardian_has_let_go() {
    let mut case = with_helper_of("my-editor", "--standby --keep my-editor");
    let helpers = case.editor.living_as("child");
    case.host.order("stop");
    case.host.next("stopped");
    let editor = &case.editor.living_as("leader")[0];
    editor.kill();
    editor.wait();
    let standby = case.host.standby();
    kill_both(&mut case.host);
    standby.wait();
    assert_eq!(case.editor.living(), helpers);
}

/// Its words went into the server's pipes; with the run their other ends were closed, and the
/// next word killed it.
#[test]
fn an_editor_may_go_on_writing_when_its_run_has_ended() {
    let killed: End = |host| {
        host.kill();
        host.end();
    };
    let ends: [(&str, End); 4] = [
        ("", |host| {
            host.order("stop");
            host.next("stopped");
        }),
        ("", |host| {
            host.order("shutdown");
            host.end();
        }),
        ("", killed),
        // Whoever reads on for it becomes the standby's child.
        ("--standby", killed),
    ];
    let how = r#"setsid "$1" --no-listen --max-life 3m --pidfile "$2" --chatter "$2.said""#;
    for (flags, end) in ends {
        let setup = Setup::new();
        let log = setup.path("log");
        let flags = format!("{flags} --log {}", log.display());
        let mut case = Case::begin_in(setup, &flags, "code", how);
        let said = || {
            let text = fs::read_to_string(case.editor.file().with_extension("said"));
            text.ok().and_then(|t| t.trim().parse::<u32>().ok())
        };
        let begun = eventually_some("it writes", said);
        end(&mut case.host);
        eventually("the server is gone", || case.server.living().is_empty());
        eventually("it goes on to write", || said() > Some(begun + 20));
        for editor in case.editor.living() {
            editor.kill();
        }
        case.host.order("shutdown");
        case.host.end();
        case.host.wait_until_empty();
    }
}
