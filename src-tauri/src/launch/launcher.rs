//! Runs a launch: one at a time, told step by step.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use berth_project::Plan;
use tauri_plugin_sidecar_lifecycle::engine::{Engine, RunId, SidecarConfig, Subscription};
use url::Url;

use super::follow::Facts;
use super::model::{Launch, Phase, Project, Trouble};
use super::prepare::{self, Unprepared};
use crate::opening::Session;
use crate::{paths, trouble};

/// The id of the project's server among the engine's sidecars.
pub(crate) const SERVER: &str = "server";

/// What a launcher needs of the window, once there is one.
pub(crate) trait Ui: Send + Sync {
    /// The launch has changed.
    fn changed(&self, launch: &Launch);
    /// The server is ready: its page takes the window.
    fn show_project(&self, url: &Url);
    /// Something happens that the launch page tells about.
    fn show_launch_page(&self);
    /// Something failed.
    fn show_trouble_page(&self);
    /// Where the window is, if it shows the project.
    fn project_url(&self) -> Option<Url>;
}

/// One project's launches.
pub(crate) struct Launcher {
    pub(crate) session: Session,
    pub(super) state: Mutex<State>,
    pub(super) ui: OnceLock<Box<dyn Ui>>,
    pub(super) me: Weak<Launcher>,
    lines: Mutex<Option<Subscription>>,
    /// Whoever tells the window how the launch stands: what is told last has to be what is.
    pub(super) telling: Mutex<()>,
}

/// What changes.
pub(super) struct State {
    pub(super) launch: Launch,
    pub(super) plan: Option<Plan>,
    pub(super) facts: Facts,
    /// The page to come back to, until one of the project's is shown.
    pub(super) route: Option<String>,
    /// The port that the user chose on the trouble page.
    pub(super) port_override: Option<u16>,
    /// The launch that is being prepared on its thread, by its generation.
    preparing: Option<u64>,
    /// What runs in the server's place is an install of the project's packages.
    pub(super) installing: bool,
    /// The newest run that was told of.
    pub(super) run: RunId,
    /// The last run that a refresh has replaced: what is told of it now comes too late.
    pub(super) replaced: RunId,
    /// The page that the window has to go to, until it has been told.
    pub(super) due: Option<Url>,
}

