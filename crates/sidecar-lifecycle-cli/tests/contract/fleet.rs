//! `--config fleet.json`: many sidecars at once.

use std::fs;
use std::process::Command;

use fake_host::testing::{Host, Setup, fake_sidecar};
use serde_json::{Value, json};

use crate::support::{SHELL, SIDECAR, args, code, run, shell};

fn write(setup: &Setup, sidecars: &Value) -> String {
    let path = setup.path("fleet.json");
    let fleet = json!({ "sidecars": sidecars });
    fs::write(&path, format!("{fleet:#}")).expect("written");
    path.display().to_string()
}

/// A server of the fleet, whose processes write their pids into a file of this name.
fn server(name: &str, flags: &[&str], more: &Value) -> Value {
    let pidfile = format!("{name}.pids");
    let mut words = vec!["--max-life", "3m", "--pidfile", &pidfile];
    words.extend(flags);
    let mut config = json!({
        "program": fake_sidecar(), "args": words, "port": "auto", "healthCheck": "/",
    });
    let more = more.as_object().expect("an object");
    config
        .as_object_mut()
        .expect("an object")
        .extend(more.clone());
    config
}

/// A shell's command line.
fn script(text: &str, more: &Value) -> Value {
    let words: Vec<&str> = SHELL[1..].iter().copied().chain([text]).collect();
    let mut config = json!({ "name": SHELL[0], "args": words });
    let more = more.as_object().expect("an object");
    config
        .as_object_mut()
        .expect("an object")
        .extend(more.clone());
    config
}

/// Where the event of this sidecar stands among all of them.
#[track_caller]
fn at(host: &Host, sidecar: &str, event: &str) -> usize {
    let is_it = |e: &Value| e["sidecar"] == sidecar && e["event"] == event;
    let found = host.events().iter().position(is_it);
    found.unwrap_or_else(|| panic!("no `{event}` of {sidecar}: {:#?}", host.lines()))
}

