//! Sidecar life cycle for Tauri apps: ready means ready, and nothing is left behind.
//!
//! At the start of `main`:
//!
//! ```no_run
//! // First of all: it forks the process that outlives the app.
//! if let Err(e) = tauri_plugin_sidecar_lifecycle::guardian::start() {
//!     log::warn!("{e}");
//! }
//! let builder = tauri::Builder::<tauri::Wry>::new()
//!     .plugin(tauri_plugin_sidecar_lifecycle::init());
//! ```
//!
//! Without that line the app runs as well; what is lost is said in the log, and by
//! [`Engine::protection`]: if the app is killed, its sidecars' children live on until its next
//! start.
//!
//! # From Rust
//!
//! [`Builder::sidecar`] declares without starting, and so does `tauri.conf.json`.
//! [`SidecarLifecycleExt::sidecar_lifecycle`] hands out the [`SidecarLifecycle`], which is the
//! [`Engine`] with what an app needs besides.
//!
//! # From pages
//!
//! A page can ask for what is declared, and its capabilities say for what of it. It looks on with the
//! `default` permission set, steers with `control`, and writes to a sidecar's stdin with
//! `write-stdin`. A scope entry `{ "id": "db-*" }` limits a permission to some sidecars, in lists and
//! events too. What a page may choose about a sidecar is a [`Declaration`]'s matter; no command takes
//! a program or an argument.
//!
//! # Ways out
//!
//! - **The last window is closed.** The event loop ends, and then the sidecars are ended, before the
//!   process is. An app that prevents this (`RunEvent::ExitRequested` without a code) to live on
//!   without a window keeps its sidecars as they are. Closing one of several windows ends nothing.
//! - **[`AppHandle::exit`](tauri::AppHandle::exit)** is held back until the sidecars are down, while
//!   the windows go on painting: see [`Builder::hold_exit`].
//! - **A restart, the updater, macOS's Quit** cannot be held back: the sidecars are ended before the
//!   call returns.
//! - **SIGTERM, SIGINT, SIGHUP** end the app as its own Quit does: see [`Builder::handle_signals`].
//! - **A crash, an abort, SIGKILL.** The guardian ends the sidecars (Unix), or the kernel does
//!   (Windows).
//!
//! All take as long as the slowest sidecar's grace at the most, and the time that force may take:
//! see [`Builder::exit_limit`].

#[cfg(all(test, in_repository))]
mod bindings;
mod builder;
mod commands;
mod config;
mod declaration;
mod error;
mod exit;
mod extension;
mod handle;
mod outbox;
mod param;
mod programs;
mod scope;
mod streams;

pub use builder::{Builder, init};
pub use declaration::{Declaration, Params};
pub use error::{Error, Result};
pub use extension::SidecarLifecycleExt;
pub use handle::SidecarLifecycle;
pub use param::Param;
#[doc(no_inline)]
pub use sidecar_lifecycle::{
    self as engine, CrashInfo, Engine, Event, EventKind, HealthCheck, RunId, SidecarBuilder,
    SidecarConfig, SidecarInfo, guardian,
};

/// The examples of the page that a registry shows.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
