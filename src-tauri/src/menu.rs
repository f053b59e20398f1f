//! The menu, and what its items do.

use std::sync::Arc;

use tauri::menu::{
    AboutMetadata, HELP_SUBMENU_ID, Menu, MenuEvent, MenuItem, PredefinedMenuItem, Submenu,
};
use tauri::{AppHandle, Manager, Wry};

use crate::launch::Launcher;
use crate::window::MAIN;
use crate::{commands, editing, window};

/// As each system's own programs say it.
const QUIT: &str = if cfg!(windows) {
    "Exit"
} else if cfg!(target_os = "macos") {
    "Quit Berth"
} else {
    "Quit"
};

/// Steps and bounds of the zoom.
const ZOOM_STEP: f64 = 0.1;
const ZOOM_RANGE: std::ops::RangeInclusive<f64> = 0.3..=3.0;

/// Builds it.
pub(crate) fn build(app: &AppHandle) -> tauri::Result<Menu<Wry>> {
    let item =
        |id: &str, label: &str, keys: Option<&str>| MenuItem::with_id(app, id, label, true, keys);
    let separator = || PredefinedMenuItem::separator(app);
    let about = AboutMetadata {
        name: Some("Berth".into()),
        version: Some(env!("CARGO_PKG_VERSION").into()),
        comments: Some("Opens a local web project as a desktop app.".into()),
        license: Some("MIT OR Apache-2.0".into()),
        icon: app.default_window_icon().cloned(),
        ..AboutMetadata::default()
    };
    let about = PredefinedMenuItem::about(app, Some("About Berth"), Some(about))?;
    let quit = item("quit", QUIT, Some("CmdOrCtrl+Q"))?;
    let view = Submenu::with_items(
        app,
        "View",
        true,
        &[
            &item("reload", "Reload Page", Some("CmdOrCtrl+R"))?,
            &item("refresh", "Refresh", Some("CmdOrCtrl+Shift+R"))?,
            &separator()?,
            &item("zoom-reset", "Actual Size", Some("CmdOrCtrl+0"))?,
            &item("zoom-in", "Zoom In", Some("CmdOrCtrl+="))?,
            &item("zoom-out", "Zoom Out", Some("CmdOrCtrl+-"))?,
            &separator()?,
            &item("devtools", "Developer Tools", Some("CmdOrCtrl+Alt+I"))?,
        ],
    )?;
    let help = Submenu::with_id_and_items(
        app,
        HELP_SUBMENU_ID, // By it macOS adds its search field.
        "Help",
        true,
        &[
            &item("show-logs", "Show Logs", None)?,
            &item("open-log-folder", "Open Log Folder", None)?,
            &item("copy-diagnostics", "Copy Diagnostics", None)?,
        ],
    )?;
    let menu = Menu::with_items(
        app,
        &[&app_menu(app, &about, &quit)?, &edit(app)?, &view, &help],
    )?;
    #[cfg(target_os = "macos")]
    menu.insert(&macos::window(app)?, 3)?;
    Ok(menu)
}

#[cfg(not(target_os = "macos"))]
fn app_menu(
    app: &AppHandle,
    about: &PredefinedMenuItem<Wry>,
    quit: &MenuItem<Wry>,
) -> tauri::Result<Submenu<Wry>> {
    let separator = PredefinedMenuItem::separator(app)?;
    Submenu::with_items(app, "Berth", true, &[about, &separator, quit])
}

#[cfg(target_os = "macos")]
use macos::app_menu;

/// What a Mac's menu bar has besides.
#[cfg(target_os = "macos")]
mod macos {
    use tauri::menu::WINDOW_SUBMENU_ID;

    use super::{AppHandle, MenuItem, PredefinedMenuItem, Submenu, Wry};

    /// The first menu of every application there.
    pub(super) fn app_menu(
        app: &AppHandle,
        about: &PredefinedMenuItem<Wry>,
        quit: &MenuItem<Wry>,
    ) -> tauri::Result<Submenu<Wry>> {
        let separator = || PredefinedMenuItem::separator(app);
        Submenu::with_items(
            app,
            "Berth",
            true,
            &[
                about,
                &separator()?,
                &PredefinedMenuItem::services(app, None)?,
                &separator()?,
                &PredefinedMenuItem::hide(app, None)?,
                &PredefinedMenuItem::hide_others(app, None)?,
                &PredefinedMenuItem::show_all(app, None)?,
                &separator()?,
                quit,
            ],
        )
    }

