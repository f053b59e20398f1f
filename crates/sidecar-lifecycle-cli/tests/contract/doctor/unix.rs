//! What there is only here: login shells, and limits on open files.

use std::process::Command;

use serde_json::{Value, json};

use super::{Home, Report, shop};
use crate::support::{Answer, SIDECAR};

#[test]
fn what_only_the_login_shell_finds_is_said_to_be_its() {
    let home = Home::new(&json!({"name": "shop"}));
    home.write("project/bun.lock", "");
    home.tool("elsewhere/bun", "echo 1.3.0");
    let profile = format!("PATH=$PATH:'{}'\n", home.path("elsewhere").display());
    home.write(".profile", &profile);
    let report = home.report(&[]);
    report.expect(
        "bun",
        "warning",
        "on the login shell's PATH and not on this one",
    );
    assert_eq!(report.check("bun")["login"]["version"], "1.3.0");
}

#[test]
fn two_versions_of_one_tool_are_both_named() {
    let home = Home::new(&shop());
    home.tool("elsewhere/node", "echo v24.1.0");
    let profile = format!("PATH='{}':$PATH\n", home.path("elsewhere").display());
    home.write(".profile", &profile);
    let report = home.report(&[]);
    report.expect("node", "warning", "22.12.0 at ");
    report.expect("node", "warning", "; the login shell has 24.1.0 at ");
}

#[test]
fn a_login_shell_that_hangs_is_named_and_keeps_nobody_waiting() {
    let home = Home::new(&shop());
    home.write(".profile", "sleep 1000\n");
    let report = home.report(&["--timeout", "2s"]);
    report.expect("login shell", "warning", "gave no environment within 2s");
    assert_eq!(report.check("node")["login"], Value::Null);
}

#[test]
fn few_open_files_are_a_warning() {
    let home = Home::new(&shop());
    let limited = |soft: u32| {
        let mut command = Command::new("sh");
        let script = format!("ulimit -S -n {soft} && exec \"$0\" doctor --json");
        command
            .args(["-c", &script, SIDECAR])
            .current_dir(home.path("project"));
        command.env("HOME", home.0.folder()).env("SHELL", "/bin/sh");
        Report(Answer::of(&mut command).json())
    };
    limited(256).expect("open files", "warning", "256 for each process");
    limited(1024).expect("open files", "ok", "1024 for each process");
}
