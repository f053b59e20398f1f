//! Nothing to do: that there is a build script gives Tauri's macros a folder to work in. Tauri's own
//! wants a `tauri.conf.json` beside `Cargo.toml`, by which its command would take this folder for the
//! app that it is to build.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
}
