//! The ways out of an app, none of which may leave a sidecar behind.

use std::time::Duration;

use sidecar_lifecycle::Engine;
use tauri::{AppHandle, ExitRequestApi, Manager, Resource, Runtime};

/// Ends the fleet when the app's resource table is cleared. Its id is never told to a page, which
/// could close it by that.
pub(crate) struct FleetGuard {
    engine: Engine,
}

impl FleetGuard {
    pub(crate) fn new(engine: Engine) -> FleetGuard {
        FleetGuard { engine }
    }
}

impl Resource for FleetGuard {}

impl Drop for FleetGuard {
    /// Runs under the table's lock and calls nothing of Tauri's.
    fn drop(&mut self) {
        let report = self.engine.shutdown("the app exits", super::EXIT_LIMIT);
        if !report.complete {
            log::error!("sidecars still run; the guardian goes on ending them");
        }
    }
}

/// Holds an exit back until the sidecars are down, beside a main thread that goes on painting,
/// and then exits with the code that was asked for.
pub(crate) fn finish_first<R: Runtime>(
    app: &AppHandle<R>,
    code: Option<i32>,
    api: &ExitRequestApi,
    limit: Duration,
) {
    let engine = app.state::<Engine>().inner().clone();
    if engine.is_down() || code == Some(tauri::RESTART_EXIT_CODE) {
        return; // A restart cannot be held back: the guard in the resource table waits for it.
    }
    api.prevent_exit();
    let app = app.clone();
    // A thread and not the app's executor, which the app may have blocked.
    std::thread::spawn(move || {
        let report = engine.shutdown("the app exits", limit);
        if !report.complete {
            log::error!("sidecars still run after {limit:?}; the guardian goes on ending them");
        }
        app.exit(code.unwrap_or(0));
    });
}

/// Ends everything before this returns.
pub(crate) fn finish_now<R: Runtime>(app: &AppHandle<R>, limit: Duration) {
    let report = app.state::<Engine>().shutdown("the app exits", limit);
    if !report.complete {
        log::error!("sidecars still run after {limit:?}; the guardian goes on ending them");
    }
}
