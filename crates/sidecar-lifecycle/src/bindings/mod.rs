//! The TypeScript types that pages get, from the types here. `BLESS=1` rewrites the files.
//!
//! Where something is serialised by hand, its type is written by hand as well: therefore real
//! values are written too, and TypeScript checks that they are of those types.

mod by_hand;
mod samples;

use std::fs;
use std::path::Path;

use ts_rs::{Config, TS};

use crate::core::{Phase, RunId, Wanted};
use crate::metrics::{Durations, SidecarMetrics};
use crate::ports::{Holder, HolderKind};
use crate::{CrashInfo, Event, LogLine, Protection, SidecarInfo, Stream};

const FOLDER: &str = "../tauri-plugin-sidecar-lifecycle/guest-js";

#[test]
fn the_committed_types_are_those_of_rust() {
    let mut file = File::default();
    file.declare::<SidecarInfo>("const line = (info: SidecarInfo) => `${info.id}: ${info.state}`;");
    file.declare::<Phase>(r#"const isUp = (phase: Phase) => phase === "ready";"#);
    file.declare::<Wanted>(r#"const isWanted = (wanted: Wanted) => wanted === "up";"#);
    file.declare::<RunId>("const isLater = (one: RunId, other: RunId) => one > other;");
    file.declare::<Event>(concat!(
        "const line = (event: SidecarEvent) =>\n",
        r#"  event.event === "ready" ? `${event.sidecar} is at ${event.url}` : event.event;"#
    ));
    file.declare::<Protection>(
        r#"const survivesKill = (protection: Protection) => protection !== "best_effort";"#,
    );
    file.declare::<Holder>("const who = ({ command, pid }: Holder) => `${command} (pid ${pid})`;");
    file.declare::<HolderKind>(r#"const isOther = (kind: HolderKind) => kind === "stranger";"#);
    file.declare::<CrashInfo>("const why = ({ id, reason }: CrashInfo) => `${id}: ${reason}`;");
    file.declare::<LogLine>("const text = (lines: LogLine[]) => lines.map(({ line }) => line);");
    file.declare::<Stream>(r#"const isComplaint = (stream: Stream) => stream === "stderr";"#);
    file.declare::<SidecarMetrics>("const share = (m: SidecarMetrics) => m.crashes / m.starts;");
    file.declare::<Durations>("const mean = ({ sum, count }: Durations) => sum / count;");
    committed("bindings/engine.ts", &file.text);
}

#[test]
fn the_committed_samples_are_what_rust_writes() {
    let (text, kinds) = samples::file();
    let types = Event::decl(&config());
    let declared = types.matches(r#""event": "#).count();
    assert_eq!(kinds, declared, "a sample of each kind of event: {types}");
    committed("tests/samples.ts", &text);
}

/// JavaScript has no other number, and none of ours will pass 2^53.
fn config() -> Config {
    Config::new().with_large_int("number")
}

#[derive(Default)]
struct File {
    text: String,
}

impl File {
    /// Appends a type with the first paragraph of its documentation and an example.
    fn declare<T: TS>(&mut self, example: &str) {
        let name = T::ident(&config());
        if self.text.is_empty() {
            self.text =
                "// Generated from the Rust types by the tests of sidecar-lifecycle.\n".into();
        }
        let docs = T::docs().unwrap_or_default();
        let about = docs.split("\n *\n").next().unwrap_or_default();
        let import =
            format!(r#"import type {{ {name} }} from "tauri-plugin-sidecar-lifecycle-api";"#);
        let example = format!("{import}\n\n{example}").replace('\n', "\n * ");
        let example = example.replace("\n * \n", "\n *\n");
        let text = format!(
            "\n{}\n *\n * @example\n * ```ts\n * {example}\n * ```\n */\nexport {}\n",
            about.trim_end().trim_end_matches("*/").trim_end(),
            T::decl(&config()),
        );
        for line in in_typescript(&text).lines() {
            self.text += line.trim_end();
            self.text.push('\n');
        }
    }
}

/// Says in TypeScript's words what is said in Rust's.
fn in_typescript(text: &str) -> String {
    [
        (", see `Engine::info`", ""),
        (", part of `Metrics`", ""),
        ("`None`", "null"),
    ]
    .iter()
    .fold(without_links(text), |text, (rust, typescript)| {
        text.replace(rust, typescript)
    })
}

/// Rust's links to items are none in TypeScript: [`Engine::info`](crate::Engine::info).
fn without_links(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("[`") {
        let Some((word, after)) = after.split_once("`]") else {
            break;
        };
        out.extend([before, "`", word, "`"]);
        rest = match after.strip_prefix('(') {
            Some(target) => target.split_once(')').map_or(target, |(_, rest)| rest),
            None => after,
        };
    }
    out + rest
}

/// Compares a file of the package with what it has to be.
fn committed(file: &str, fresh: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join(FOLDER)
        .join(file);
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, fresh).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(found, fresh, "run this test with BLESS=1 and commit {file}");
}
