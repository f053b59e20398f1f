//! Another plugin of the app, with hooks of its own.

use serde_json::json;
use tauri::plugin::{self, TauriPlugin};
use tauri::{RunEvent, Runtime};

use crate::say;

/// Says what its hooks are told of an exit.
pub(crate) fn plugin<R: Runtime>(name: &'static str) -> TauriPlugin<R> {
    let hook = move |event: &RunEvent| match event {
        RunEvent::ExitRequested { code, .. } => {
            say(&json!({ "event": "hook", "of": name, "hears": "exit_requested", "code": code }));
        }
        RunEvent::Exit => say(&json!({ "event": "hook", "of": name, "hears": "exit" })),
        _ => {}
    };
    plugin::Builder::new(name)
        .on_event(move |_, event| hook(event))
        .build()
}
