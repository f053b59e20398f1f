//! What the test wants, a line at a time.

use std::io::BufRead;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;
use tauri::{AppHandle, Manager};
use tauri_plugin_sidecar_lifecycle::SidecarLifecycleExt;

use crate::say;

/// Whether the app prevents its exits.
#[derive(Default)]
pub(crate) struct Prevention(AtomicBool);

impl Prevention {
    pub(crate) fn is_on(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    fn set(&self, on: bool) {
        self.0.store(on, Ordering::Release);
    }
}

/// Reads orders on a thread, and does what they say.
pub(crate) fn listen(app: AppHandle) {
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            let (order, what) = line.split_once(' ').unwrap_or((&line, ""));
            obey(&app, order, what);
        }
    });
}

fn obey(app: &AppHandle, order: &str, what: &str) {
    match order {
        "exit" => app.exit(what.parse().unwrap_or_default()),
        "stop" => {
            if let Err(e) = app.sidecar_lifecycle().stop(what, "the test wants it") {
                say(&json!({ "event": "not_obeyed", "why": e.to_string() }));
            }
        }
        "count" => {
            let counted = app.sidecar_lifecycle().metrics().sidecars;
            say(&json!({ "event": "counted", "sidecars": counted }));
        }
        "restart" => app.restart(),
        "restart-on-main" => on_main(app, AppHandle::restart),
        // As the updater does before it runs the installer.
        "update" => on_main(app, |app| {
            app.cleanup_before_exit();
            std::process::exit(0);
        }),
        "prevent" => app.state::<Prevention>().set(what == "all"),
        "panic" => drop(std::thread::spawn(|| {
            panic!("as the test has it, on a thread")
        })),
        "panic-on-main" => on_main(app, |_| panic!("as the test has it, on the main thread")),
        "abort" => std::process::abort(),
        "close" => {
            if let Some(window) = app.get_webview_window(what)
                && let Err(e) = window.close()
            {
                say(&json!({ "event": "not_closed", "why": e.to_string() }));
            }
        }
        "ping" => on_main(app, |_| say(&json!({ "event": "pong" }))),
        _ => say(&json!({ "event": "unknown_order", "order": order })),
    }
}

fn on_main<T>(app: &AppHandle, what: impl FnOnce(&AppHandle) -> T + Send + 'static) {
    let handle = app.clone();
    let later = app.run_on_main_thread(move || {
        what(&handle);
    });
    if let Err(e) = later {
        say(&json!({ "event": "not_obeyed", "why": e.to_string() }));
    }
}
