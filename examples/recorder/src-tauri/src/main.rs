//! A recorder whose page may be reloaded, left, replaced or lost while it records.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod recorder;
mod recordings;
mod windows;

use tauri_plugin_sidecar_lifecycle::{SidecarLifecycleExt, guardian};

fn main() {
    // First of all: it forks the process that ends the recording in order when this one is killed.
    if let Err(e) = guardian::start() {
        complain(&e.to_string());
    }
    tauri::Builder::default()
        .plugin(tauri_plugin_sidecar_lifecycle::init())
        .invoke_handler(tauri::generate_handler![
            recordings::recordings,
            recordings::still,
            windows::open_window,
        ])
        .setup(|app| {
            let folder = recordings::folder(app)?;
            std::fs::create_dir_all(&folder)?;
            app.sidecar_lifecycle()
                .declare(recorder::RECORDER, recorder::declaration(&folder)?)?;
            windows::open(app)?;
            Ok(())
        })
        .run(tauri::generate_context!())
        .expect("the app runs");
}

#[expect(clippy::print_stderr, reason = "an example without a log file")]
fn complain(what: &str) {
    eprintln!("{what}");
}
