//! Real values of every type, as they are written.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use serde::Serialize;

use crate::core::{Phase, RunId, Wanted};
use crate::metrics::Book;
use crate::ports::{Holder, HolderKind};
use crate::{CrashInfo, Event, EventKind, LogLine, Protection, SidecarInfo, Stream};

/// The TypeScript file, and how many kinds of events are in it.
pub(super) fn file() -> (String, usize) {
    let kinds: Vec<Event> = events();
    let mut tags: Vec<String> = kinds.iter().map(tag).collect();
    tags.sort();
    tags.dedup();
    let mut book = Book::default();
    for event in &kinds {
        book.take(event);
    }
    let metrics = book.snapshot(2_000.0);
    let mut text = String::from(
        "// Written by the tests of sidecar-lifecycle: real values, whose types TypeScript checks.\n\
         import type { CrashInfo, LogLine, SidecarEvent, SidecarInfo, SidecarMetrics } from \"../bindings/engine.js\";\n",
    );
    append(&mut text, "events", "SidecarEvent[]", &kinds);
    append(&mut text, "infos", "SidecarInfo[]", &infos());
    append(&mut text, "crashes", "CrashInfo[]", &[crash()]);
    append(&mut text, "lines", "LogLine[]", &lines());
    append(
        &mut text,
        "metrics",
        "Record<string, SidecarMetrics>",
        &metrics,
    );
    (text, tags.len())
}

fn append(text: &mut String, name: &str, kind: &str, value: &impl Serialize) {
    let json = serde_json::to_string_pretty(value).expect("JSON");
    text.extend([
        "\nexport const ",
        name,
        " = ",
        &json,
        " satisfies ",
        kind,
        ";\n",
    ]);
}

fn tag(event: &Event) -> String {
    let json = serde_json::to_value(event).expect("JSON");
    json["event"].as_str().expect("a name").to_owned()
}

fn moment() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000)
}

fn holder(known: bool) -> Holder {
    Holder {
        pid: known.then_some(4711),
        uid: known.then_some(1000),
        command: known.then(|| "node server.js".to_owned()),
        cwd: known.then(|| PathBuf::from("/home/ana/shop")),
        started: known.then(moment),
        kind: if known {
            HolderKind::SameProject
        } else {
            HolderKind::Stranger
        },
        live: false,
        identity: None,
    }
}

fn events() -> Vec<Event> {
    let (pid, port, url) = (4711, Some(5173), Some("http://localhost:5173/".to_owned()));
    let text = || "what happened".to_owned();
    let kinds = vec![
        EventKind::PortChosen { port: 5173 },
        EventKind::PortHeld {
            port: 5173,
            holder: holder(true),
        },
        EventKind::PortHeld {
            port: 5174,
            holder: holder(false),
        },
        EventKind::Cleaned {
            pid,
            command: text(),
            why: text(),
        },
        EventKind::Kept {
            pid,
            command: text(),
            why: text(),
        },
        EventKind::Spawned {
            pid,
            port,
            protection: Protection::Guardian,
        },
        EventKind::Spawned {
            pid,
            port: None,
            protection: Protection::BestEffort,
        },
        EventKind::Adopted { pid, port },
        EventKind::Released { pid },
        EventKind::WaitingFor {
            sidecars: vec!["db".to_owned()],
        },
        EventKind::RollDegraded { reason: text() },
        EventKind::RollFailed { reason: text() },
        EventKind::PortTaken { port: 5173 },
        EventKind::Ready {
            pid,
            port,
            url: url.clone(),
            start_ms: 12.5,
        },
        EventKind::Ready {
            pid,
            port: None,
            url: None,
            start_ms: 1.0,
        },
        EventKind::Unhealthy {
            pid,
            port,
            url,
            reason: text(),
        },
        EventKind::Exited {
            code: Some(1),
            signal: None,
            asked: false,
        },
        EventKind::Exited {
            code: None,
            signal: Some(9),
            asked: true,
        },
        EventKind::Exited {
            code: None,
            signal: None,
            asked: false,
        },
        EventKind::Crashed {
            reason: text(),
            attempt: 1,
            max: 5,
            code: Some(1),
            signal: None,
            last_lines: vec![text()],
        },
        EventKind::Restarting {
            attempt: 1,
            max: 5,
            delay_ms: 250.0,
        },
        EventKind::Stopping { reason: text() },
        EventKind::Stopped {
            survivors: vec![],
            took_ms: 2.5,
        },
        EventKind::Stopped {
            survivors: vec![4711],
            took_ms: 2.5,
        },
        EventKind::Failed {
            reason: text(),
            last_lines: vec![],
        },
        EventKind::LogTrouble { reason: text() },
        EventKind::ProtectionLost {
            protection: Protection::Kernel,
        },
        EventKind::GuardianSilent { reason: text() },
        EventKind::GuardianAnswers { waited_ms: 6_000.0 },
        EventKind::PhaseChanged {
            from: Phase::Starting,
            to: Phase::Ready,
        },
    ];
    let event = |(place, kind)| Event {
        mono_ms: f64::from(u32::try_from(place).expect("few")) + 0.25,
        sidecar: "web".to_owned(),
        run: RunId(1),
        kind,
    };
    kinds.into_iter().enumerate().map(event).collect()
}

fn infos() -> Vec<SidecarInfo> {
    let full = SidecarInfo {
        state: Phase::Ready,
        wanted: Wanted::Up,
        is_running: true,
        is_healthy: true,
        pid: Some(4711),
        run: Some(RunId(3)),
        port: Some(5173),
        url: Some("http://localhost:5173/".to_owned()),
        uptime_seconds: 7,
        restart_count: 2,
        last_health_check: Some(moment()),
        failure: Some("none".to_owned()),
        ..SidecarInfo::idle("web")
    };
    vec![SidecarInfo::idle("db"), full]
}

fn crash() -> CrashInfo {
    CrashInfo {
        id: "web".to_owned(),
        run: RunId(1),
        reason: "ended with code 1".to_owned(),
        exit_code: Some(1),
        signal: None,
        restart_attempt: 1,
        max_attempts: 5,
        last_lines: vec!["EADDRINUSE".to_owned()],
    }
}

fn lines() -> Vec<LogLine> {
    let line = |seq, stream| LogLine {
        seq,
        stream,
        line: "text".to_owned(),
    };
    vec![line(1, Stream::Stdout), line(2, Stream::Stderr)]
}
