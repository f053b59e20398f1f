//! What pages ask for, and what comes of it.

use std::future::ready;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tauri::http::HeaderMap;
use tauri::ipc::{InvokeBody, InvokeResponseBody};
use tauri_plugin_sidecar_lifecycle::engine::ports::PortWish;
use tauri_plugin_sidecar_lifecycle::engine::{StdinMode, StdoutMode, Wanted};
use tauri_plugin_sidecar_lifecycle::{
    Builder, Declaration, HealthCheck, Param, SidecarBuilder, SidecarConfig,
};

use crate::streams::{events_until, subscribe};
use crate::support::{Bench, Page, config, fake, server};

fn everything() -> [Value; 1] {
    let sets = ["default", "control", "write-stdin", "read-output"];
    let sets: Vec<String> = sets
        .iter()
        .map(|s| format!("sidecar-lifecycle:{s}"))
        .collect();
    [json!({ "windows": ["*"], "permissions": sets })]
}

/// A program that copies its input to its output, as bytes.
fn echo() -> SidecarConfig {
    let echo = fake(&["--no-listen", "--echo-stdin", "--exit-on-stdin-eof"])
        .stdin(StdinMode::Piped)
        .stdout(StdoutMode::Raw);
    config(echo)
}

/// Two places, for pages.
fn places() -> Declaration {
    let flags = [
        "--no-listen",
        "--print-url",
        "{param.word}",
        "--print-env",
        "COUNT",
    ];
    let says_both = fake(&flags).env("COUNT", "{param.count}");
    Declaration::new(config(says_both))
        .param("word", Param::one_of(["one", "two"]), "one")
        .param("count", Param::integer(1..=9), 1)
}

#[test]
fn a_page_that_asks_twice_starts_once() {
    let bench = Bench::new(
        Builder::new().sidecar("web", config(server("web"))),
        &everything(),
    );
    let (page, other) = (bench.page("main"), bench.page("other"));
    let ensure = |page: &Page| {
        page.call("ensure_running", json!({ "id": "web" }))
            .expect("ready")
    };
    let (first, second) = std::thread::scope(|scope| {
        let beside = scope.spawn(|| ensure(&other));
        (ensure(&page), beside.join().expect("no panic"))
    });
    assert_eq!(first["pid"], second["pid"]);
    assert_eq!(ensure(&page)["pid"], first["pid"]);
    let metrics = page
        .call("get_metrics", json!({ "id": "web" }))
        .expect("answered");
    assert_eq!(metrics["sidecars"]["web"]["starts"], 1);
    assert_eq!(first["is_healthy"], true);
}

#[test]
fn params_fill_their_places_and_nothing_else_is_let_through() {
    let bench = Bench::new(Builder::new().sidecar("say", places()), &everything());
    let page = bench.page("main");
    let ensure =
        |params: Value| page.call("ensure_running", json!({ "id": "say", "params": params }));
    let code = |params: Value| ensure(params).expect_err("refused")["code"].clone();
    assert_eq!(code(json!({ "word": "three" })), "bad-param");
    assert_eq!(code(json!({ "word": "one; true" })), "bad-param");
    assert_eq!(code(json!({ "count": "10" })), "bad-param");
    assert_eq!(code(json!({ "args": "--evil" })), "bad-param");
    assert!(
        bench.sidecars().get_info("say").is_none(),
        "nothing was started"
    );

    let first = ensure(json!({ "word": "two" })).expect("ready");
    let said = bench.sidecars().logs("say").expect("declared");
    crate::streams::eventually("its lines", || said.last(2) == ["two", "1"]);
    let same = ensure(json!({ "count": "1", "word": "two" })).expect("it runs so");
    assert_eq!(same["pid"], first["pid"]);
    let whatever = page
        .call("ensure_running", json!({ "id": "say" }))
        .expect("it runs");
    assert_eq!(
        whatever["pid"], first["pid"],
        "a page that has no opinion takes it as it is"
    );
    assert_eq!(code(json!({ "word": "one" })), "other-config");
    assert_eq!(
        code(json!({})),
        "other-config",
        "all defaults are another wish"
    );

    page.call("kill", json!({ "id": "say", "run": first["run"] }))
        .expect("killed");
    let second = ensure(json!({ "word": "one", "count": "9" })).expect("ready");
    assert_ne!(second["pid"], first["pid"]);
    crate::streams::eventually("its lines", || said.last(2) == ["one", "9"]);
}

