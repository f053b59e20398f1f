//! A gateway and the api behind it: the api is replaced while requests come, and none is lost.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod gateway;
mod services;

use tauri::Manager;
use tauri_plugin_sidecar_lifecycle::{SidecarLifecycleExt, guardian};

fn main() {
    // First of all: it forks the process that ends the services when this one is killed.
    if let Err(e) = guardian::start() {
        complain(&e.to_string());
    }
    tauri::Builder::default()
        .plugin(tauri_plugin_sidecar_lifecycle::init())
        .setup(|app| {
            let folder = app.path().resource_dir()?.join("services");
            let sidecars = app.sidecar_lifecycle();
            sidecars.declare(services::API, services::api(&folder, app.handle())?)?;
            sidecars.declare(services::GATEWAY, services::gateway(&folder)?)?;
            // And, before it, what it needs.
            sidecars.start(services::GATEWAY)?;
            Ok(())
        })
        .run(tauri::generate_context!())
        .expect("the app runs");
}

#[expect(clippy::print_stderr, reason = "an example without a log file")]
fn complain(what: &str) {
    eprintln!("{what}");
}
