//! The TypeScript types of what this crate sends, beside those of the engine. `BLESS=1` rewrites
//! the file.

#[path = "../../sidecar-lifecycle/src/bindings/writer.rs"]
mod writer;

use writer::File;

use crate::commands::{Found, Metrics};
use crate::error::PluginErrorCode;
use crate::streams::LogBatch;

#[test]
fn the_committed_types_are_those_of_rust() {
    let mut file = File::new(concat!(
        "// Generated from the Rust types by the tests of tauri-plugin-sidecar-lifecycle.\n",
        r#"import type { LogLine, Protection, RunId, SidecarMetrics } from "./engine.js";"#,
        "\n"
    ));
    file.declare::<LogBatch>(
        r#"const text = ({ lines }: LogBatch) => lines.map(({ line }) => line).join("\n");"#,
    );
    file.declare::<Found>("const since = ({ startedAt }: Found) => new Date(startedAt);");
    file.declare::<Metrics>("const ids = ({ sidecars }: Metrics) => Object.keys(sidecars);");
    file.declare_names(
        "PluginErrorCode",
        PluginErrorCode::ABOUT,
        PluginErrorCode::ALL,
        r#"const hasEnded = (code: PluginErrorCode) => code === "stale-pid";"#,
    );
    file.compare("guest-js", "bindings/plugin.ts");
}
