//! The app's windows: all show the same page, and any may be closed.

use std::sync::atomic::{AtomicU32, Ordering};

use tauri::{AppHandle, Manager, WebviewUrl, WebviewWindow, WebviewWindowBuilder, command};

/// Opens another window on the same recorder.
#[command]
pub(crate) async fn open_window(app: AppHandle) -> Result<(), String> {
    open(&app).map(drop).map_err(|e| e.to_string())
}

/// Opens a window. Its label is one that the capability names.
pub(crate) fn open(app: &impl Manager<tauri::Wry>) -> tauri::Result<WebviewWindow> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed) + 1;
    let window =
        WebviewWindowBuilder::new(app, format!("recorder-{number}"), WebviewUrl::default())
            .title("Recorder")
            .on_document_title_changed(|window, title| {
                let _ = window.set_title(&title); // It is a service, and no more.
            })
            .inner_size(1000.0, 760.0)
            .min_inner_size(360.0, 400.0)
            .build()?;
    reload_after_crash(&window)?;
    Ok(window)
}

/// The page's own process may crash, and leaves an empty window. A new page finds the recorder again.
#[cfg(target_os = "linux")]
fn reload_after_crash(window: &WebviewWindow) -> tauri::Result<()> {
    use webkit2gtk::WebViewExt;
    window.with_webview(|webview| {
        let view = webview.inner();
        view.connect_web_process_terminated(|view, _| view.reload());
    })
}

/// `WebView2` and `WKWebView` tell of it by other means; this example was not run there.
#[cfg(not(target_os = "linux"))]
#[expect(clippy::unnecessary_wraps, reason = "it can fail on Linux")]
fn reload_after_crash(_window: &WebviewWindow) -> tauri::Result<()> {
    Ok(())
}
