//! A page that comes back finds its process again, and no other.

use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tauri_plugin_sidecar_lifecycle::Builder;

use crate::support::{Bench, config, program, server};

fn bench() -> Bench {
    let sets = ["sidecar-lifecycle:default", "sidecar-lifecycle:control"];
    let limited =
        json!([{ "identifier": "sidecar-lifecycle:default", "allow": [{ "id": "other" }] }]);
    let plugin = Builder::new()
        .sidecar("recorder", config(server("recording").auto_restart(true)))
        .sidecar("other", config(server("other")));
    Bench::new(
        plugin,
        &[
            json!({ "windows": ["main"], "permissions": sets }),
            json!({ "windows": ["limited"], "permissions": limited }),
        ],
    )
}

#[test]
fn the_pid_of_a_running_leader_is_known_again() {
    let bench = bench();
    let page = bench.page("main");
    let info = page
        .call("ensure_running", json!({ "id": "recorder" }))
        .expect("ready");
    let found = page
        .call("from_pid", json!({ "pid": info["pid"] }))
        .expect("found");
    assert_eq!(found["id"], "recorder");
    assert_eq!(found["pid"], info["pid"]);
    assert_eq!(found["run"], info["run"]);
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .expect("a date");
    let age = now.as_millis() as u64 - found["startedAt"].as_u64().expect("a number");
    assert!(age < 60_000, "{age} ms");
}

#[test]
fn a_pid_that_has_ended_is_stale_and_one_of_somebody_else_is_foreign() {
    let bench = bench();
    let page = bench.page("main");
    let first = page
        .call("ensure_running", json!({ "id": "recorder" }))
        .expect("ready");
    page.call("kill", json!({ "id": "recorder", "run": first["run"] }))
        .expect("killed");
    let refused = |pid: &Value| page.refused("from_pid", json!({ "pid": pid }));
    assert_eq!(refused(&first["pid"]), "stale-pid");
    // The shell plugin answers the kill of a pid that it does not know with success.
    let again = json!({ "id": "recorder", "run": first["run"] });
    assert_eq!(page.refused("kill", again), "stale-run");

    let second = page
        .call("ensure_running", json!({ "id": "recorder" }))
        .expect("ready");
    page.call("from_pid", json!({ "pid": second["pid"] }))
        .expect("found");
    let other = json!({ "id": "other", "run": second["run"] });
    assert_eq!(
        page.refused("kill", other),
        "stale-run",
        "the run is another sidecar's"
    );

    let mut stranger = Command::new(program())
        .arg("--no-listen")
        .stdin(Stdio::null())
        .spawn()
        .expect("it runs");
    assert_eq!(refused(&json!(stranger.id())), "foreign-pid");
    stranger.kill().expect("it is ours");
    stranger.wait().expect("ended");
    assert_eq!(refused(&json!(std::process::id())), "foreign-pid");
    assert_eq!(refused(&json!(0)), "foreign-pid");
}

#[test]
fn a_sidecar_out_of_scope_is_nobodys() {
    let bench = bench();
    let info = bench
        .page("main")
        .call("ensure_running", json!({ "id": "recorder" }))
        .expect("ready");
    let limited = bench.page("limited");
    assert_eq!(
        limited.refused("from_pid", json!({ "pid": info["pid"] })),
        "foreign-pid"
    );
}

#[test]
fn who_is_killed_stays_down() {
    let bench = bench();
    let page = bench.page("main");
    let events = bench.sidecars().events();
    let info = page
        .call("ensure_running", json!({ "id": "recorder" }))
        .expect("ready");
    page.call("kill", json!({ "id": "recorder", "run": info["run"] }))
        .expect("killed");
    let status = page
        .call("get_status", json!({ "id": "recorder" }))
        .expect("answered");
    assert_eq!(
        status["is_running"], false,
        "it is answered when the tree is gone"
    );
    assert_eq!(
        status["wanted"], "down",
        "and it is restarted after crashes only"
    );
    let kinds = events.map(|e| serde_json::to_value(e).expect("JSON"));
    let kinds: Vec<Value> = kinds.take_while(|e| e["event"] != "stopped").collect();
    assert!(kinds.iter().all(|e| e["event"] != "crashed"), "{kinds:?}");
    assert!(kinds.iter().any(|e| e["event"] == "stopping"), "{kinds:?}");
}
