//! A logbook whose entries lie in a Redis of its own.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod notes;
mod resp;
mod server;

use tauri::Manager;
use tauri_plugin_sidecar_lifecycle::{SidecarLifecycleExt, guardian};

fn main() {
    // First of all: it forks the process that ends the server when this one is killed.
    if let Err(e) = guardian::start() {
        complain(&e.to_string());
    }
    tauri::Builder::default()
        .plugin(tauri_plugin_sidecar_lifecycle::init())
        .invoke_handler(tauri::generate_handler![
            notes::notes,
            notes::add_note,
            notes::remove_note,
            notes::kill_server,
        ])
        .setup(|app| {
            let folder = app.path().app_local_data_dir()?.join("redis");
            std::fs::create_dir_all(&folder)?;
            let sidecars = app.sidecar_lifecycle();
            sidecars.declare(server::REDIS, server::config(&folder)?)?;
            sidecars.start(server::REDIS)?;
            Ok(())
        })
        .run(tauri::generate_context!())
        .expect("the app runs");
}

#[expect(clippy::print_stderr, reason = "an example without a log file")]
fn complain(what: &str) {
    eprintln!("{what}");
}
