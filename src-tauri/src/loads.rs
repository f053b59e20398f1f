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
    } else if is_own(&url) && url.path() == "/trouble.html" {
        // What failed was said when it failed, perhaps before there was a window.
        terminal::say("trouble shown");
    }
}
