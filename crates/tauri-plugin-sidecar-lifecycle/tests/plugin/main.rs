//! The plugin in an app of Tauri's mock runtime.
#![cfg(unix)]

mod configuration;
mod pages;
mod permissions;
mod pids;
mod streams;
mod support;
