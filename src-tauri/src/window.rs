//! The window: the launch page at first, then the project.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tauri::webview::{NewWindowResponse, PageLoadEvent};
use tauri::window::Color;
use tauri::{AppHandle, Emitter, Manager, WebviewUrl, WebviewWindow, WebviewWindowBuilder, Wry};
use tauri_plugin_opener::OpenerExt;
use url::Url;

use crate::first_page::FirstPage;
use crate::launch::{Launch, Launcher, Ui};
use crate::navigation::{self, NewWindow};
use crate::paths::ProjectPaths;
use crate::{keys, loads, theme};

/// The window's label.
pub(crate) const MAIN: &str = "main";
/// The label of the window with the log.
pub(crate) const LOG: &str = "log";
/// The event that tells pages of a changed launch.
const CHANGED: &str = "berth://launch";

/// The pages' own background, so that nothing flashes before they are painted.
const LIGHT: Color = Color(0xf6, 0xf8, 0xf9, 0xff);
const DARK: Color = Color(0x12, 0x18, 0x1d, 0xff);

/// The origin that the project's page has, once it is known.
#[derive(Default)]
pub(crate) struct ProjectOrigin(Mutex<Option<Url>>);

impl ProjectOrigin {
    fn set(&self, url: &Url) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(url.clone());
    }

    pub(crate) fn get(&self) -> Option<Url> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Whether it is a page of the project's.
    pub(crate) fn holds(&self, url: &Url) -> bool {
        self.get()
            .is_some_and(|project| navigation::same_origin(&project, url))
    }
}

/// Whether pages of ours may be gone to: from one of them, or because Berth itself goes there. A
/// page of the project's must not, nor put one into a frame.
pub(crate) struct OwnPages {
    shown: AtomicBool,
    armed: AtomicBool,
}

impl Default for OwnPages {
    fn default() -> OwnPages {
        // The window begins with one.
        OwnPages {
            shown: AtomicBool::new(true),
            armed: AtomicBool::new(false),
        }
    }
}

impl OwnPages {
    fn note(&self, url: &Url) {
        if url.scheme() == "about" {
            return; // The window's first, empty page is nobody's.
        }
        let own = is_own(url);
        self.shown.store(own, Ordering::Release);
        if own {
            self.armed.store(false, Ordering::Release);
        }
    }

    /// Berth itself goes to a page of ours.
    fn arm(&self) {
        self.armed.store(true, Ordering::Release);
    }

    /// Berth goes to the project: a way to our pages that was not taken is closed.
    fn disarm(&self) {
        self.armed.store(false, Ordering::Release);
    }

    fn allowed(&self) -> bool {
        self.shown.load(Ordering::Acquire) || self.armed.load(Ordering::Acquire)
    }
}

/// Builds the window and shows it.
pub(crate) fn open(app: &AppHandle, launcher: &Arc<Launcher>) -> tauri::Result<WebviewWindow> {
    let paths = &launcher.session.paths;
    let title = launcher.snapshot().project.name;
    let (for_links, for_loads, for_pages) = (app.clone(), app.clone(), app.clone());
    let page = launcher.take_due().map_or_else(
        || WebviewUrl::App("index.html".into()),
        |project| {
            // A launch page on the way to it would only cost the time that it takes.
            log::info!("ready before the window: no launch page");
            app.state::<ProjectOrigin>().set(&project);
            WebviewUrl::External(project)
        },
    );
    let window = with_profile(WebviewWindowBuilder::new(app, MAIN, page), paths)
        .title(title)
        .inner_size(1100.0, 760.0)
        .min_inner_size(360.0, 320.0)
        .initialization_script(navigation::CLICK_SCRIPT)
        // HTML5 drag and drop is dead in the page otherwise.
        .disable_drag_drop_handler()
        .devtools(true)
        .visible(false)
        .on_navigation(move |url| {
            let may = navigation::may_navigate(url, for_pages.state::<OwnPages>().allowed());
            if !may {
                log::warn!("refused to go to a {}: address", url.scheme());
            }
            may
        })
        .on_new_window(move |url, _features| {
            on_new_window(&for_links, &url);
            NewWindowResponse::Deny
        })
        .on_page_load(move |window, payload| {
            for_loads.state::<OwnPages>().note(payload.url());
            match payload.event() {
                PageLoadEvent::Started => loads::on_committed(&for_loads, &window, payload.url()),
                PageLoadEvent::Finished => loads::on_loaded(&for_loads, &window),
            }
        })
        .build()?;
    #[cfg(target_os = "linux")]
    loads::watch_failures(app, &window)?;
    let background = if theme::is_dark(&window) { DARK } else { LIGHT };
    window.set_background_color(Some(background))?;
    window.show()?;
    Ok(window)
}

/// A profile of the project's own: two projects on one port never share logins.
#[cfg(not(target_os = "macos"))]
fn with_profile<'a, M: Manager<Wry>>(
    window: WebviewWindowBuilder<'a, Wry, M>,
    paths: &ProjectPaths,
) -> WebviewWindowBuilder<'a, Wry, M> {
    window.data_directory(paths.webview())
}

/// The same where the system keeps all profiles, each under a number. Before macOS 14 it has one for
/// all.
#[cfg(target_os = "macos")]
fn with_profile<'a, M: Manager<Wry>>(
    window: WebviewWindowBuilder<'a, Wry, M>,
    paths: &ProjectPaths,
) -> WebviewWindowBuilder<'a, Wry, M> {
    window.data_store_identifier(paths.profile())
}

