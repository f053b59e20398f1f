//! Generates the app's context, and puts the services beside the executable.

fn main() {
    tauri_build::build();
}
