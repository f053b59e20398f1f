//! Generates one permission for each command and the schema of their scopes, and says whether this is
//! the repository.

use std::path::Path;

use serde_json::json;

const COMMANDS: &[&str] = &[
    "list",
    "get_status",
    "get_metrics",
    "from_pid",
    "subscribe_events",
    "unsubscribe_events",
    "subscribe_logs",
    "unsubscribe_logs",
    "ensure_running",
    "start",
    "stop",
    "restart",
    "roll",
    "kill",
    "write_stdin",
    "close_stdin",
    "read_output",
];

fn main() {
    // Some tests hold files of the repository to the crate that are not packed with it.
    println!("cargo::rustc-check-cfg=cfg(in_repository)");
    if Path::new("guest-js").is_dir() {
        println!("cargo::rustc-cfg=in_repository");
    }
    // `src/scope.rs` reads it.
    let entry = json!({
        "title": "SidecarScopeEntry",
        "description": "Sidecars that a permission is limited to.",
        "type": "object",
        "required": ["id"],
        "additionalProperties": false,
        "properties": {
            "id": {
                "description": "A sidecar's id; `*` stands for any characters, `?` for one.",
                "type": "string"
            }
        }
    });
    let mut builder = tauri_plugin::Builder::new(COMMANDS)
        // Pages of apps with `withGlobalTauri` have it as `window.__TAURI__.sidecarLifecycle`.
        .global_api_script_path("./api-iife.js");
    match serde_json::from_value(entry) {
        Ok(schema) => builder = builder.global_scope_schema(schema),
        Err(e) => println!("cargo::error=the scope's schema is wrong: {e}"),
    }
    builder.build();
}