    /// The system lists the open windows below these.
    pub(super) fn window(app: &AppHandle) -> tauri::Result<Submenu<Wry>> {
        Submenu::with_id_and_items(
            app,
            WINDOW_SUBMENU_ID,
            "Window",
            true,
            &[
                &PredefinedMenuItem::minimize(app, None)?,
                &PredefinedMenuItem::maximize(app, Some("Zoom"))?,
                &PredefinedMenuItem::fullscreen(app, None)?,
                &PredefinedMenuItem::separator(app)?,
                &PredefinedMenuItem::close_window(app, None)?,
            ],
        )
    }
}

#[cfg(target_os = "linux")]
fn edit(app: &AppHandle) -> tauri::Result<Submenu<Wry>> {
    let item =
        |id: &str, label: &str, keys: &str| MenuItem::with_id(app, id, label, true, Some(keys));
    Submenu::with_items(
        app,
        "Edit",
        true,
        &[
            &item("edit:Undo", "Undo", "CmdOrCtrl+Z")?,
            &item("edit:Redo", "Redo", "CmdOrCtrl+Shift+Z")?,
            &PredefinedMenuItem::separator(app)?,
            &item("edit:Cut", "Cut", "CmdOrCtrl+X")?,
            &item("edit:Copy", "Copy", "CmdOrCtrl+C")?,
            &item("edit:Paste", "Paste", "CmdOrCtrl+V")?,
            &item("edit:SelectAll", "Select All", "CmdOrCtrl+A")?,
        ],
    )
}

#[cfg(not(target_os = "linux"))]
fn edit(app: &AppHandle) -> tauri::Result<Submenu<Wry>> {
    Submenu::with_items(
        app,
        "Edit",
        true,
        &[
            &PredefinedMenuItem::undo(app, None)?,
            &PredefinedMenuItem::redo(app, None)?,
            &PredefinedMenuItem::separator(app)?,
            &PredefinedMenuItem::cut(app, None)?,
            &PredefinedMenuItem::copy(app, None)?,
            &PredefinedMenuItem::paste(app, None)?,
            &PredefinedMenuItem::select_all(app, None)?,
        ],
    )
}

/// Does what an item says.
pub(crate) fn on_event(app: &AppHandle, event: &MenuEvent) {
    choose(app, event.id().as_ref());
}

/// As if the item had been chosen.
pub(crate) fn choose(app: &AppHandle, id: &str) {
    log::info!("menu: {id}");
    if let Err(e) = act(app, id) {
        log::warn!("menu item {id} failed: {e}");
    }
}

fn act(app: &AppHandle, id: &str) -> tauri::Result<()> {
    let Some(main) = app.get_webview_window(MAIN) else {
        return Ok(());
    };
    match id {
        "quit" => app.exit(0),
        "reload" => main.reload()?,
        "refresh" => app.state::<Arc<Launcher>>().refresh(),
        "zoom-reset" => zoom(app, |_| 1.0)?,
        "zoom-in" => zoom(app, |z| z + ZOOM_STEP)?,
        "zoom-out" => zoom(app, |z| z - ZOOM_STEP)?,
        "devtools" => main.open_devtools(),
        "show-logs" => window::show_logs(app)?,
        "open-log-folder" => commands::open_folder(app),
        "copy-diagnostics" => drop(commands::diagnostics_to_clipboard(app)),
        "edit:Undo" => editing::execute(&main, "Undo")?,
        "edit:Redo" => editing::execute(&main, "Redo")?,
        "edit:Cut" => editing::execute(&main, "Cut")?,
        "edit:Copy" => editing::execute(&main, "Copy")?,
        "edit:Paste" => editing::execute(&main, "Paste")?,
        "edit:SelectAll" => editing::execute(&main, "SelectAll")?,
        _ => {}
    }
    Ok(())
}

/// Changes the zoom and remembers it: it is applied to every page that loads.
fn zoom(app: &AppHandle, change: impl Fn(f64) -> f64) -> tauri::Result<()> {
    let settings = &app.state::<Arc<Launcher>>().session.settings;
    let wanted = change(settings.get().zoom);
    let zoom = (wanted * 10.0).round() / 10.0;
    let zoom = zoom.clamp(*ZOOM_RANGE.start(), *ZOOM_RANGE.end());
    settings.change(|v| v.zoom = zoom);
    app.get_webview_window(MAIN)
        .map_or(Ok(()), |main| main.set_zoom(zoom))
}
