//! Events and log lines on their way to pages.

use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tauri_plugin_sidecar_lifecycle::{Builder, SidecarConfig};

use crate::support::{Bench, DEADLINE, Page, config, fake, server, with};

/// Waits until a condition holds.
#[track_caller]
pub(crate) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + DEADLINE;
    while !holds() {
        assert!(Instant::now() < end, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn bench() -> Bench {
    let whole = json!(["sidecar-lifecycle:default", "sidecar-lifecycle:control"]);
    let limited =
        json!([{ "identifier": "sidecar-lifecycle:default", "deny": [{ "id": "secret" }] }]);
    let plugin = Builder::new()
        .sidecar("web", config(server("web").depends_on("secret")))
        .sidecar("secret", config(server("secret")))
        .sidecar("flood", flood());
    Bench::new(
        plugin,
        &[
            json!({ "windows": ["main"], "permissions": whole }),
            json!({ "windows": ["limited"], "permissions": limited }),
        ],
    )
}

fn flood() -> SidecarConfig {
    config(fake(&["--no-listen", "--lines", "20000"]))
}

/// All events up to this one, and those that came in one message with it.
pub(crate) fn events_until(
    messages: &Receiver<Value>,
    last: impl Fn(&Value) -> bool,
) -> Vec<Value> {
    let mut heard = Vec::new();
    while !heard.iter().any(&last) {
        let batch = messages.recv_timeout(DEADLINE).expect("another message");
        heard.extend(batch.as_array().expect("events").clone());
    }
    heard
}

pub(crate) fn subscribe(page: &Page, number: u32, more: Value) -> (Value, Receiver<Value>) {
    let (channel, messages) = page.channel(number);
    let args = with(json!({ "onEvents": channel }), more);
    (
        page.call("subscribe_events", args).expect("a number"),
        messages,
    )
}

#[test]
fn a_page_hears_of_what_its_scope_reaches_and_of_nothing_else() {
    let bench = bench();
    let (page, limited) = (bench.page("main"), bench.page("limited"));
    let (_, all) = subscribe(&page, 1, json!({}));
    let (_, some) = subscribe(&limited, 1, json!({}));
    page.call("ensure_running", json!({ "id": "web" }))
        .expect("ready");
    let is_ready = |e: &Value| e["event"] == "ready" && e["sidecar"] == "web";
    let all = events_until(&all, is_ready);
    assert!(all.iter().any(|e| e["sidecar"] == "secret"));
    assert!(
        all.iter().any(|e| e["sidecars"] == json!(["secret"])),
        "it has waited for it"
    );
    let some = events_until(&some, is_ready);
    assert!(some.iter().all(|e| e["sidecar"] == "web"), "{some:?}");
    assert!(!format!("{some:?}").contains("secret"), "{some:?}");
    assert!(some.iter().any(|e| e["event"] == "waiting_for"), "{some:?}");
}

#[test]
fn a_page_may_hear_of_some_alone_and_ends_its_own_subscriptions_only() {
    let bench = bench();
    let (page, limited) = (bench.page("main"), bench.page("limited"));
    let (_, of_secret) = subscribe(&page, 1, json!({ "ids": ["secret"] }));
    let (number, ended) = subscribe(&page, 2, json!({}));
    // Somebody else's number ends nothing.
    limited
        .call("unsubscribe_events", json!({ "subscription": number }))
        .expect("answered");
    page.call("ensure_running", json!({ "id": "secret" }))
        .expect("ready");
    events_until(&ended, |e| e["event"] == "ready");
    page.call("unsubscribe_events", json!({ "subscription": number }))
        .expect("answered");
    page.call("ensure_running", json!({ "id": "web" }))
        .expect("ready");
    page.call("stop", json!({ "id": "secret" })).expect("asked");
    let heard = events_until(&of_secret, |e| e["event"] == "stopped");
    assert!(heard.iter().all(|e| e["sidecar"] == "secret"), "{heard:?}");
    // What came after the end of the subscription, which is before what was heard now.
    let late: Vec<Value> = ended.try_iter().collect();
    assert!(!format!("{late:?}").contains("stopped"), "{late:?}");
    assert!(!format!("{late:?}").contains("\"web\""), "{late:?}");
}

#[test]
fn a_flood_of_lines_is_a_trickle_of_messages() {
    let bench = bench();
    let page = bench.page("main");
    let (channel, messages) = page.channel(1);
    let args = json!({ "id": "flood", "sinceSeq": 0, "onLines": channel });
    page.call("subscribe_logs", args).expect("a number");
    let began = Instant::now();
    page.call("ensure_running", json!({ "id": "flood" }))
        .expect("ready");
    let (mut count, mut dropped, mut last) = (0_u32, 0, 0);
    while last < 20_000 {
        let message = messages.recv_timeout(DEADLINE).expect("another message");
        count += 1;
        dropped += message["dropped"].as_u64().expect("a number");
        for line in message["lines"].as_array().expect("lines") {
            let seq = line["seq"].as_u64().expect("a number");
            assert!(seq > last, "{seq} after {last}");
            last = seq;
        }
    }
    let most = began.elapsed().as_millis() / 50 + 1;
    assert!(
        u128::from(count) <= most,
        "{count} messages in {:?}",
        began.elapsed()
    );
    // Told or counted: none is lost in silence, but for those that the ring has let go.
    assert!(dropped < 20_000);
}

#[test]
fn a_page_goes_on_behind_the_last_line_that_it_has() {
    let bench = bench();
    let page = bench.page("main");
    page.call("ensure_running", json!({ "id": "flood" }))
        .expect("ready");
    let ring = bench.sidecars().logs("flood").expect("declared");
    eventually("all lines", || ring.last_seq() == 20_000);
    let (channel, messages) = page.channel(1);
    let args = json!({ "id": "flood", "sinceSeq": 19_998, "onLines": channel });
    page.call("subscribe_logs", args).expect("a number");
    let message = messages.recv_timeout(DEADLINE).expect("a message");
    let lines: Vec<&str> = message["lines"]
        .as_array()
        .expect("lines")
        .iter()
        .map(|l| l["line"].as_str().unwrap())
        .collect();
    assert_eq!(lines, ["line 19999", "line 20000"]);
}