impl Launcher {
    pub(crate) fn new(session: Session) -> Arc<Launcher> {
        let project = Project {
            name: session
                .folder
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
            folder: paths::for_people(&session.folder),
            command: None,
        };
        let launch = Launch {
            generation: 0,
            project,
            phase: Phase::Looking,
            step: "Looking at the project".to_owned(),
            started_at_ms: now_ms(),
            ready_timeout_ms: 120_000,
            url: None,
            trouble: None,
        };
        let state = State {
            launch,
            plan: None,
            facts: Facts::default(),
            route: None,
            port_override: None,
            preparing: None,
            installing: false,
            run: RunId(0),
            replaced: RunId(0),
            due: None,
        };
        let launcher = Arc::new_cyclic(|me| Launcher {
            session,
            state: Mutex::new(state),
            ui: OnceLock::new(),
            me: me.clone(),
            lines: Mutex::default(),
            telling: Mutex::default(),
        });
        launcher.follow();
        launcher
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.session.engine
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn snapshot(&self) -> Launch {
        self.lock().launch.clone()
    }

    /// Connects the window. What happened before is told now.
    pub(crate) fn attach(&self, ui: Box<dyn Ui>) {
        if self.ui.set(ui).is_err() {
            return; // There is one window, and it is attached once.
        }
        self.show_project();
    }

    /// Has the window show a page that is due, if there is a window: whoever comes second of the
    /// server and the window finds it so, and nobody shows it twice.
    pub(super) fn show_project(&self) {
        let Some(ui) = self.ui.get() else { return };
        if let Some(url) = self.take_due() {
            ui.show_project(&url);
        }
    }

    /// Begins: asks first if the project was never opened, else starts its server.
    pub(crate) fn begin(&self) {
        if self.session.settings.get().trusted {
            self.launch();
            return;
        }
        self.lock().launch.trouble = None;
        match prepare::plan(&self.session) {
            // What cannot be run needs no permission to run.
            Err(e) => self.fail(trouble::project(&e)),
            Ok(plan) => {
                let mut state = self.lock();
                state.launch.project.name.clone_from(&plan.name);
                state.launch.project.command = Some(short_command(&plan));
                state.plan = Some(plan);
                drop(state);
                self.enter(Phase::Asking, "Waiting for your answer");
            }
        }
    }

    /// The user agrees that the project runs its code.
    pub(crate) fn trust(&self) {
        log::info!("the user trusts this project");
        self.session.settings.change(|v| v.trusted = true);
        self.launch();
    }

    /// Starts the server from what the project says now. Single-flight: asked for again while it
    /// is being prepared, it is done once.
    pub(crate) fn launch(&self) {
        self.launch_with(Launcher::prepare_and_start);
    }

    /// Installs the project's packages, and then launches.
    fn install(&self) {
        self.launch_with(Launcher::prepare_and_install);
    }

    fn launch_with(&self, start: fn(&Launcher) -> Result<(), Box<Trouble>>) {
        // Whatever asked for it (Retry, Refresh, another port): not before the user has agreed.
        if !self.session.settings.get().trusted {
            self.begin();
            return;
        }
        let generation = {
            let mut state = self.lock();
            if state.preparing.is_some() {
                return;
            }
            state.launch.generation += 1;
            state.preparing = Some(state.launch.generation);
            state.launch.started_at_ms = now_ms();
            state.launch.trouble = None;
            state.launch.url = None;
            state.launch.phase = Phase::Looking;
            "Looking at the project".clone_into(&mut state.launch.step);
            state.due = None;
            state.facts = Facts::default();
            state.installing = false;
            state.launch.generation
        };
        self.tell();
        let Some(me) = self.me.upgrade() else { return };
        thread::spawn(move || {
            let outcome = start(&me);
            // A later one may have begun since this one was handed to the engine.
            me.lock().preparing.take_if(|of| *of == generation);
            if let Err(trouble) = outcome {
                // Unless a refresh has taken its place.
                me.fail_if(*trouble, |state| state.launch.generation == generation);
            }
        });
    }

    fn prepare_and_start(&self) -> Result<(), Box<Trouble>> {
        let plan = self.read_plan()?;
        let tool = plan.argv.first().cloned().unwrap_or_default();
        self.enter_unless_ready(Phase::Looking, &format!("Looking for {tool}"));
        let port_override = self.lock().port_override;
        let config = prepare::server(&self.session, &plan, port_override).map_err(unprepared)?;
        self.enter_unless_ready(
            Phase::Starting,
            &format!("Starting {}", short_command(&plan)),
        );
        self.run(config)
    }

    /// The install takes the server's place among the sidecars: its lines are seen where the
    /// server's are, and whatever ends the app ends it too.
    fn prepare_and_install(&self) -> Result<(), Box<Trouble>> {
        let plan = self.read_plan()?;
        let Some(chosen) = &plan.package_manager else {
            return self.prepare_and_start(); // The project says by now how it is started.
        };
        let argv = [chosen.manager.program().to_owned(), "install".to_owned()];
        self.enter_unless_ready(Phase::Looking, &format!("Looking for {}", argv[0]));
        let config = prepare::install(&self.session, &plan, &argv).map_err(unprepared)?;
        self.lock().installing = true;
        self.enter(Phase::Installing, "Installing packages");
        self.run(config)
    }

    fn read_plan(&self) -> Result<Plan, Box<Trouble>> {
        let plan = prepare::plan(&self.session).map_err(|e| Box::new(trouble::project(&e)))?;
        let mut state = self.lock();
        state.launch.project.name.clone_from(&plan.name);
        state.launch.project.command = Some(short_command(&plan));
        state.launch.ready_timeout_ms = plan.ready_timeout.as_millis() as u64;
        state.plan = Some(plan.clone());
        Ok(plan)
    }

    fn run(&self, config: SidecarConfig) -> Result<(), Box<Trouble>> {
        let engine = self.engine();
        // From here on the engine tells what happens, perhaps at once: a Retry that answers it must
        // not find this one still underway.
        self.lock().preparing = None;
        let declared = engine.declare(SERVER, config);
        let was_up = declared.is_ok() && self.is_up();
        self.read_lines();
        let started = match declared {
            Ok(()) => engine.start(SERVER),
            // It still runs with its old configuration: that one is started anew.
            Err(tauri_plugin_sidecar_lifecycle::engine::Error::Conflict { .. }) => {
                engine.restart(SERVER, "retry")
            }
            Err(e) => Err(e),
        };
        started.map_err(|e| Box::new(trouble::cannot_start(&e.to_string())))?;
        // One that came back by itself is left as it is, and nothing more is told of it.
        if was_up {
            self.load_again();
        }
        Ok(())
    }

    /// Looks for signs of an install in the server's lines, from now on.
    fn read_lines(&self) {
        let mut slot = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if slot.is_some() {
            return;
        }
        let me = self.me.clone();
        *slot = self.engine().logs(SERVER).map(|ring| {
            ring.subscribe(0, move |line| {
                if let Some(me) = me.upgrade() {
                    me.on_line(line);
                }
            })
        });
    }

    /// Stops the tree, frees the port, starts anew and shows the same page again.
    pub(crate) fn refresh(&self) {
        let asking = self.lock().launch.phase == Phase::Asking;
        if asking {
            return; // Not before the user has agreed that it runs at all.
        }
        self.remember_route();
        let running = self.engine().info(SERVER).is_some_and(|i| i.is_running);
        if !running {
            self.launch();
            return;
        }
        log::info!("refresh");
        {
            let mut state = self.lock();
            state.replaced = state.run;
            state.launch.generation += 1;
            state.launch.started_at_ms = now_ms();
            state.launch.trouble = None;
            state.launch.url = None;
            state.due = None;
            state.facts = Facts::default();
        }
        self.enter(Phase::Stopping, "Stopping the server");
        if let Some(ui) = self.ui.get() {
            ui.show_launch_page();
        }
        if let Err(e) = self.engine().restart(SERVER, "refresh") {
            self.fail(trouble::cannot_start(&e.to_string()));
        }
    }

    /// A button on the trouble page.
    pub(crate) fn act(&self, action: &str) {
        log::info!("action: {action}");
        if let Some(port) = action
            .strip_prefix("use-port:")
            .and_then(|p| p.parse().ok())
        {
            self.lock().port_override = Some(port);
        }
        match action {
            "install" => self.install(),
            "refresh" => self.refresh(),
            "load-again" => self.load_again(),
            _ => self.launch(),
        }
    }

    /// Keeps the page that the window shows, to come back to it.
    pub(super) fn remember_route(&self) {
        if let Some(url) = self.ui.get().and_then(|ui| ui.project_url()) {
            let route = &url[url::Position::BeforePath..];
            self.lock().route = Some(route.to_owned());
        }
    }

    /// The project's page, if its server was ready before there was a window to show it.
    pub(crate) fn take_due(&self) -> Option<Url> {
        self.lock().due.take()
    }
}

fn unprepared(why: Unprepared) -> Box<Trouble> {
    Box::new(match why {
        Unprepared::NotFound(e) => trouble::tool_not_found(&e),
        Unprepared::Project(e) => trouble::project(&e),
        Unprepared::Config(e) => trouble::cannot_start(&e.to_string()),
    })
}

/// The command as its user would say it: `pnpm dev`, without the flags that Berth adds.
pub(super) fn short_command(plan: &Plan) -> String {
    plan.argv
        .iter()
        .take_while(|a| !a.starts_with('-'))
        .cloned()
        .collect::<Vec<_>>()
        .join(" ")
}

pub(super) fn now_ms() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_millis() as u64
}