#[test]
fn a_sidecar_without_places_takes_no_params() {
    let bench = Bench::new(
        Builder::new().sidecar("web", config(server("web"))),
        &everything(),
    );
    let engines_own = config(server("own"));
    bench
        .sidecars()
        .engine()
        .declare("own", engines_own)
        .expect("declared");
    let page = bench.page("main");
    for id in ["web", "own"] {
        let args = json!({ "id": id, "params": { "x": "1" } });
        assert_eq!(page.refused("ensure_running", args), "bad-param", "{id}");
        page.call("ensure_running", json!({ "id": id, "params": {} }))
            .expect("ready");
    }
    let args = json!({ "id": "nobody", "params": { "x": "1" } });
    assert_eq!(page.refused("ensure_running", args), "unknown-sidecar");
}

#[test]
fn stop_and_start_and_restart_do_what_they_say() {
    let bench = Bench::new(
        Builder::new().sidecar("web", config(server("web"))),
        &everything(),
    );
    let page = bench.page("main");
    let mut events = bench.sidecars().events();
    let mut next = |kind: &str| {
        let found = events
            .by_ref()
            .map(|e| serde_json::to_value(e).expect("JSON"));
        found
            .into_iter()
            .find(|e| e["event"] == kind)
            .expect("the engine lives")
    };
    page.call("start", json!({ "id": "web" })).expect("asked");
    let first = next("ready")["run"].clone();
    page.call(
        "restart",
        json!({ "id": "web", "why": { "reason": "new settings" } }),
    )
    .expect("asked");
    assert_eq!(next("stopping")["reason"], "new settings");
    let second = next("ready")["run"].clone();
    assert_ne!(first, second);
    page.call("roll", json!({ "id": "web" })).expect("asked");
    assert_eq!(next("roll_degraded")["event"], "roll_degraded");
    next("ready");
    page.call("stop", json!({ "id": "web" })).expect("asked");
    assert_eq!(next("stopping")["reason"], "requested by a page");
    assert_eq!(next("stopped")["survivors"], 0);
    assert_eq!(
        page.refused("start", json!({ "id": "nobody" })),
        "unknown-sidecar"
    );
}

fn headers(id: &str, run: &Value) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("sidecar-id", id.parse().expect("a header"));
    headers.insert("sidecar-run", run.to_string().parse().expect("a header"));
    headers
}

/// The offset of the first byte of the output, and the bytes.
fn read_output(page: &Page, id: &str, run: &Value, offset: &Value) -> (u64, Vec<u8>) {
    let args = json!({ "id": id, "run": run, "offset": offset });
    let body = page.send("read_output", InvokeBody::Json(args), HeaderMap::new());
    match body.expect("answered") {
        InvokeResponseBody::Raw(bytes) => {
            let (at, bytes) = bytes.split_at(8);
            let at = u64::from_be_bytes(at.try_into().expect("eight"));
            (at, bytes.to_vec())
        }
        InvokeResponseBody::Json(json) => panic!("bytes were expected: {json}"),
    }
}

#[test]
fn bytes_go_in_and_come_out_as_they_are() {
    let bench = Bench::new(Builder::new().sidecar("my echo", echo()), &everything());
    let page = bench.page("main");
    let run = page
        .call("ensure_running", json!({ "id": "my echo" }))
        .expect("ready")["run"]
        .clone();
    let bytes: Vec<u8> = (0..=255).collect();
    let write =
        |id: &str, run: &Value, body: InvokeBody| page.send("write_stdin", body, headers(id, run));
    let read = |offset: Value| read_output(&page, "my echo", &run, &offset);
    write("my%20echo", &run, InvokeBody::Raw(bytes.clone())).expect("taken");
    assert_eq!(read(Value::Null), (0, bytes.clone()));
    assert_eq!(
        read(json!(0)),
        (0, bytes.clone()),
        "what was not acknowledged is kept"
    );
    write("my%20echo", &run, InvokeBody::Json(json!([7, 0]))).expect("taken");
    assert_eq!(read(json!(256)), (256, vec![7, 0]));
    // A page that has lost its place, or knows an old one, is told the first byte that is left.
    assert_eq!(read(Value::Null), (256, vec![7, 0]));
    assert_eq!(read(json!(0)), (256, vec![7, 0]));
    page.call("close_stdin", json!({ "id": "my echo", "run": run }))
        .expect("closed");
    assert_eq!(read(json!(258)), (258, vec![]), "the end");

    let code = |answer: Result<InvokeResponseBody, Value>| {
        answer.map(drop).expect_err("refused")["code"].clone()
    };
    let stale = json!(run.as_u64().expect("a number") + 1);
    assert_eq!(
        code(write("my%20echo", &stale, InvokeBody::Raw(vec![1]))),
        "stale-run"
    );
    assert_eq!(
        code(write("%zz", &run, InvokeBody::Raw(vec![1]))),
        "bad-request"
    );
    assert_eq!(
        code(write("nobody", &run, InvokeBody::Raw(vec![1]))),
        "unknown-sidecar"
    );
    assert_eq!(
        code(page.send("write_stdin", InvokeBody::Raw(vec![1]), HeaderMap::new())),
        "bad-request"
    );
    let json_body = InvokeBody::Json(json!({ "bytes": [1] }));
    assert_eq!(code(write("my%20echo", &run, json_body)), "bad-request");
}

