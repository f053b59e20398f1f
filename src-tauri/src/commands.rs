//! What Berth's own pages can ask for. The wrapped project can ask for nothing.
#![expect(
    clippy::needless_pass_by_value,
    reason = "Tauri hands a command its arguments by value"
)]

use std::sync::Arc;

use serde::Serialize;
use tauri::{AppHandle, Manager, State, command};
use tauri_plugin_clipboard_manager::ClipboardExt;
use tauri_plugin_opener::OpenerExt;
use url::Url;

use crate::launch::{Launch, Launcher};
use crate::{diagnostics, navigation, window};

/// A failed command, as pages get it.
#[derive(Debug, Serialize)]
pub(crate) struct Failure {
    code: &'static str,
    message: String,
}

impl Failure {
    fn new(code: &'static str, message: impl Into<String>) -> Failure {
        Failure {
            code,
            message: message.into(),
        }
    }
}

/// The launch as it is now.
#[command]
pub(crate) fn launch_snapshot(launcher: State<'_, Arc<Launcher>>) -> Launch {
    launcher.snapshot()
}

/// A button of the trouble page.
#[command]
pub(crate) fn run_action(
    app: AppHandle,
    launcher: State<'_, Arc<Launcher>>,
    id: String,
) -> Result<(), Failure> {
    if let Some(address) = id.strip_prefix("open-url:") {
        let url = Url::parse(address).map_err(|e| Failure::new("bad-url", e.to_string()))?;
        if !navigation::is_local_page(&url) {
            return Err(Failure::new(
                "bad-url",
                "only pages of this machine are opened from here",
            ));
        }
        window::open_outside(&app, &url);
        return Ok(());
    }
    launcher.act(&id);
    Ok(())
}

/// The user agrees that the project runs its code.
#[command]
pub(crate) fn trust_project(launcher: State<'_, Arc<Launcher>>) {
    launcher.trust();
}

/// The user does not: there is nothing to show.
#[command]
pub(crate) fn decline_project(app: AppHandle) {
    log::info!("the user does not open this project");
    app.exit(0);
}

/// Shows the log in a window of its own.
#[command]
pub(crate) async fn show_logs(app: AppHandle) -> Result<(), Failure> {
    // Not on the main thread: building a window waits for it.
    window::show_logs(&app).map_err(|e| Failure::new("window", e.to_string()))
}

/// Puts the redacted diagnostics on the clipboard and returns them.
#[command]
pub(crate) fn copy_diagnostics(app: AppHandle) -> Result<String, Failure> {
    diagnostics_to_clipboard(&app)
}

pub(crate) fn diagnostics_to_clipboard(app: &AppHandle) -> Result<String, Failure> {
    let text = diagnostics::text(&app.state::<Arc<Launcher>>());
    app.clipboard().write_text(text.clone()).map_err(|e| {
        log::warn!("the clipboard does not take the diagnostics: {e}");
        Failure::new("clipboard", e.to_string())
    })?;
    log::info!("diagnostics copied");
    Ok(text)
}

/// Opens the folder with the log files.
#[command]
pub(crate) fn open_log_folder(app: AppHandle) {
    open_folder(&app);
}

pub(crate) fn open_folder(app: &AppHandle) {
    let folder = app
        .state::<Arc<Launcher>>()
        .session
        .paths
        .logs
        .display()
        .to_string();
    if let Err(e) = app.opener().open_path(&folder, None::<&str>) {
        log::warn!("the system cannot open {folder}: {e}");
    }
}
