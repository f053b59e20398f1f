//! The TypeScript types that pages get, from the types here. `BLESS=1` rewrites the files.
//!
//! Where something is serialised by hand, its type is written by hand as well: therefore real
//! values are written too, and TypeScript checks that they are of those types.

mod by_hand;
mod samples;
mod writer;

use ts_rs::TS;

use writer::{File, committed, config};

use crate::core::{Phase, RunId, Wanted};
use crate::error_code::EngineErrorCode;
use crate::metrics::{Durations, SidecarMetrics};
use crate::ports::{Holder, HolderKind};
use crate::{CrashInfo, Event, LogLine, Protection, SidecarInfo, Stream};

const FOLDER: &str = "../tauri-plugin-sidecar-lifecycle/guest-js";

#[test]
fn the_committed_types_are_those_of_rust() {
    let mut file =
        File::new("// Generated from the Rust types by the tests of sidecar-lifecycle.\n");
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
    file.declare_names(
        "EngineErrorCode",
        EngineErrorCode::ABOUT,
        EngineErrorCode::ALL,
        r#"const isWrongPlace = (code: EngineErrorCode) => code === "bad-offset";"#,
    );
    file.compare(FOLDER, "bindings/engine.ts");
}

#[test]
fn the_committed_samples_are_what_rust_writes() {
    let (text, kinds) = samples::file();
    let types = Event::decl(&config());
    let declared = types.matches(r#""event": "#).count();
    assert_eq!(kinds, declared, "a sample of each kind of event: {types}");
    committed(FOLDER, "tests/samples.ts", &text);
}
