//! Generates the app's context and what its pages may do.

fn main() {
    tauri_build::build();
}
