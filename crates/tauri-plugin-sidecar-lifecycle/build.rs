//! Generates one permission for each command.

const COMMANDS: &[&str] = &[
    "list",
    "get_status",
    "subscribe_logs",
    "unsubscribe_logs",
    "start",
    "stop",
    "restart",
];

fn main() {
    tauri_plugin::Builder::new(COMMANDS)
        // Pages of apps with `withGlobalTauri` have it as `window.__TAURI__.sidecarLifecycle`.
        .global_api_script_path("./api-iife.js")
        .build();
}
