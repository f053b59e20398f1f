//! Puts the app together and runs it.

use std::process::ExitCode;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tauri::{AppHandle, RunEvent, WindowEvent, Wry};
use tauri_plugin_sidecar_lifecycle::engine::{Engine, on_termination};
use tauri_plugin_window_state::StateFlags;

use crate::first_page::FirstPage;
use crate::instance::Ending;
use crate::launch::Launcher;
use crate::loads::{Committed, LastFailure};
use crate::opening::Session;
use crate::window::{self, MAIN, OwnPages, ProjectOrigin, WindowUi};
use crate::{commands, display, keys, menu, terminal};

/// As long as an orderly exit waits.
const EXIT_LIMIT: Duration = Duration::from_secs(30);

/// Runs until the window is closed.
pub(crate) fn run(mut session: Session, context: tauri::Context<Wry>) -> ExitCode {
    tell_panics();
    let engine = session.engine.clone();
    let app: Arc<OnceLock<AppHandle>> = Arc::default();
    catch_signals(&engine, &app);
    let for_focus = app.clone();
    let ending = session.instance.on_second_start(move || {
        if let Some(app) = for_focus.get() {
            window::focus(app);
        }
    });
    let window_file = format!("window-{}.json", session.paths.id());
    #[cfg(windows)]
    let state = session.paths.state.clone();
    // The server starts now, beside the window that is about to be built.
    let launcher = Launcher::new(session);
    launcher.begin();
    if let Err(e) = display::connect() {
        log::error!("{e}");
        terminal::complain(&e.to_string());
        let _ = engine.shutdown("no display", EXIT_LIMIT); // What it cannot end, the guardian does.
        return ExitCode::FAILURE;
    }

    let for_setup = (launcher.clone(), app);
    let built = tauri::Builder::default()
        .plugin(
            // Its own script for clicked links calls a command, and the project's page has none:
            // links with a target would lead nowhere. Ours (click.js) needs no command.
            tauri_plugin_opener::Builder::new()
                .open_js_links_on_click(false)
                .build(),
        )
        .plugin(tauri_plugin_clipboard_manager::init())
        .plugin(
            tauri_plugin_window_state::Builder::new()
                .with_filename(window_file)
                .with_state_flags(StateFlags::SIZE | StateFlags::POSITION | StateFlags::MAXIMIZED)
                .build(),
        )
        .plugin(
            tauri_plugin_sidecar_lifecycle::Builder::new()
                .engine(engine)
                // Ours are caught before there is an app, since its server runs by then.
                .handle_signals(false)
                // The server gets the whole of the user's environment, which is asked for here.
                .login_path(false)
                .exit_limit(EXIT_LIMIT)
                .build(),
        )
        .manage(launcher)
        .manage(ProjectOrigin::default())
        .manage(OwnPages::default())
        .manage(Committed::default())
        .manage(LastFailure::default())
        .manage(FirstPage::default())
        .menu(menu::build)
        .on_menu_event(|app, event| menu::on_event(app, &event))
        .invoke_handler(tauri::generate_handler![
            commands::launch_snapshot,
            commands::run_action,
            commands::trust_project,
            commands::decline_project,
            commands::show_logs,
            commands::copy_diagnostics,
            commands::open_log_folder,
        ])
        .setup(move |app| {
            let (launcher, slot) = for_setup;
            // What fails here, such as a missing WebView2, ends the app by a panic of Tauri's.
            let main = window::open(app.handle(), &launcher).inspect_err(no_window)?;
            keys::add(&main)?;
            #[cfg(windows)]
            if let Err(e) = crate::instance::front::show(&state, main.hwnd()?.0) {
                log::warn!("a second start cannot bring this window to the front: {e}");
            }
            launcher.attach(Box::new(WindowUi::new(app.handle().clone())));
            let _ = slot.set(app.handle().clone()); // Set once, here.
            Ok(())
        })
        .build(context);
    match built {
        Ok(app) => {
            let code = app.run_return(move |app, event| on_run_event(app, &event, &ending));
            log::info!("berth ends with code {code}");
            u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from)
        }
        Err(e) => {
            no_window(&e);
            ExitCode::FAILURE
        }
    }
}

fn no_window(why: &tauri::Error) {
    log::error!("cannot show a window: {why}");
    terminal::complain(&format!("cannot show a window: {why}"));
}

fn on_run_event(app: &AppHandle, event: &RunEvent, ending: &Ending) {
    if matches!(event, RunEvent::ExitRequested { .. } | RunEvent::Exit) {
        ending.begin();
    }
    #[cfg(target_os = "macos")]
    if let RunEvent::Opened { urls } = event
        && let Err(e) = crate::handed_over::open_each(urls)
    {
        log::warn!("a folder that was handed over is not opened: {e}");
    }
    if let RunEvent::WindowEvent {
        label,
        event: WindowEvent::Destroyed,
        ..
    } = event
        && label == MAIN
    {
        // The project's window is the app; a log window does not keep it alive.
        log::info!("the window was closed");
        app.exit(0);
    }
}

/// Ctrl+C, `kill` and a closed terminal end the app as its Quit item does. A second request cuts
/// the grace short.
fn catch_signals(engine: &Engine, app: &Arc<OnceLock<AppHandle>>) {
    let (engine, app) = (engine.clone(), app.clone());
    let caught = on_termination(move |t| {
        log::info!("asked to end by {}", t.name());
        if t.count > 1 {
            engine.force();
        } else if let Some(app) = app.get() {
            app.exit(0);
        } else {
            let report = engine.shutdown(t.name(), EXIT_LIMIT);
            std::process::exit(i32::from(!report.complete));
        }
    });
    if let Err(e) = caught {
        log::warn!("signals end the app without a grace for its server: {e}");
    }
}

/// A panic is told in the log as well: a double-clicked app has no terminal.
fn tell_panics() {
    let default = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        log::error!("panic: {info}");
        default(info);
    }));
}
