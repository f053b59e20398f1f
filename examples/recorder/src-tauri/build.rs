//! Generates the app's context and the permissions of its own commands.

fn main() {
    // Named here, so that they are denied to every page that no capability grants them.
    const COMMANDS: &[&str] = &["recordings", "still", "open_window"];
    let attributes = tauri_build::Attributes::new()
        .app_manifest(tauri_build::AppManifest::new().commands(COMMANDS));
    if let Err(e) = tauri_build::try_build(attributes) {
        println!("cargo::error={e:#}");
    }
}
