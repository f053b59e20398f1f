//! What bash, fish and zsh make of the completions.

use std::fs;
use std::path::Path;
use std::process::Command;

use fake_host::testing::Setup;

use crate::generated::COMMANDS;
use crate::support::{Answer, SIDECAR, ask};

#[test]
fn bash_takes_the_completions_and_offers_what_there_is() {
    let setup = Setup::new();
    let script = ask(Path::new("/"), &["completions", "bash"]).stdout;
    let file = setup.path("sidecar.bash");
    fs::write(&file, script).expect("written");
    let bash = |script: &str| {
        let mut command = Command::new("bash");
        let answer = Answer::of(command.args(["--norc", "-c", script, "bash"]).arg(&file));
        assert_eq!((answer.code, answer.stderr.as_str()), (0, ""), "{script}");
        answer.stdout
    };
    bash("bash -n \"$1\"");
    let known = bash("source \"$1\"; complete -p sidecar");
    assert!(
        known.starts_with("complete -") && known.ends_with(" sidecar\n"),
        "{known}"
    );
    let offered = |words: &str| {
        let words = format!(
            "source \"$1\"; COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); \
             _sidecar sidecar \"${{COMP_WORDS[-1]}}\" \"${{COMP_WORDS[-2]}}\"; \
             printf '%s\\n' \"${{COMPREPLY[@]}}\""
        );
        bash(&words).lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let commands = offered("sidecar ''");
    for command in COMMANDS {
        assert!(
            commands.iter().any(|c| c == command),
            "{command}: {commands:?}"
        );
    }
    assert_eq!(offered("sidecar port --js"), ["--json"]);
    assert_eq!(offered("sidecar run --restart on-"), ["on-failure"]);
}

#[test]
fn fish_takes_the_completions_and_offers_what_there_is() {
    let setup = Setup::new();
    let script = ask(Path::new("/"), &["completions", "fish"]).stdout;
    let file = setup.path("sidecar.fish");
    fs::write(&file, script).expect("written");
    let mut path = Path::new(SIDECAR).parent().expect("a folder").to_path_buf();
    path.as_mut_os_string()
        .push(":/usr/local/bin:/usr/bin:/bin");
    let offered = |words: &str| {
        let mut command = Command::new("fish");
        // It knows the options of programs on the PATH alone.
        command.env("PATH", &path).arg("--no-config");
        let script = format!("source {}; complete -C '{words}'", file.display());
        let answer = Answer::of(command.args(["-c", &script]));
        assert_eq!((answer.code, answer.stderr.as_str()), (0, ""), "{script}");
        let words = answer
            .stdout
            .lines()
            .filter_map(|line| line.split('\t').next());
        words.map(str::to_owned).collect::<Vec<_>>()
    };
    let commands = offered("sidecar ");
    for command in COMMANDS {
        assert!(commands.iter().any(|c| c == command), "{commands:?}");
    }
    assert_eq!(offered("sidecar port --js"), ["--json"]);
    assert_eq!(offered("sidecar run --restart on-"), ["on-failure"]);
}

/// It completes in its line editor alone, so it is given a terminal and a press of Tab.
#[test]
fn zsh_takes_the_completions_and_completes_what_is_typed() {
    const SESSION: &str = r#"
        zmodload zsh/zpty
        zpty shell zsh -f -i
        zpty -w shell "fpath=($1 \$fpath); autoload -Uz compinit; compinit -u -D
            show() { zle complete-word; print -r -- \"<\$BUFFER>\" }
            zle -N show; bindkey '^I' show; print set''up"
        zpty -r -m shell seen '*setup*'
        zpty -w -n shell "$2"$'\t'
        zpty -r -m shell seen $'*<*>\r*'
        print -r -- "${${seen##*<}%%>*}"
        zpty -d shell
    "#;
    let setup = Setup::new();
    let script = ask(Path::new("/"), &["completions", "zsh"]).stdout;
    fs::write(setup.path("_sidecar"), script).expect("written");
    let completed = |typed: &str| {
        let mut command = Command::new("zsh");
        command.args(["-f", "-c", SESSION, "zsh"]);
        let answer = Answer::of(command.arg(setup.folder()).arg(typed));
        assert_eq!((answer.code, answer.stderr.as_str()), (0, ""), "{typed}");
        answer.stdout.trim().to_owned()
    };
    assert_eq!(completed("sidecar comp"), "sidecar completions");
    assert_eq!(completed("sidecar port --js"), "sidecar port --json");
    assert_eq!(completed("sidecar run --res"), "sidecar run --restart=");
    assert_eq!(
        completed("sidecar run --restart on-"),
        "sidecar run --restart on-failure"
    );
}
