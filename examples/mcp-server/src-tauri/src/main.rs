//! A local MCP server that lives as long as the app: started on demand, checked, restarted.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

use std::time::Duration;

use tauri::{AppHandle, Manager};
use tauri_plugin_sidecar_lifecycle::{
    HealthCheck, SidecarConfig, SidecarInfo, SidecarLifecycleExt, guardian,
};

/// Makes sure that the server runs. The page calls it each time it is loaded.
#[tauri::command]
async fn ensure_mcp_server(app: AppHandle) -> Result<SidecarInfo, String> {
    let resources = app.path().resource_dir().map_err(|e| e.to_string())?;
    let data = app.path().app_local_data_dir().map_err(|e| e.to_string())?;
    let config = SidecarConfig::builder()
        .name("node")
        .cwd(resources)
        .args([
            "mcp-server.mjs",
            "--transport",
            "http",
            "--port",
            "auto",
            "--cors",
        ])
        .env("NOTES_FILE", data.join("notes.json"))
        .port_range(8080..8200)
        .health_check(HealthCheck::Http {
            path: "/health".into(),
            timeout: Duration::from_secs(5),
            interval: Duration::from_secs(2),
        })
        .liveness(Duration::from_millis(500))
        .auto_restart(true)
        .max_restart_attempts(3)
        .restart_backoff(Duration::from_secs(1))
        .graceful_shutdown_timeout(Duration::from_secs(5))
        .on_crash(|crash| complain(&format!("Sidecar crashed: {crash}")))
        .build()
        .map_err(|e| e.to_string())?;

    let manager = app.sidecar_lifecycle();
    manager
        .ensure_running("mcp-server", config)
        .await
        .map_err(|e| e.to_string())
}

fn main() {
    // First of all: it forks the process that ends the server when this one is killed.
    if let Err(e) = guardian::start() {
        complain(&e.to_string());
    }
    tauri::Builder::default()
        .plugin(tauri_plugin_sidecar_lifecycle::init())
        .invoke_handler(tauri::generate_handler![ensure_mcp_server])
        .run(tauri::generate_context!())
        .expect("the app runs");
}

#[expect(clippy::print_stderr, reason = "an example without a log file")]
fn complain(what: &str) {
    eprintln!("{what}");
}