#[test]
fn a_page_without_a_place_reads_the_successor_of_a_rolling_restart_from_its_beginning() {
    // Its port is that of the first run; no other one becomes ready.
    let first_port = Arc::new(Mutex::new(None));
    let first = first_port.clone();
    let is_first = HealthCheck::custom(move |context| {
        let mut first = first.lock().expect("no panic");
        ready(*first.get_or_insert(context.port) == context.port)
    });
    let web = fake(&["--no-listen", "--print-url", "hello"])
        .port(PortWish::Auto)
        .health_check(is_first)
        .stdout(StdoutMode::Raw);
    let plugin = Builder::new().sidecar("web", config(web));
    let bench = Bench::new(plugin, &everything());
    let page = bench.page("main");
    let old = page
        .call("ensure_running", json!({ "id": "web" }))
        .expect("ready")["run"]
        .clone();
    let (_, bytes) = read_output(&page, "web", &old, &Value::Null);
    assert!(bytes.starts_with(b"hello"), "{bytes:?}");
    // Three bytes are acknowledged by this.
    assert_eq!(read_output(&page, "web", &old, &json!(3)).0, 3);
    let (_, events) = subscribe(&page, 1, json!({}));
    page.call("roll", json!({ "id": "web" })).expect("asked");
    let is_new = |e: &Value| e["event"] == "spawned" && e["run"] != old;
    let heard = events_until(&events, is_new);
    let new = &heard.iter().find(|e| is_new(e)).expect("it was heard")["run"];
    let (at, bytes) = read_output(&page, "web", new, &Value::Null);
    assert!(at == 0 && bytes.starts_with(b"hello"), "{at}: {bytes:?}");
}

#[test]
fn a_write_is_answered_when_the_pipe_has_taken_it() {
    // It says when the first byte has come, and takes no other.
    let deaf = config(fake(&["--no-listen", "--sip"]).stdin(StdinMode::Piped));
    let bench = Bench::new(Builder::new().sidecar("deaf", deaf), &everything());
    let page = bench.page("main");
    let run = page
        .call("ensure_running", json!({ "id": "deaf" }))
        .expect("ready")["run"]
        .clone();
    std::thread::scope(|scope| {
        let body = InvokeBody::Raw(vec![0; 4 << 20]);
        let write = scope.spawn(|| page.send("write_stdin", body, headers("deaf", &run)));
        let said = bench.sidecars().logs("deaf").expect("declared");
        crate::streams::eventually("the write has begun", || said.last_seq() == 1);
        // The rest is read by nobody. Whoever asks for something else meanwhile is answered.
        let status = page
            .call("get_status", json!({ "id": "deaf" }))
            .expect("answered");
        assert_eq!(status["is_running"], true);
        assert!(!write.is_finished(), "more than a pipe holds was taken");
        page.call("kill", json!({ "id": "deaf", "run": run }))
            .expect("killed");
        let cut = write
            .join()
            .expect("no panic")
            .map(drop)
            .expect_err("it did not arrive");
        assert_eq!(cut["code"], "stdin-closed");
    });
}

#[test]
fn a_sidecar_on_its_way_up_is_promised_to_the_first_who_asked() {
    let open = Arc::new(AtomicBool::new(false));
    let asked = open.clone();
    let is_open = HealthCheck::custom(move |_context| ready(asked.load(Relaxed)));
    let gate = server("gate").health_check(is_open);
    let waiting = SidecarBuilder::from(places().config().clone()).depends_on("gate");
    let waiting = Declaration::new(config(waiting))
        .param("word", Param::one_of(["one", "two"]), "one")
        .param("count", Param::integer(1..=9), 1);
    let plugin = Builder::new()
        .sidecar("gate", config(gate))
        .sidecar("say", waiting);
    let bench = Bench::new(plugin, &everything());
    let (page, other) = (bench.page("main"), bench.page("other"));
    let args = |word: &str| json!({ "id": "say", "params": { "word": word } });
    std::thread::scope(|scope| {
        let first = scope.spawn(|| page.call("ensure_running", args("two")));
        crate::streams::eventually("it waits for the gate", || {
            bench
                .sidecars()
                .get_info("say")
                .is_some_and(|say| say.wanted == Wanted::Up)
        });
        let say = bench.sidecars().get_info("say").expect("it was started");
        assert!(!say.is_running, "it has no process yet");
        assert_eq!(other.refused("ensure_running", args("one")), "other-config");
        open.store(true, Relaxed);
        first.join().expect("no panic").expect("ready");
    });
    let said = bench.sidecars().logs("say").expect("declared");
    crate::streams::eventually("its lines", || said.last(2) == ["two", "1"]);
}