fn on_new_window(app: &AppHandle, url: &Url) {
    match navigation::new_window(app.state::<ProjectOrigin>().get().as_ref(), url) {
        NewWindow::Here => {
            if let Some(window) = app.get_webview_window(MAIN)
                && let Err(e) = window.navigate(url.clone())
            {
                log::warn!("cannot go to {url}: {e}");
            }
        }
        NewWindow::Outside => open_outside(app, url),
        NewWindow::Refused => log::warn!("refused a window for a {}: address", url.scheme()),
    }
}

/// Hands a URL to the system's browser or mail program.
pub(crate) fn open_outside(app: &AppHandle, url: &Url) {
    log::info!(
        "opening {}://{} outside",
        url.scheme(),
        url.host_str().unwrap_or_default()
    );
    if let Err(e) = app.opener().open_url(url.as_str(), None::<&str>) {
        log::warn!("the system cannot open {url}: {e}");
    }
}

/// Leads the window to another page.
pub(crate) fn go(window: &WebviewWindow, url: &Url) {
    if let Err(e) = window.navigate(url.clone()) {
        log::error!("cannot show {url}: {e}");
    }
}

/// Shows the log, or brings it to the front.
pub(crate) fn show_logs(app: &AppHandle) -> tauri::Result<()> {
    if let Some(window) = app.get_webview_window(LOG) {
        return window.set_focus();
    }
    let launcher = app.state::<Arc<Launcher>>();
    let window = WebviewWindowBuilder::new(app, LOG, WebviewUrl::App("log.html".into()));
    let window = with_profile(window, &launcher.session.paths)
        .title(format!("{} — log", launcher.snapshot().project.name))
        .inner_size(820.0, 560.0)
        .min_inner_size(360.0, 240.0)
        .visible(false)
        .build()?;
    let handle = window.clone();
    window.run_on_main_thread(move || {
        if let Err(e) = keys::add(&handle) {
            log::warn!("some of the menu's keys are dead in the log: {e}");
        }
        // As the main window: nothing flashes.
        let background = if theme::is_dark(&handle) { DARK } else { LIGHT };
        if let Err(e) = handle
            .set_background_color(Some(background))
            .and_then(|()| handle.show())
        {
            log::warn!("cannot show the log: {e}");
        }
    })
}

/// Brings the window to the front, for a second start.
pub(crate) fn focus(app: &AppHandle) {
    log::info!("a second start: coming to the front");
    if let Some(window) = app.get_webview_window(MAIN) {
        let _ = window.unminimize(); // The window manager may not know the notion.
        let _ = window.show(); // It is shown already, unless a window manager hid it.
        if let Err(e) = window.set_focus() {
            log::warn!("cannot come to the front: {e}");
        }
    }
}

/// The window, as the launcher knows it.
///
/// The launcher calls from the engine's thread, and at exit the main thread waits for the engine:
/// nothing here but [`Ui::project_url`] may wait for the main thread.
pub(crate) struct WindowUi {
    app: AppHandle,
}

impl WindowUi {
    pub(crate) fn new(app: AppHandle) -> WindowUi {
        WindowUi { app }
    }

    fn main(&self) -> Option<WebviewWindow> {
        self.app.get_webview_window(MAIN)
    }

    /// From the project to a page of ours, in the place of the project's in the history. Our own
    /// pages find their way by themselves, from the launch that they are told of.
    fn replace(&self, page: &str) {
        let Some(window) = self.main() else { return };
        self.app.state::<FirstPage>().forget();
        self.app.state::<OwnPages>().arm();
        let target = format!("{}{page}", own_origin());
        // Nothing to do on a page of ours: it has been told. Its origin is not the project's.
        let script = format!(
            "if (!location.href.startsWith({origin})) location.replace({target});",
            origin = serde_json::Value::from(own_origin()),
            target = serde_json::Value::from(target),
        );
        if let Err(e) = window.eval(script) {
            log::warn!("cannot show {page}: {e}");
        }
    }
}

/// Whether it is a page of ours. Without a path the address has no slash at its end.
pub(crate) fn is_own(url: &Url) -> bool {
    let own = own_origin();
    url.as_str().starts_with(own) || url.as_str() == own.trim_end_matches('/')
}

/// Where our own pages live.
fn own_origin() -> &'static str {
    if tauri::is_dev() {
        "http://localhost:1420/"
    } else if cfg!(windows) {
        "http://tauri.localhost/"
    } else {
        "tauri://localhost/"
    }
}

impl Ui for WindowUi {
    fn changed(&self, launch: &Launch) {
        if let Err(e) = self.app.emit(CHANGED, launch) {
            log::debug!("no page was told: {e}");
        }
        // The configuration may name the project otherwise than its folder does.
        if let Some(window) = self.main()
            && let Err(e) = window.set_title(&launch.project.name)
        {
            log::debug!("the title stays as it is: {e}");
        }
    }

    fn show_project(&self, url: &Url) {
        self.app.state::<ProjectOrigin>().set(url);
        self.app.state::<OwnPages>().disarm();
        if let Some(window) = self.main()
            && let Some(url) = self.app.state::<FirstPage>().pass(url)
        {
            go(&window, &url);
        }
    }

    fn show_launch_page(&self) {
        self.replace("index.html");
    }

    fn show_trouble_page(&self) {
        self.replace("trouble.html");
    }

    fn project_url(&self) -> Option<Url> {
        let url = self.main()?.url().ok()?;
        self.app.state::<ProjectOrigin>().holds(&url).then_some(url)
    }
}
