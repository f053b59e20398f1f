//! The ways out of an app, none of which may leave a sidecar behind.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use sidecar_lifecycle::{Engine, Leftovers, SidecarInfo, Wanted, on_termination};
use tauri::{AppHandle, ExitRequestApi, Manager, Resource, Runtime};

use crate::handle::SidecarLifecycle;
use crate::outbox::lock;

const REASON: &str = "the app exits";

/// Ends the fleet when the app's resource table is cleared. Its id is never told to a page, which
/// could close it by that.
pub(crate) struct FleetGuard {
    engine: Engine,
    limit: Option<Duration>,
}

impl FleetGuard {
    pub(crate) fn new(engine: Engine, limit: Option<Duration>) -> FleetGuard {
        FleetGuard { engine, limit }
    }
}

impl Resource for FleetGuard {}

impl Drop for FleetGuard {
    /// Runs under the table's lock and calls nothing of Tauri's.
    fn drop(&mut self) {
        end(&self.engine, self.limit);
    }
}

/// Ends everything before this returns, or until the limit.
fn end(engine: &Engine, limit: Option<Duration>) {
    let limit = limit.unwrap_or_else(|| engine.stop_limit());
    let report = engine.shutdown(REASON, limit);
    if !report.complete {
        log::error!("sidecars still run after {limit:?}; the guardian goes on ending them");
    }
}

/// How an exit goes that was asked for with a code.
#[derive(Default)]
enum Way {
    /// Nobody has asked.
    #[default]
    Stays,
    /// It is held back until the sidecars are down.
    Held { code: i32 },
    /// They are down, and it was asked for again; these come back if it comes to nothing.
    Released { stopped: Vec<String> },
    /// The event loop has ended.
    Leaves,
}

impl Way {
    /// The app has prevented the exit that was asked for again: what comes back for that.
    fn prevented(&mut self) -> Option<Vec<String>> {
        match self {
            Way::Released { stopped } => {
                let stopped = std::mem::take(stopped);
                *self = Way::Stays;
                Some(stopped)
            }
            // Of two exits at once each is prevented, and the first call has done it all: by the
            // second the app stays, or has asked anew. And one that leaves was not prevented.
            Way::Stays | Way::Held { .. } | Way::Leaves => None,
        }
    }
}

/// Between the app's wish to exit and its end.
pub(crate) struct Exit {
    /// The longest that it waits. `None`: as long as the graces may take.
    limit: Option<Duration>,
    /// Whether an exit is held back.
    hold: bool,
    way: Mutex<Way>,
    /// Somebody has asked twice by a signal. The main thread hears of that later than it may hear
    /// that the sidecars are down.
    forced: AtomicBool,
}

impl Exit {
    pub(crate) fn new(limit: Option<Duration>, hold: bool) -> Exit {
        Exit {
            limit,
            hold,
            way: Mutex::default(),
            forced: AtomicBool::new(false),
        }
    }

    /// An exit was asked for. One with a code, while windows are there, is held back until the
    /// sidecars are down, beside a main thread that goes on painting, and is then asked for again.
    ///
    /// One without a code comes of the last window's end: nothing is left to paint, and the app may
    /// prevent it to live on without a window, which cannot be seen from here. Its sidecars are ended
    /// when the event loop has ended, and only then. A restart cannot be held back at all.
    pub(crate) fn requested<R: Runtime>(
        app: &AppHandle<R>,
        code: Option<i32>,
        api: &ExitRequestApi,
    ) {
        let this = app.state::<Exit>();
        let Some(code) = code.filter(|code| *code != tauri::RESTART_EXIT_CODE) else {
            return;
        };
        let mut way = lock(&this.way);
        match &mut *way {
            Way::Stays if this.hold && is_worth_holding(app) => {
                *way = Way::Held { code };
                api.prevent_exit();
                this.stop_beside(app);
            }
            Way::Held { code: last } => {
                *last = code;
                api.prevent_exit();
            }
            Way::Released { .. } => Exit::hear_of_prevention(app.clone()),
            Way::Stays | Way::Leaves => {}
        }
    }

    /// The event loop has ended. macOS gives only this for Cmd+Q and the Dock's Quit. It blocks the
    /// main thread, because the process ends when it returns.
    pub(crate) fn leaves<R: Runtime>(app: &AppHandle<R>) {
        let this = app.state::<Exit>();
        *lock(&this.way) = Way::Leaves;
        let sidecars = app.state::<SidecarLifecycle>();
        sidecars.set_exiting(true);
        end(&sidecars, this.limit);
    }

    /// Stops all that runs on a thread, and not on the app's executor, which the app may have
    /// blocked; then asks for the exit again.
    fn stop_beside<R: Runtime>(&self, app: &AppHandle<R>) {
        let (limit, app) = (self.limit, app.clone());
        std::thread::spawn(move || {
            let sidecars = app.state::<SidecarLifecycle>().inner().clone();
            sidecars.set_exiting(true);
            let stopped = stop_all(&sidecars, limit);
            let code = {
                let this = app.state::<Exit>();
                let mut way = lock(&this.way);
                let Way::Held { code } = *way else {
                    return; // The loop has ended meanwhile.
                };
                *way = Way::Released { stopped };
                if this.forced.load(Ordering::Acquire) {
                    FORCED
                } else {
                    code
                }
            };
            app.exit(code);
        });
    }

