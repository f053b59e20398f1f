//! Setting the plugin up.

use std::error::Error as StdError;
use std::time::Duration;

use serde_json::Value;
use sidecar_lifecycle::Engine;
use sidecar_lifecycle::environ::is_from_terminal;
use tauri::plugin::{self, TauriPlugin};
use tauri::webview::PageLoadEvent;
use tauri::{AppHandle, Manager, RunEvent, Runtime, WindowEvent};

use crate::commands;
use crate::config::{self, state_dir};
use crate::declaration::Declaration;
use crate::error::{Error, Result};
use crate::exit::{self, Exit, FleetGuard};
use crate::handle::SidecarLifecycle;
use crate::programs::Programs;
use crate::streams::Streams;

/// The plugin with its defaults, and the sidecars of `tauri.conf.json`.
///
/// ```no_run
/// let builder = tauri::Builder::<tauri::Wry>::new().plugin(tauri_plugin_sidecar_lifecycle::init());
/// ```
pub fn init<R: Runtime>() -> TauriPlugin<R, Option<Value>> {
    Builder::new().build()
}

/// Sets the plugin up.
///
/// ```no_run
/// use tauri_plugin_sidecar_lifecycle::{Builder, HealthCheck, SidecarConfig};
///
/// # fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let redis = SidecarConfig::builder()
///     .name("redis-server")
///     .args(["--port", "{port}"])
///     .port_range(6379..=6399)
///     .health_check(HealthCheck::tcp())
///     .build()?;
/// let builder = tauri::Builder::<tauri::Wry>::new()
///     .plugin(Builder::new().sidecar("db", redis).build());
/// # Ok(())
/// # }
/// ```
#[must_use = "a builder does nothing until `build` is called"]
pub struct Builder {
    engine: Option<Engine>,
    sidecars: Vec<(String, Declaration)>,
    exit_limit: Option<Duration>,
    handle_signals: bool,
    hold_exit: bool,
    login_path: bool,
}

impl Default for Builder {
    fn default() -> Self {
        Builder {
            engine: None,
            sidecars: Vec::new(),
            exit_limit: None,
            handle_signals: true,
            hold_exit: true,
            login_path: true,
        }
    }
}

impl Builder {
    /// Begins with the defaults.
    ///
    /// ```
    /// let builder = tauri_plugin_sidecar_lifecycle::Builder::new();
    /// ```
    pub fn new() -> Builder {
        Builder::default()
    }

    /// Declares a sidecar without starting it: a [`SidecarConfig`](crate::SidecarConfig), or a
    /// [`Declaration`] with places that pages may fill. It comes beside those of `tauri.conf.json`,
    /// and before one of the same id there.
    ///
    /// ```
    /// use tauri_plugin_sidecar_lifecycle::{Builder, Declaration, Param, SidecarConfig};
    ///
    /// let config = SidecarConfig::builder().name("whisper").args(["-m", "{param.model}"]).build()?;
    /// let whisper = Declaration::new(config).param("model", Param::one_of(["tiny", "base"]), "tiny");
    /// let builder = Builder::new().sidecar("whisper", whisper);
    /// # Ok::<(), sidecar_lifecycle::ConfigError>(())
    /// ```
    pub fn sidecar(mut self, id: impl Into<String>, sidecar: impl Into<Declaration>) -> Builder {
        self.sidecars.push((id.into(), sidecar.into()));
        self
    }

    /// Uses an engine that runs already, so that a sidecar can start before the first window is
    /// built. Without it, an engine is made whose state lies in the app's local data folder.
    ///
    /// ```no_run
    /// use tauri_plugin_sidecar_lifecycle::{Builder, Engine};
    ///
    /// # fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// let engine = Engine::builder("com.example.app", "/home/ana/.local/share/example").build()?;
    /// let builder = Builder::new().engine(engine);
    /// # Ok(())
    /// # }
    /// ```
    pub fn engine(mut self, engine: Engine) -> Builder {
        self.engine = Some(engine);
        self
    }

    /// The longest that an exit waits for the sidecars' end. Unless set it is what their graces and
    /// the force after them may take, which is [`Engine::stop_limit`]. What is left then is ended by
    /// the guardian.
    ///
    /// ```
    /// # use std::time::Duration;
    /// let builder = tauri_plugin_sidecar_lifecycle::Builder::new().exit_limit(Duration::from_secs(3));
    /// ```
    pub fn exit_limit(mut self, limit: Duration) -> Builder {
        self.exit_limit = Some(limit);
        self
    }

    /// Whether SIGTERM, SIGINT and SIGHUP (Ctrl+C, `kill`, a closed terminal, a logout) end the app
    /// in order, as [`AppHandle::exit`] with code 0 does (they do, unless set). A second one forces
    /// the sidecars' end, a third one the app's, both with code 130.
    ///
    /// Apps that handle signals themselves say `false`: there is one handler for each signal in a
    /// process.
    ///
    /// ```
    /// let builder = tauri_plugin_sidecar_lifecycle::Builder::new().handle_signals(false);
    /// ```
    pub fn handle_signals(mut self, on: bool) -> Builder {
        self.handle_signals = on;
        self
    }