fn wait_until_ready(host: &mut Host, count: usize) {
    for _ in 0..count {
        host.next("ready");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_fleet_comes_up_in_order_and_goes_down_in_reverse() {
    let setup = Setup::new();
    let file = write(
        &setup,
        &json!({
            "web": server("web", &[], &json!({ "dependsOn": ["api"] })),
            "api": server("api", &["--setsid"], &json!({ "dependsOn": ["db"] })),
            "db": {
                "name": "redis-server",
                "args": ["--port", "{port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
                "port": "auto", "healthCheck": "tcp",
            },
        }),
    );
    let mut host = run(&setup, &format!("--json --config {file}"), vec![]);
    wait_until_ready(&mut host, 3);
    host.signal(libc::SIGTERM);
    assert_eq!(code(&mut host), 0);

    for (first, then) in [("db", "api"), ("api", "web")] {
        assert!(at(&host, first, "ready") < at(&host, then, "spawned"));
        assert!(at(&host, then, "stopped") < at(&host, first, "stopping"));
    }
    for stopping in host.all("stopping") {
        assert_eq!(stopping["reason"], "SIGTERM");
    }
    let stopped = host.all("stopped");
    assert_eq!(stopped.len(), 3);
    assert!(stopped.iter().all(|e| e["survivors"] == 0), "{stopped:#?}");
    assert_eq!(
        host.lines().len(),
        host.events().len(),
        "every line is JSON"
    );
    for name in ["web.pids", "api.pids"] {
        assert!(setup.family(name).living().is_empty(), "{name}");
    }
    host.wait_until_empty();
}

#[cfg(unix)]
#[test]
fn the_fleet_goes_on_when_one_ends_well_and_what_is_done_is_not_done_again() {
    let setup = Setup::new();
    let file = write(
        &setup,
        &json!({
            "api": server("api", &[], &json!({
                "dependsOn": [{ "id": "migration", "condition": "completed" }],
            })),
            "migration": script("echo migrated >> migrations", &json!({})),
        }),
    );
    let mut host = run(&setup, &format!("--json --config {file}"), vec![]);
    while host.next("ready")["sidecar"] != "api" {}
    host.signal(libc::SIGINT);
    assert_eq!(code(&mut host), 0);
    assert!(at(&host, "migration", "stopped") < at(&host, "api", "spawned"));
    let done = fs::read_to_string(setup.path("migrations")).expect("it has run");
    assert_eq!(done, "migrated\n");
}

#[test]
fn when_all_have_ended_well_it_is_over_with_0() {
    let setup = Setup::new();
    let file = write(
        &setup,
        &json!({
            "first": script("exit 0", &json!({})),
            "second": script("exit 7", &json!({ "successExitCodes": [7] })),
        }),
    );
    assert_eq!(
        code(&mut run(&setup, &format!("--json --config {file}"), vec![])),
        0
    );
}

#[test]
fn one_that_fails_for_good_ends_the_others_with_1() {
    let setup = Setup::new();
    let file = write(
        &setup,
        &json!({
            "api": server("api", &["--fork", "1", "--setsid"], &json!({})),
            "flaky": script("exit 3", &json!({
                "dependsOn": ["api"], "restart": "on-failure",
                "maxRestartAttempts": 2, "restartBackoff": "10ms",
            })),
        }),
    );
    let mut host = run(&setup, &format!("--json --config {file}"), vec![]);
    assert_eq!(code(&mut host), 1);
    assert_eq!(host.all("crashed").len(), 2);
    assert_eq!(host.next_after_end("failed")["sidecar"], "flaky");
    let stopping = host.next_after_end("stopping");
    assert_eq!(
        (&stopping["sidecar"], &stopping["reason"]),
        (&"api".into(), &"flaky has failed".into())
    );
    assert!(setup.family("api.pids").living().is_empty());
}

#[test]
fn what_needs_a_failed_one_is_not_begun() {
    let setup = Setup::new();
    let file = write(
        &setup,
        &json!({
            "db": { "name": "no-such-program-anywhere" },
            "api": server("api", &[], &json!({ "dependsOn": ["db"] })),
        }),
    );
    let mut host = run(&setup, &format!("--json --config {file}"), vec![]);
    assert_eq!(code(&mut host), 1);
    assert!(host.all("spawned").is_empty(), "{:#?}", host.lines());
    let failed = host.all("failed");
    assert_eq!(failed[0]["sidecar"], "db");
    assert!(failed[0]["reason"].to_string().contains("was not found"));
}

#[cfg(unix)]
#[test]
fn a_second_interrupt_forces_the_whole_fleet_with_130() {
    let setup = Setup::new();
    let deaf = ["--ignore-term", "--setsid", "--escapee-ignores-term"];
    let grace = json!({ "gracefulShutdownTimeout": "2m" });
    let file = write(
        &setup,
        &json!({ "one": server("one", &deaf, &grace), "two": server("two", &deaf, &grace) }),
    );
    let mut host = run(&setup, &format!("--json --config {file}"), vec![]);
    wait_until_ready(&mut host, 2);
    host.signal(libc::SIGINT);
    host.next("stopping");
    host.signal(libc::SIGINT);
    assert_eq!(code(&mut host), 130);
    assert_eq!(host.all("stopped").len(), 2);
    assert!(
        host.all("stopped")
            .iter()
            .all(|e| e["took_ms"].as_f64() < Some(60_000.0))
    );
    for name in ["one.pids", "two.pids"] {
        assert!(setup.family(name).living().is_empty(), "{name}");
    }
}

#[test]
fn a_killed_command_leaves_nothing_of_its_fleet() {
    let setup = Setup::new();
    let grace = json!({ "gracefulShutdownTimeout": "200ms" });
    let flags = ["--fork", "1", "--setsid", "--double-fork"];
    let file = write(
        &setup,
        &json!({ "one": server("one", &flags, &grace), "two": server("two", &flags, &grace) }),
    );
    let mut host = run(&setup, &format!("--json --config {file}"), vec![]);
    wait_until_ready(&mut host, 2);
    host.kill();
    host.end();
    host.wait_until_empty();
    for name in ["one.pids", "two.pids"] {
        assert!(setup.family(name).living().is_empty(), "{name}");
    }
}

#[cfg(unix)]
#[test]
fn paths_count_from_the_files_folder_and_each_has_its_own() {
    let setup = Setup::new();
    fs::create_dir(setup.path("shop")).expect("made");
    let file = write(
        &setup,
        &json!({
            "here": script("pwd -P", &json!({ "logFile": "here.log" })),
            "there": script("pwd -P", &json!({ "cwd": "./shop" })),
        }),
    );
    let flags = format!("--json --json-log --config {file}");
    let mut host = run(&setup, &flags, vec![]);
    assert_eq!(code(&mut host), 0);
    let folder = fs::canonicalize(setup.folder()).expect("it exists");
    for (sidecar, folder) in [("here", folder.clone()), ("there", folder.join("shop"))] {
        let is_it = |e: &Value| e["sidecar"] == sidecar;
        let logs = host.all("log");
        let line = logs.iter().find(|e| is_it(e)).expect("a line");
        assert_eq!(line["line"], folder.display().to_string());
        let mut spawned = host.all("spawned").into_iter();
        let spawned = spawned.find(is_it).expect("it ran");
        assert_eq!(line["run"], spawned["run"]);
    }
    assert!(setup.path("here.log").exists());
}

#[test]
fn labels_stand_in_a_column() {
    let setup = Setup::new();
    let file = write(
        &setup,
        &json!({
            "db": script("echo up", &json!({})),
            "worker": script("echo at work", &json!({ "dependsOn": [{ "id": "db", "condition": "completed" }] })),
        }),
    );
    let mut host = run(&setup, &format!("--config {file}"), vec![]);
    assert_eq!(code(&mut host), 0);
    let lines = host.lines();
    for line in ["db     │ up", "worker │ at work"] {
        assert!(lines.iter().any(|l| l == line), "`{line}`: {lines:#?}");
    }
    let starts = ["db     ● ", "db     │ ", "worker ● ", "worker │ "];
    for line in &lines {
        assert!(starts.iter().any(|s| line.starts_with(s)), "{line}");
    }
}

/// What is said on stderr by a command that starts nothing, line by line.
#[track_caller]
fn refused(words: Vec<std::ffi::OsString>) -> Vec<String> {
    let output = Command::new(SIDECAR).args(words).output().expect("it runs");
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    let told = String::from_utf8_lossy(&output.stderr);
    told.lines().map(str::to_owned).collect()
}

#[test]
fn all_that_is_wrong_is_told_at_once_each_with_its_line() {
    let setup = Setup::new();
    let path = setup.path("fleet.json");
    let file = path.display();
    let text = r#"{
  "sidecars": {
    "web": { "name": "web", "dependsOn": ["api"] },
    "api": { "name": "api", "prot": 80, "dependsOn": ["web", "bd"] },
    "db": { "name": 5 }
  }
}"#;
    fs::write(&path, text).expect("written");
    assert_eq!(
        refused(args(&format!("--json --config {file}"), vec![])),
        [
            format!(
                "sidecar: {file}, line 3, key `sidecars.web.dependsOn`: the dependencies form a \
                     cycle, so none of them could start: web → api → web; leave one of them out"
            ),
            format!(
                "sidecar: {file}, line 4, key `sidecars.api.prot`: there is no such key; did you \
                     mean `port`?"
            ),
            format!(
                "sidecar: {file}, line 4, key `sidecars.api.dependsOn[1]`: no sidecar is called \
                     \"bd\"; did you mean `db`?"
            ),
            format!(
                "sidecar: {file}, line 5, key `sidecars.db.name`: expected a text, found the \
                     number 5"
            ),
        ]
    );
}

#[test]
fn flags_about_one_sidecar_are_named_when_there_is_a_fleet() {
    let setup = Setup::new();
    let file = write(&setup, &json!({ "a": script("exit 0", &json!({})) }));
    let flags = format!("--config {file} --port auto --http / --grace 1s");
    let told = refused(args(&flags, shell("exit 0")));
    assert_eq!(
        told,
        [format!(
            "sidecar: {file} holds a fleet, and this is about one sidecar: --port, --http, --grace, \
             a command; say it in the file"
        )]
    );
    let every = "--name x --cwd . --port 1 --port-env P --http / --ready-timeout 1s --liveness 1s \
                 --grace 1s --restart never --max-restarts 1 --backoff 1s --log x";
    let told = refused(args(&format!("--config {file} {every}"), vec![]));
    for flag in every
        .split_whitespace()
        .filter(|word| word.starts_with("--"))
    {
        assert!(told[0].contains(flag), "{flag}: {told:?}");
    }
}

#[test]
fn folders_that_are_not_there_are_all_told() {
    let setup = Setup::new();
    let file = write(
        &setup,
        &json!({
            "a": script("exit 0", &json!({ "cwd": "nowhere" })),
            "b": script("exit 0", &json!({ "cwd": "gone" })),
        }),
    );
    let told = refused(args(&format!("--config {file}"), vec![]));
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        told[0].contains("nowhere") && told[1].contains("gone"),
        "{told:?}"
    );
}
