//! What the window has loaded, as the web view tells it.

use std::sync::{Arc, Mutex, PoisonError};

use tauri::{AppHandle, Manager, WebviewWindow};
use url::Url;

use crate::first_page::FirstPage;
use crate::launch::Launcher;
use crate::terminal;
use crate::window::{ProjectOrigin, go, is_own};

/// The page whose content has begun to arrive and is not there yet.
///
/// A navigation ends the load of the page before it, and that end is announced under the address
/// that comes next: of a launch page that was still loading, it would say that the project was
/// shown.
#[derive(Default)]
pub(crate) struct Committed(Mutex<Option<Url>>);

impl Committed {
    fn set(&self, url: &Url) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(url.clone());
    }

    fn take(&self) -> Option<Url> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// A page's content has begun to arrive.
pub(crate) fn on_committed(app: &AppHandle, window: &WebviewWindow, url: &Url) {
    app.state::<Committed>().set(url);
    if url.scheme() == "about" {
        return; // The window's first, empty page: the one that counts is still on its way.
    }
    if let Some(due) = app.state::<FirstPage>().arrived() {
        go(window, &due);
    }
}

/// All of a page is there.
pub(crate) fn on_loaded(app: &AppHandle, window: &WebviewWindow) {
    let zoom = app.state::<Arc<Launcher>>().session.settings.get().zoom;
    if let Err(e) = window.set_zoom(zoom) {
        log::warn!("cannot set the zoom: {e}");
    }
    let Some(url) = app.state::<Committed>().take() else {
        return;
    };
    if app.state::<ProjectOrigin>().holds(&url) {
        log::info!("page shown: {url}");
        terminal::say(&format!("page shown: {url}"));
        app.state::<Arc<Launcher>>().page_is_shown();
    } else if is_own(&url) && url.path() == "/trouble.html" {
        // What failed was said when it failed, perhaps before there was a window.
        terminal::say("trouble shown");
    }
}

/// Hears of pages of the project's that cannot be had. WebKit would put one line of its own in their
/// place, under their address and without a button.
///
/// Only here: WebView2's own page for this has a button, and on macOS the page before it stays.
#[cfg(target_os = "linux")]
pub(crate) fn watch_failures(app: &AppHandle, window: &WebviewWindow) -> tauri::Result<()> {
    use webkit2gtk::{NetworkError, PluginError, PolicyError, WebViewExt};

    let app = app.clone();
    window.with_webview(move |webview| {
        webview
            .inner()
            .connect_load_failed(move |_, _, address, why| {
                // Another page is gone to, or a file is downloaded instead.
                let is_given_up = why.matches(NetworkError::Cancelled)
                    || why.matches(PolicyError::FrameLoadInterruptedByPolicyChange)
                    || why.matches(PluginError::WillHandleLoad);
                let page = Url::parse(address);
                let Ok(page) = page.map_err(drop) else {
                    return false;
                };
                if is_given_up || !app.state::<ProjectOrigin>().holds(&page) {
                    return false;
                }
                app.state::<Committed>().take();
                app.state::<Arc<Launcher>>()
                    .page_is_missing(&page, why.message());
                true
            });
    })
}
