//! The Edit menu's standard items.
//!
//! On Linux the toolkit's own are disabled or work under X11 only, so the page's engine is asked
//! directly. Elsewhere the system's own are used.

/// Does an editing command in the page that has the focus.
#[cfg(target_os = "linux")]
pub(crate) fn execute(window: &tauri::WebviewWindow, command: &'static str) -> tauri::Result<()> {
    use webkit2gtk::WebViewExt;
    window.with_webview(move |webview| webview.inner().execute_editing_command(command))
}

/// Elsewhere the menu's items are the system's and never arrive here.
#[cfg(not(target_os = "linux"))]
#[expect(clippy::unnecessary_wraps, reason = "it can fail on Linux")]
pub(crate) fn execute(_window: &tauri::WebviewWindow, _command: &'static str) -> tauri::Result<()> {
    Ok(())
}
