//! Windows: the engine on real processes, `fake-sidecar` as the sidecar and `fake-host` as a host
//! to be killed. Cargo builds other packages' programs for no test, so they are built first:
//! `cargo build -p fake-sidecar -p fake-host --bin fake-sidecar --bin fake-host`.
#![cfg(windows)]

mod asking;
mod batch_files;
mod environment;
mod host_killed;
mod logs;
mod paths;
mod ports;
mod restarting;
mod stopping;
mod support;
mod tools;
mod trees;
#[path = "../support/wine.rs"]
mod wine;
