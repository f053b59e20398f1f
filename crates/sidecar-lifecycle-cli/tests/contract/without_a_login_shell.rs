//! What becomes of `--login-env` where no shell can be asked for it.

use std::fs;
use std::process::Command;

use fake_host::testing::Setup;
use serde_json::{Value, json};

use crate::support::{Answer, SIDECAR};

#[test]
fn the_environment_here_is_the_users_and_is_said_to_be_given() {
    let setup = Setup::new();
    let config = json!({
        "name": "cmd", "env": { "OWN": "its own" }, "port": "auto", "portVariable": "API_PORT",
        "args": ["/d", "/c", "echo %INHERITED% %Own% [%CLAUDECODE%] %PORT%"],
    });
    fs::write(setup.path("sidecar.json"), config.to_string()).expect("written");
    let answer = Answer::of(
        Command::new(SIDECAR)
            .args(["run", "--json", "--json-log", "--login-env", "--config"])
            .arg(setup.path("sidecar.json"))
            .env("INHERITED", "yes")
            .env("Own", "another")
            .env("CLAUDECODE", "1")
            .env("Port", "1"),
    );
    assert_eq!(answer.code, 0, "{} {}", answer.stdout, answer.stderr);
    let said = "sidecar: --login-env: Windows has no login shell, ";
    assert!(answer.stderr.starts_with(said), "{}", answer.stderr);
    let events = answer.stdout.lines().map(serde_json::from_str::<Value>);
    let events: Vec<Value> = events.map(|event| event.expect("JSON")).collect();
    let one = |name: &str| {
        let mut of_it = events.iter().filter(|event| event["event"] == name);
        of_it
            .next()
            .unwrap_or_else(|| panic!("no {name}: {events:#?}"))
    };
    let line = one("log")["line"].as_str().expect("a text");
    let port = &one("port_chosen")["port"];
    assert_eq!(
        line.trim_end(),
        format!("yes its own [%CLAUDECODE%] {port}")
    );
}
