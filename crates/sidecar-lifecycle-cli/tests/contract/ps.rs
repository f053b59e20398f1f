//! `sidecar ps`. Other tests' sidecars are in the list too: each test looks for its own.

use std::path::Path;

#[cfg(target_os = "linux")]
use fake_host::testing::Process;
use fake_host::testing::{Setup, eventually, eventually_some};
use serde_json::{Value, json};

use crate::support::{ask, run, server};

/// The sidecar of this label, if it is in the list.
fn find(label: &str) -> Option<Value> {
    let answer = ask(Path::new("/"), &["ps", "--json"]);
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    let all = answer.json();
    let all = all.as_array().expect("an array");
    all.iter().find(|s| s["sidecar"] == label).cloned()
}

/// A label that no other test on this machine has.
fn label(setup: &Setup) -> String {
    setup
        .folder()
        .file_name()
        .expect("a name")
        .to_string_lossy()
        .into_owned()
}

#[cfg(target_os = "linux")]
fn entry_of(sidecar: &Value) -> std::path::PathBuf {
    // SAFETY: it has no failure and no argument.
    let user = unsafe { libc::geteuid() };
    let instance = sidecar["instance"].as_str().expect("a name");
    format!("/tmp/sidecar-lifecycle-{user}/instance-{instance}.json").into()
}

#[cfg(target_os = "linux")]
#[test]
fn a_run_is_listed_with_its_tree_and_goes_with_its_end() {
    let setup = Setup::new();
    let (family, label) = (setup.family("pids"), label(&setup));
    let flags = format!("--json --name {label} --port auto --http /");
    let mut host = run(
        &setup,
        &flags,
        server(&family, "--fork 2 --setsid --wipe-env"),
    );
    let ready = host.next("ready");
    family.wait_for(4);
    let found = eventually_some("it is listed as ready", || {
        find(&label).filter(|s| s["phase"] == "ready")
    });
    let mut pids: Vec<i32> = family.living().iter().map(|p| p.pid).collect();
    pids.sort_unstable();
    assert_eq!(
        found["pids"],
        json!(pids),
        "escapees too, whatever they wipe"
    );
    assert_eq!(found["processes"], 4);
    assert_eq!(found["ports"], json!([ready["port"]]));
    for (key, value) in [
        ("app_id", json!("sidecar")),
        ("status", json!("running")),
        ("protection", json!("guardian")),
        ("run", json!(1)),
        ("pid", ready["pid"].clone()),
        ("host", json!(host.process.pid)),
    ] {
        assert_eq!(found[key], value, "{key}");
    }
    assert!(
        found["memory_bytes"]
            .as_u64()
            .is_some_and(|bytes| bytes > 100_000),
        "{found}"
    );
    assert!(
        found["command"]
            .as_str()
            .is_some_and(|c| c.contains("fake-sidecar")),
        "{found}"
    );
    assert!(
        found["started"]
            .as_str()
            .is_some_and(|at| at.ends_with('Z')),
        "{found}"
    );

    let text = ask(Path::new("/"), &["ps"]).stdout;
    let line = text
        .lines()
        .find(|line| line.contains(&label))
        .expect("a line");
    let (port, pid) = (ready["port"].to_string(), ready["pid"].to_string());
    for word in [port.as_str(), &pid, "ready", "guardian", "fake-sidecar"] {
        assert!(line.contains(word), "{word}: {line}");
    }
    assert!(
        !text.contains('\u{1b}'),
        "no colours where there is no terminal"
    );

    let entry = entry_of(&found);
    assert!(entry.exists());
    crate::support::stop(&mut host);
    assert_eq!(find(&label), None);
    assert!(!entry.exists(), "its entry goes with it");
}

#[test]
fn a_killed_run_goes_from_the_list_with_its_tree() {
    let setup = Setup::new();
    let (family, label) = (setup.family("pids"), label(&setup));
    let flags = format!("--json --name {label} --port auto --http / --grace 300ms");
    let mut host = run(&setup, &flags, server(&family, "--fork 1 --double-fork"));
    let ready = host.next("ready");
    family.wait_for(3);
    let found = eventually_some("it is listed as ready", || {
        find(&label).filter(|s| s["phase"] == "ready")
    });
    for (key, value) in [
        ("app_id", json!("sidecar")),
        ("status", json!("running")),
        ("pid", ready["pid"].clone()),
        ("ports", json!([ready["port"]])),
        ("host", json!(host.process.pid)),
    ] {
        assert_eq!(found[key], value, "{key}");
    }
    // On Windows the console of its own is a process of the tree too.
    let extra = found["processes"].as_u64().expect("a number") - 3;
    assert!(extra <= u64::from(cfg!(windows)), "{found}");
    host.kill();
    host.end();
    eventually("nobody is listed", || find(&label).is_none());
    assert!(family.living().is_empty());
}

