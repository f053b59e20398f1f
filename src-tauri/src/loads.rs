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

/// Why the last page could not be had, in the web view's words.
#[derive(Default)]
pub(crate) struct LastFailure(Mutex<Option<String>>);

#[cfg(target_os = "linux")]
impl LastFailure {
    fn set(&self, why: &str) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(why.to_owned());
    }

    fn take(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// A page's content has begun to arrive.
pub(crate) fn on_committed(app: &AppHandle, window: &WebviewWindow, url: &Url) {
    app.state::<Committed>().set(url);
    if url.scheme() == "about" {
        return; // The window's first, empty page: the one that counts is still on its way.
    }
    let on = app.state::<FirstPage>().arrived().or_else(|| {
        let launcher = app.state::<Arc<Launcher>>();
        is_own(url).then(|| launcher.page_in_the_way_of()).flatten()
    });
    if let Some(on) = on {
        go(window, &on);
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
        on_project_loaded(app, window, &url);
    } else if is_own(&url) && url.path() == "/trouble.html" {
        // What failed was said when it failed, perhaps before there was a window.
        terminal::say("trouble shown");
    }
}

fn say_shown(app: &AppHandle, url: &Url) {
    log::info!("page shown: {url}");
    terminal::say(&format!("page shown: {url}"));
    app.state::<Arc<Launcher>>().page_is_shown(url);
}

/// WebKit puts a page of its own in the place of one that cannot be had, under the same address:
/// one line without a button. It is told from what a server has answered by its status: it has none.
#[cfg(target_os = "linux")]
fn on_project_loaded(app: &AppHandle, window: &WebviewWindow, url: &Url) {
    if status(window) != Some(0) {
        say_shown(app, url);
        return;
    }
    let why = app.state::<LastFailure>().take();
    let why = why.as_deref().unwrap_or("Nothing was answered");
    log::warn!("{url} cannot be shown: {why}");
    app.state::<Arc<Launcher>>().page_is_missing(url, why);
}

/// The status with which the shown page was answered, asked on the main thread.
#[cfg(target_os = "linux")]
fn status(window: &WebviewWindow) -> Option<u32> {
    use webkit2gtk::{URIResponseExt, WebResourceExt, WebViewExt};

    let (tell, told) = std::sync::mpsc::channel();
    let asked = window.with_webview(move |webview| {
        let page = webview.inner().main_resource();
        let status = page.and_then(|page| Some(page.response()?.status_code()));
        let _ = tell.send(status); // It is waited for below.
    });
    if let Err(e) = asked {
        log::warn!("the window cannot be asked what it shows: {e}");
    }
    // On the main thread it was asked by now. In there nothing else may be asked of the window: the
    // runtime has it locked.
    told.try_recv().ok().flatten()
}

/// Elsewhere a page that came cannot be told from what the web view says in its place: that of
/// `WebView2` has a button. macOS's leaves the page before it.
#[cfg(not(target_os = "linux"))]
fn on_project_loaded(app: &AppHandle, _window: &WebviewWindow, url: &Url) {
    say_shown(app, url);
}

/// Keeps why a page cannot be had.
#[cfg(target_os = "linux")]
pub(crate) fn watch_failures(app: &AppHandle, window: &WebviewWindow) -> tauri::Result<()> {
    use webkit2gtk::WebViewExt;

    let app = app.clone();
    window.with_webview(move |webview| {
        webview.inner().connect_load_failed(move |_, _, _, why| {
            app.state::<LastFailure>().set(why.message());
            false
        });
    })
}
