//! An app whose page may run the test server by Tauri's shell plugin, and nothing else.

fn main() -> tauri::Result<()> {
    tauri::Builder::default()
        .plugin(tauri_plugin_shell::init())
        .run(tauri::generate_context!())
}