    /// Has the event loop call back, which it does not if it ends now. From a thread: from its own
    /// it would call at once.
    fn hear_of_prevention<R: Runtime>(app: AppHandle<R>) {
        std::thread::spawn(move || {
            let handle = app.clone();
            let later = app.run_on_main_thread(move || Exit::prevented(&handle));
            if let Err(e) = later {
                log::debug!("the event loop takes nothing any more: {e}");
            }
        });
    }

    /// The app has prevented an exit that it had asked for: what was stopped for it comes back.
    fn prevented<R: Runtime>(app: &AppHandle<R>) {
        let this = app.state::<Exit>();
        let Some(stopped) = lock(&this.way).prevented() else {
            return;
        };
        let sidecars = app.state::<SidecarLifecycle>();
        sidecars.set_exiting(false);
        for id in stopped {
            log::info!("the app does not exit after all: {id} is started again");
            if let Err(e) = sidecars.start(&id) {
                log::error!("{id} does not come back: {e}");
            }
        }
    }
}

/// Whether there is somebody to paint for, and something to wait for. One that is to outlive the app
/// must not be stopped by this: only the engine's own end tells the two apart.
fn is_worth_holding<R: Runtime>(app: &AppHandle<R>) -> bool {
    let sidecars = app.state::<SidecarLifecycle>();
    let mut busy = sidecars.list();
    busy.retain(|info| info.is_running || info.wanted == Wanted::Up);
    let outlives = |info: &SidecarInfo| {
        let config = sidecars.config(&info.id);
        config.is_some_and(|config| config.leftovers != Leftovers::End)
    };
    !busy.is_empty() && !busy.iter().any(outlives) && !app.webview_windows().is_empty()
}

/// Stops every sidecar and waits until they are down, or until the limit. Answers which were wanted.
fn stop_all(sidecars: &SidecarLifecycle, limit: Option<Duration>) -> Vec<String> {
    let infos = sidecars.list();
    // An exit does not wait for the login shell, as the wishes of the app do.
    let engine = sidecars.engine();
    let wanted = infos.iter().filter(|info| info.wanted == Wanted::Up);
    let wanted: Vec<String> = wanted.map(|info| info.id.clone()).collect();
    let limit = limit.unwrap_or_else(|| engine.stop_limit());
    let end = Instant::now() + limit;
    if let Err(e) = engine.stop_all(REASON) {
        log::debug!("{e}"); // It has shut down: there is nothing to stop.
        return Vec::new();
    }
    let downs: Vec<_> = infos
        .iter()
        .map(|info| engine.wait_down(&info.id))
        .collect();
    tauri::async_runtime::block_on(async {
        for down in downs {
            let left = end.saturating_duration_since(Instant::now());
            if tokio::time::timeout(left, down).await.is_err() {
                log::error!("sidecars still run after {limit:?}; they are ended with the app");
                return;
            }
        }
    });
    wanted
}

/// Ctrl+C, `kill` and a closed terminal end the app as its own Quit does. Whoever asks twice does
/// not want to wait for graces; whoever asks three times, not for the app either.
pub(crate) fn handle_signals<R: Runtime>(app: &AppHandle<R>) -> std::io::Result<()> {
    let app = app.clone();
    on_termination(move |t| {
        log::info!("asked to end by {}", t.name());
        let engine = app.state::<SidecarLifecycle>().inner().clone();
        match t.count {
            1 => app.exit(0),
            2 => {
                app.state::<Exit>().forced.store(true, Ordering::Release);
                engine.begin_shutdown(t.name());
                engine.force();
                app.exit(FORCED);
            }
            _ => {
                let report = engine.shutdown(t.name(), FORCE_LIMIT);
                log::warn!("forced to exit; nothing left: {}", report.complete);
                std::process::exit(FORCED);
            }
        }
    })
}

/// The exit code of an app that was not let finish.
const FORCED: i32 = 130;
/// What force may take.
const FORCE_LIMIT: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exit_that_is_prevented_twice_does_not_count_as_the_loops_end() {
        let mut way = Way::Released {
            stopped: vec!["web".to_owned()],
        };
        assert_eq!(way.prevented(), Some(vec!["web".to_owned()]));
        assert_eq!(way.prevented(), None);
        assert!(matches!(way, Way::Stays), "the next exit is held again");

        way = Way::Held { code: 3 };
        assert_eq!(way.prevented(), None);
        assert!(
            matches!(way, Way::Held { code: 3 }),
            "it is still asked for again"
        );

        way = Way::Leaves;
        assert_eq!(way.prevented(), None);
        assert!(matches!(way, Way::Leaves), "nothing is held any more");
    }
}
