//! Each permission both ways, through Tauri's own ACL.

use serde_json::{Value, json};
use tauri_plugin_sidecar_lifecycle::Builder;

use crate::support::{Bench, Page, config, server, with};

/// Every command with arguments that it understands, and whether it is about one sidecar.
fn commands(id: &str) -> Vec<(&'static str, Value, bool)> {
    let about = |more: Value| with(json!({ "id": id }), more);
    let channel = "__CHANNEL__:7";
    vec![
        ("list", json!({}), false),
        ("get_status", about(json!({})), true),
        ("get_metrics", about(json!({})), true),
        ("from_pid", json!({ "pid": 1 }), false),
        (
            "subscribe_events",
            json!({ "onEvents": channel, "ids": [id] }),
            true,
        ),
        ("unsubscribe_events", json!({ "subscription": 1 }), false),
        (
            "subscribe_logs",
            about(json!({ "sinceSeq": 0, "onLines": channel })),
            true,
        ),
        ("unsubscribe_logs", json!({ "subscription": 1 }), false),
        ("ensure_running", about(json!({})), true),
        ("start", about(json!({})), true),
        ("stop", about(json!({})), true),
        ("restart", about(json!({})), true),
        ("roll", about(json!({})), true),
        ("kill", about(json!({ "run": 999 })), true),
        // Without the headers that say which: refused by the command itself, behind the ACL.
        ("write_stdin", json!([1]), false),
        ("close_stdin", about(json!({ "run": 999 })), true),
        (
            "read_output",
            about(json!({ "run": 999, "offset": 0 })),
            true,
        ),
    ]
}

const DEFAULT: [&str; 8] = [
    "list",
    "get_status",
    "get_metrics",
    "from_pid",
    "subscribe_events",
    "unsubscribe_events",
    "subscribe_logs",
    "unsubscribe_logs",
];
const CONTROL: [&str; 6] = ["ensure_running", "start", "stop", "restart", "roll", "kill"];
const WRITE: [&str; 2] = ["write_stdin", "close_stdin"];
const READ: [&str; 1] = ["read_output"];

fn bench(capabilities: &[Value]) -> Bench {
    let web = config(server("web"));
    let db = config(server("db"));
    Bench::new(
        Builder::new().sidecar("web", web).sidecar("db", db),
        capabilities,
    )
}

fn of_main(permissions: &Value) -> Value {
    json!({ "windows": ["main"], "permissions": permissions })
}

/// Whether a call came through the ACL to the command. What that says of it is another matter.
fn comes_through(page: &Page, command: &str, args: &Value) -> bool {
    let Err(Value::String(text)) = page.call(command, args.clone()) else {
        return true;
    };
    let by_the_acl = text.contains("not allowed") || text.contains("explicitly denied");
    assert!(by_the_acl, "{command}: {text}");
    false
}

#[test]
fn each_set_lets_its_commands_through_and_no_others() {
    for (set, granted) in [
        ("sidecar-lifecycle:default", &DEFAULT[..]),
        ("sidecar-lifecycle:control", &CONTROL[..]),
        ("sidecar-lifecycle:write-stdin", &WRITE[..]),
        ("sidecar-lifecycle:read-output", &READ[..]),
    ] {
        let bench = bench(&[of_main(&json!([set]))]);
        let page = bench.page("main");
        for (command, args, _) in commands("web") {
            let expected = granted.contains(&command);
            assert_eq!(
                comes_through(&page, command, &args),
                expected,
                "{command} by {set}"
            );
        }
    }
}

#[test]
fn each_command_has_a_permission_and_a_denial_of_its_own() {
    let all = ["default", "control", "write-stdin", "read-output"];
    let all: Vec<String> = all
        .iter()
        .map(|s| format!("sidecar-lifecycle:{s}"))
        .collect();
    for (command, args, _) in commands("web") {
        let kebab = command.replace('_', "-");
        let allow = format!("sidecar-lifecycle:allow-{kebab}");
        let with_it = bench(&[of_main(&json!([allow]))]);
        let page = with_it.page("main");
        for (other, args, _) in commands("web") {
            let expected = other == command;
            assert_eq!(
                comes_through(&page, other, &args),
                expected,
                "{other} by {allow}"
            );
        }
        let mut denied = all.clone();
        denied.push(format!("sidecar-lifecycle:deny-{kebab}"));
        let without_it = bench(&[of_main(&json!(denied))]);
        let page = without_it.page("main");
        assert!(
            !comes_through(&page, command, &args),
            "{command} in spite of its denial"
        );
    }
}