#[cfg(unix)]
#[test]
fn a_phase_that_changes_is_told() {
    let setup = Setup::new();
    let (family, label) = (setup.family("pids"), label(&setup));
    let flags = format!("--json --name {label} --port auto --http /never --grace 1m");
    let mut host = run(&setup, &flags, server(&family, "--hang --ignore-term"));
    host.next("spawned");
    family.wait_for(1);
    let phase = |wanted: &str| {
        eventually(wanted, || {
            find(&label).is_some_and(|s| s["phase"] == wanted)
        });
    };
    phase("starting");
    host.signal(libc::SIGTERM);
    phase("stopping");
    host.signal(libc::SIGTERM);
    assert_eq!(crate::support::code(&mut host), 130);
    assert_eq!(find(&label), None);
}

#[cfg(target_os = "linux")]
#[test]
fn redis_is_found_although_it_wipes_its_environment() {
    let setup = Setup::new();
    let label = label(&setup);
    let flags = format!(
        "--json --name {label} --cwd {} --port auto --tcp",
        setup.folder().display()
    );
    let command = ["redis-server", "--port", "{port}", "--save", ""].map(Into::into);
    let mut host = run(&setup, &flags, command.into());
    let ready = host.next("ready");
    let found = find(&label).expect("it is listed");
    assert_eq!(
        (&found["pid"], &found["ports"]),
        (&ready["pid"], &json!([ready["port"]]))
    );
    let title = format!("/usr/bin/redis-server *:{}", ready["port"]);
    assert_eq!(
        found["command"], title,
        "a rewritten title is not taken for arguments"
    );

    let port = ready["port"].to_string();
    let held = ask(Path::new("/"), &["port", &port, "--json"]);
    assert_eq!(held.json()["holders"][0]["sidecar"]["sidecar"], label);
    crate::support::stop(&mut host);
    assert_eq!(find(&label), None);
}

#[cfg(target_os = "linux")]
#[test]
fn what_a_killed_run_has_left_is_shown_until_the_next_one_ends_it() {
    let setup = Setup::new();
    let (family, label) = (setup.family("pids"), label(&setup));
    let flags = format!("--json --name {label} --port auto --http /");
    let command = crate::support::server_below_a_shell(&family, "--port {port} --setsid");
    let mut host = run(&setup, &flags, command);
    let ready = host.next("ready");
    let port = ready["port"].to_string();
    let shell = ready["pid"]
        .as_i64()
        .and_then(|pid| Process::of(pid as i32));
    let shell = shell.expect("it runs");
    family.wait_for(2);
    eventually("it is listed as ready", || {
        find(&label).is_some_and(|s| s["phase"] == "ready")
    });
    crate::support::kill_both(&mut host);
    eventually("the shell dies with its guardian", || !shell.lives());

    let found = eventually_some("it is listed as left behind", || {
        find(&label).filter(|s| s["status"] == "left_behind")
    });
    let mut pids: Vec<i32> = family.living().iter().map(|p| p.pid).collect();
    pids.sort_unstable();
    assert_eq!(pids.len(), 2, "the rest is left");
    assert_eq!(found["pids"], json!(pids));
    assert_eq!(found["host"], Value::Null);
    let text = ask(Path::new("/"), &["ps"]).stdout;
    let line = text
        .lines()
        .find(|line| line.contains(&label))
        .expect("a line");
    assert!(line.contains("left behind"), "{line}");
    assert!(
        text.contains("by a `sidecar run` that was killed: the next one ends it"),
        "{text}"
    );

    let held = ask(Path::new("/"), &["port", &port, "--json"]).json();
    let holder = &held["holders"][0];
    assert_eq!(holder["kind"], "ours");
    assert_eq!(holder["sidecar"]["status"], "left_behind");
    assert_eq!(family.living().len(), 2, "looking ends nobody");

    let next = setup.family("next");
    let mut host = run(&setup, "--json --name next", server(&next, "--no-listen"));
    host.next("ready");
    assert!(family.living().is_empty());
    assert_eq!(find(&label), None);
    assert!(!entry_of(&found).exists());
    crate::support::stop(&mut host);
}
