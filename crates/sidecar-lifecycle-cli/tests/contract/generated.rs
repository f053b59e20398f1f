//! What is made from the definition of the arguments, and the schema.

use std::fs;
use std::path::Path;
use std::process::Command;

use fake_host::testing::Setup;

use crate::support::ask;

pub(crate) const COMMANDS: [&str; 7] = [
    "run",
    "ps",
    "port",
    "doctor",
    "schema",
    "completions",
    "man",
];

#[test]
fn every_shell_has_completions() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let answer = ask(Path::new("/"), &["completions", shell]);
        assert_eq!(answer.code, 0, "{shell}: {}", answer.stderr);
        for words in ["completions", "json", "port-env"] {
            assert!(answer.stdout.contains(words), "{shell}: {words}");
        }
    }
    assert_eq!(ask(Path::new("/"), &["completions", "tcsh"]).code, 2);
}

#[test]
fn every_command_has_a_man_page_without_a_warning() {
    let setup = Setup::new();
    let folder = setup.path("man/man1");
    let written = ask(setup.folder(), &["man", "--output", "man/man1"]);
    assert_eq!(
        (written.code, written.stdout.as_str()),
        (0, ""),
        "{}",
        written.stderr
    );
    let main = fs::read_to_string(folder.join("sidecar.1")).expect("written");
    assert_eq!(ask(Path::new("/"), &["man"]).stdout, main);
    for command in COMMANDS {
        let page = folder.join(format!("sidecar-{command}.1"));
        let text = fs::read_to_string(&page).expect("written");
        assert_eq!(ask(Path::new("/"), &["man", command]).stdout, text);
        for section in [
            ".TH sidecar-",
            ".SH NAME",
            ".SH SYNOPSIS",
            ".SH DESCRIPTION",
            ".SH OPTIONS",
        ] {
            assert!(text.contains(section), "{command}: {section}");
        }
        assert!(
            text.contains(&format!("sidecar {command}")),
            "{command}: {text}"
        );
        assert!(
            main.contains(&format!("sidecar\\-{command}(1)")),
            "{command}: {main}"
        );
    }
    // What renders it is on most systems; the structure above is checked on all.
    let mut groff = Command::new("groff");
    groff.args(["-man", "-ww", "-b", "-z", "-Tutf8"]);
    let pages = fs::read_dir(&folder).expect("a folder").flatten();
    groff.args(pages.map(|page| page.path()));
    if let Ok(output) = groff.output() {
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        assert!(output.status.success());
    }
}

#[test]
fn a_page_that_does_not_exist_is_bad_usage_and_names_those_that_do() {
    let answer = ask(Path::new("/"), &["man", "nope"]);
    assert_eq!((answer.code, answer.stdout.as_str()), (2, ""));
    assert!(
        answer.stderr.contains("choose one of run, ps, port"),
        "{}",
        answer.stderr
    );
    let setup = Setup::new();
    fs::write(setup.path("file"), "no folder").expect("written");
    let below = setup.path("file").join("man");
    let below = below.to_str().expect("a text");
    let nowhere = ask(setup.folder(), &["man", "--output", below]);
    assert_eq!(nowhere.code, 2);
    let said = format!("sidecar: cannot write {below}");
    assert!(nowhere.stderr.starts_with(&said), "{}", nowhere.stderr);
}

#[test]
fn the_schema_is_the_committed_one() {
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas/sidecar.schema.json");
    let committed = fs::read_to_string(committed).expect("readable");
    for args in [&["schema"][..], &["schema", "run"]] {
        let answer = ask(Path::new("/"), args);
        assert_eq!(
            (answer.code, answer.stdout.as_str()),
            (0, committed.as_str())
        );
    }
    assert_eq!(ask(Path::new("/"), &["schema", "nope"]).code, 2);
}