    /// Whether [`AppHandle::exit`] is held back while windows are there and sidecars run (it is,
    /// unless set): they are stopped beside windows that go on painting, and then the exit is asked
    /// for again. `RunEvent::ExitRequested` comes twice then. An app that prevents the second one as
    /// well lives on, and the sidecars that ran are started again.
    ///
    /// An app that often prevents its own exit (to ask for unsaved work, say) says `false`: its
    /// sidecars are then ended when the event loop has ended and not before, while its windows stand
    /// still.
    ///
    /// The end of the last window is never held back: see the crate's page. Nor is an exit while a
    /// sidecar runs that is to [outlive the app](crate::SidecarBuilder::leftovers).
    ///
    /// ```
    /// let builder = tauri_plugin_sidecar_lifecycle::Builder::new().hold_exit(false);
    /// ```
    pub fn hold_exit(mut self, on: bool) -> Builder {
        self.hold_exit = on;
        self
    }

    /// Whether an app that was not started from a terminal asks the user's login shell for the
    /// PATH, so that programs are found which the user has (it does, unless set). Sidecars are
    /// started once the shell has answered: at once from the second launch on, since the answer is
    /// kept. It is not asked on Windows, whose desktop has the user's PATH.
    ///
    /// ```
    /// let builder = tauri_plugin_sidecar_lifecycle::Builder::new().login_path(false);
    /// ```
    pub fn login_path(mut self, on: bool) -> Builder {
        self.login_path = on;
        self
    }

    /// The finished plugin. What is wrong with a sidecar is told when the app is set up, all of it
    /// at once.
    ///
    /// ```no_run
    /// let plugin = tauri_plugin_sidecar_lifecycle::Builder::new().build::<tauri::Wry>();
    /// ```
    pub fn build<R: Runtime>(self) -> TauriPlugin<R, Option<Value>> {
        plugin::Builder::<R, Option<Value>>::new("sidecar-lifecycle")
            .invoke_handler(tauri::generate_handler![
                commands::list,
                commands::get_status,
                commands::get_metrics,
                commands::from_pid,
                commands::subscribe_events,
                commands::unsubscribe_events,
                commands::subscribe_logs,
                commands::unsubscribe_logs,
                commands::ensure_running,
                commands::start,
                commands::stop,
                commands::restart,
                commands::roll,
                commands::kill,
                commands::write_stdin,
                commands::close_stdin,
                commands::read_output,
            ])
            .setup(move |app, api| self.set_up(app, api.config().as_ref()))
            .on_page_load(|webview, payload| {
                // A page that goes takes its channels with it.
                if payload.event() == PageLoadEvent::Started {
                    webview.state::<Streams>().forget_page(webview.label());
                }
            })
            .on_event(on_event)
            .build()
    }

    fn set_up<R: Runtime>(
        self,
        app: &AppHandle<R>,
        section: Option<&Value>,
    ) -> std::result::Result<(), Box<dyn StdError>> {
        let from_file = self.read_file(app, section)?;
        let engine = if let Some(engine) = self.engine {
            engine
        } else {
            let app_id = app.config().identifier.clone();
            Engine::builder(app_id, state_dir(app)?).build()?
        };
        let external = app.config().bundle.external_bin.clone();
        let executable = tauri::utils::platform::current_exe().ok();
        let programs = Programs::new(&external.unwrap_or_default(), executable.as_deref());
        // The table is cleared on every orderly way out, also on those that skip `RunEvent::Exit`
        // (a restart from the main thread, the updater).
        let guard = FleetGuard::new(engine.clone(), self.exit_limit);
        app.resources_table().add(guard);
        let sidecars = SidecarLifecycle::new(engine, programs);
        app.manage(Streams::default());
        app.manage(Exit::new(self.exit_limit, self.hold_exit));
        app.manage(sidecars.clone());
        for (id, declaration) in from_file.into_iter().chain(self.sidecars) {
            let declared = sidecars.declare(&id, declaration);
            declared.map_err(|e| format!("sidecar {id:?}: {e}"))?;
        }
        if self.login_path && cfg!(unix) && !is_from_terminal() {
            sidecars.ask_for_path(app.path().app_cache_dir()?.join("sidecar-lifecycle"));
        }
        if self.handle_signals
            && let Err(e) = exit::handle_signals(app)
        {
            log::warn!("signals end the app without a grace for its sidecars: {e}");
        }
        Ok(())
    }

    /// What `tauri.conf.json` declares, and Rust does not.
    fn read_file<R: Runtime>(
        &self,
        app: &AppHandle<R>,
        section: Option<&Value>,
    ) -> Result<Vec<(String, Declaration)>> {
        let Some(section) = section else {
            return Ok(Vec::new());
        };
        let mut declared = config::read(section).map_err(Error::Config)?;
        declared.retain(|(id, _)| !self.sidecars.iter().any(|(own, _)| own == id));
        for (_, declaration) in &mut declared {
            config::place(app, declaration.config_mut())?;
        }
        Ok(declared)
    }
}

fn on_event<R: Runtime>(app: &AppHandle<R>, event: &RunEvent) {
    match event {
        RunEvent::ExitRequested { code, api, .. } => Exit::requested(app, *code, api),
        RunEvent::Exit => Exit::leaves(app),
        RunEvent::WindowEvent {
            label,
            event: WindowEvent::Destroyed,
            ..
        } => app.state::<Streams>().forget_page(label),
        _ => {}
    }
}
