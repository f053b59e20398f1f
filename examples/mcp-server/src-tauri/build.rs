//! Generates the app's context and the permissions of its own command, and puts the server beside
//! the executable.

fn main() {
    let commands = tauri_build::AppManifest::new().commands(&["ensure_mcp_server"]);
    let attributes = tauri_build::Attributes::new().app_manifest(commands);
    if let Err(e) = tauri_build::try_build(attributes) {
        println!("cargo::error={e:#}");
    }
}
