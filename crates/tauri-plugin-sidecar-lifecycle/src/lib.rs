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
//! From Rust, [`SidecarLifecycleExt::sidecar_lifecycle`] hands out the [`Engine`]. Pages look on
//! with the `default` permission set and steer with `control`.

mod commands;
mod error;
mod exit;
mod log_stream;

use std::time::Duration;

use tauri::plugin::TauriPlugin;
use tauri::{Emitter, Manager, RunEvent, Runtime, plugin};

pub use error::{Error, Result};
pub use sidecar_lifecycle::{self as engine, Engine, guardian};

use exit::FleetGuard;
use log_stream::LogStreams;

/// The event that carries every [`engine::Event`] to pages that may listen.
pub const EVENT: &str = "sidecar-lifecycle://event";

/// How long an orderly exit waits for the sidecars' graces.
const EXIT_LIMIT: Duration = Duration::from_secs(30);

/// The plugin with an engine of its own, whose state lies in the app's local data folder.
pub fn init<R: Runtime>() -> TauriPlugin<R> {
    Builder::new().build()
}

/// Sets the plugin up.
#[derive(Default)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct Builder {
    engine: Option<Engine>,
}

impl Builder {
    /// Begins with the defaults.
    pub fn new() -> Builder {
        Builder::default()
    }

    /// Uses an engine that runs already, so that a sidecar can start before the first window is
    /// built.
    pub fn engine(mut self, engine: Engine) -> Builder {
        self.engine = Some(engine);
        self
    }

    /// The finished plugin.
    pub fn build<R: Runtime>(self) -> TauriPlugin<R> {
        let given = self.engine;
        plugin::Builder::new("sidecar-lifecycle")
            .invoke_handler(tauri::generate_handler![
                commands::list,
                commands::get_status,
                commands::subscribe_logs,
                commands::unsubscribe_logs,
                commands::start,
                commands::stop,
                commands::restart,
            ])
            .setup(move |app, _api| {
                let engine = match given {
                    Some(engine) => engine,
                    None => own_engine(app)?,
                };
                let handle = app.clone();
                engine.subscribe(move |event| {
                    if let Err(e) = handle.emit(EVENT, event) {
                        log::debug!("an event reached no page: {e}");
                    }
                });
                // The table is cleared on every orderly way out, also on those that skip
                // `RunEvent::Exit` (a restart from the main thread, the updater).
                app.resources_table().add(FleetGuard::new(engine.clone()));
                app.manage(LogStreams::default());
                app.manage(engine);
                Ok(())
            })
            .on_page_load(|webview, payload| {
                // A page that goes takes its channels with it.
                if payload.event() == tauri::webview::PageLoadEvent::Started {
                    webview.state::<LogStreams>().forget_page(webview.label());
                }
            })
            .on_event(|app, event| match event {
                RunEvent::ExitRequested { code, api, .. } => {
                    exit::finish_first(app, *code, api, EXIT_LIMIT);
                }
                // macOS gives only this for Cmd+Q and the Dock's Quit. It blocks the main thread,
                // because the process ends when it returns.
                RunEvent::Exit => exit::finish_now(app, EXIT_LIMIT),
                _ => {}
            })
            .build()
    }
}

fn own_engine<R: Runtime>(app: &tauri::AppHandle<R>) -> Result<Engine> {
    let dir = app.path().app_local_data_dir()?.join("sidecar-lifecycle");
    Ok(Engine::builder(app.config().identifier.clone(), dir).build()?)
}

/// The engine, from anything that knows the app.
pub trait SidecarLifecycleExt<R: Runtime> {
    /// The engine of this app.
    fn sidecar_lifecycle(&self) -> &Engine;
}

impl<R: Runtime, T: Manager<R>> SidecarLifecycleExt<R> for T {
    fn sidecar_lifecycle(&self) -> &Engine {
        self.state::<Engine>().inner()
    }
}
