//! The plugin in an app of Tauri's mock runtime.

mod configuration;
mod pages;
mod permissions;
mod pids;
mod streams;
mod support;