#[test]
fn a_page_without_a_capability_gets_nothing() {
    let bench = bench(&[of_main(&json!(["sidecar-lifecycle:default"]))]);
    let other = bench.page("other");
    for (command, args, _) in commands("web") {
        assert!(!comes_through(&other, command, &args), "{command}");
    }
}

/// All sets, each with these entries.
fn scoped(allow: &[&str], deny: &[&str]) -> Value {
    let entries = |ids: &[&str]| ids.iter().map(|id| json!({ "id": id })).collect::<Vec<_>>();
    let permission = |set: &str| {
        json!({
            "identifier": format!("sidecar-lifecycle:{set}"),
            "allow": entries(allow),
            "deny": entries(deny),
        })
    };
    let sets = ["default", "control", "write-stdin", "read-output"];
    of_main(&sets.iter().map(|set| permission(set)).collect())
}

#[test]
fn a_scope_lets_its_sidecars_through_and_denies_the_others() {
    for (allow, deny) in [
        (&["web"][..], &[][..]),
        (&["w?b", "nothing-*"], &[]),
        (&[], &["d*"]),
        (&["*"], &["db"]),
        // A denial beats what allows the very same.
        (&["web", "db"], &["db"]),
    ] {
        let bench = bench(&[scoped(allow, deny)]);
        let page = bench.page("main");
        for (command, args, about_one) in commands("web") {
            if about_one && let Err(error) = page.call(command, args) {
                assert_ne!(
                    error["code"], "not-allowed",
                    "{command} of {allow:?} {deny:?}"
                );
            }
        }
        for (command, args, about_one) in commands("db") {
            if about_one {
                assert_eq!(
                    page.refused(command, args),
                    "not-allowed",
                    "{command} of {allow:?} {deny:?}"
                );
            }
        }
        // Nobody is told by a refusal what exists.
        assert_eq!(
            page.refused("get_status", json!({ "id": "db" })),
            "not-allowed"
        );
        let db = bench.sidecars().get_info("db");
        assert!(db.is_none_or(|db| !db.is_running), "nothing of it was done");
    }
}

#[test]
fn what_is_out_of_scope_and_what_is_not_there_look_the_same() {
    let bench = bench(&[scoped(&["web"], &[])]);
    let page = bench.page("main");
    let told = |id: &str| {
        let error = page
            .call("get_status", json!({ "id": id }))
            .expect_err("out of scope");
        error.to_string().replace(id, "ID")
    };
    assert_eq!(told("db"), told("nobody"));
    let open = Bench::new(Builder::new(), &[scoped(&[], &[])]);
    assert_eq!(
        open.page("main")
            .refused("get_status", json!({ "id": "nobody" })),
        "unknown-sidecar"
    );
}

#[test]
fn lists_and_numbers_hold_what_the_scope_reaches() {
    let bench = bench(&[scoped(&["w*"], &[])]);
    let page = bench.page("main");
    let list = page.call("list", json!({})).expect("answered");
    let ids: Vec<&str> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|i| i["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, ["web"], "declared and never started");
    let metrics = page.call("get_metrics", json!({})).expect("answered");
    let ids: Vec<&String> = metrics["sidecars"].as_object().unwrap().keys().collect();
    assert_eq!(ids, ["web"]);
}

#[test]
fn a_slip_in_a_scope_refuses_and_does_not_widen() {
    let bench = bench(&[of_main(&json!([
        { "identifier": "sidecar-lifecycle:allow-stop", "allow": [{ "ids": "web" }] }
    ]))]);
    let page = bench.page("main");
    let refused = page.refused("stop", json!({ "id": "db" }));
    assert!(refused.contains("unknown field"), "{refused}");
}

#[test]
fn the_guard_of_the_fleet_is_never_named_to_a_page() {
    use tauri::Manager;

    let bench = bench(&[scoped(&[], &[])]);
    let page = bench.page("main");
    let table = bench.app.resources_table();
    let guards: Vec<u32> = table
        .names()
        .filter(|(_, name)| name.contains("FleetGuard"))
        .map(|(rid, _)| rid)
        .collect();
    drop(table);
    assert_eq!(guards.len(), 1, "it is in the app's own table");
    let guard = guards[0].to_string();
    page.call("ensure_running", json!({ "id": "web" }))
        .expect("ready");
    for (command, args, _) in commands("web") {
        let answer = match page.call(command, args) {
            Ok(answer) | Err(answer) => answer.to_string(),
        };
        let numbers = answer.split(|c: char| !c.is_ascii_digit());
        assert!(
            numbers.into_iter().all(|n| n != guard),
            "{command} answered {answer}"
        );
    }
}
