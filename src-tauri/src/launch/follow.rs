//! Follows the engine's events and turns them into what the user sees.

use berth_project::{PackageManager, Plan};
use tauri_plugin_sidecar_lifecycle::engine::ports::{self, Barred, Holder, HolderKind, PortWish};
use tauri_plugin_sidecar_lifecycle::engine::{Event, EventKind, LogLine, RunId};
use url::Url;

use super::install::{Says, says};
use super::launcher::{Launcher, SERVER, short_command};
use super::model::Phase;
use super::prepare::is_movable;
use crate::trouble::{self, Next};

/// What the events of this launch have said so far.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    /// Somebody else has the port.
    held: Option<(u16, Holder)>,
    /// It ran.
    spawned: bool,
    /// How it ended: by a code or a signal.
    ended: Option<(Option<i32>, Option<i32>)>,
    /// It has been ready in this launch.
    pub(crate) was_ready: bool,
    /// It died after that, and the engine is bringing it back.
    reviving: bool,
    /// How often the window has not got a page from it, since the last one that came.
    pub(super) missing: u32,
}

impl Launcher {
    /// Subscribes to the engine. Called once.
    pub(super) fn follow(&self) {
        let me = self.me.clone();
        self.engine().subscribe(move |event| {
            if let Some(me) = me.upgrade()
                && event.sidecar == SERVER
            {
                me.on_event(event);
            }
        });
    }

    fn on_event(&self, event: &Event) {
        if !matches!(event.kind, EventKind::PhaseChanged { .. }) {
            log::info!("{}", story(&event.kind));
        }
        if self.lock().installing {
            self.on_install_event(event);
            return;
        }
        match &event.kind {
            EventKind::PortHeld { port, holder } if holder.kind == HolderKind::Ours => {
                self.enter(Phase::FreeingPort, &format!("Freeing port {port}"));
            }
            EventKind::PortHeld { port, holder } => {
                self.lock().facts.held = Some((*port, holder.clone()));
            }
            EventKind::PortChosen { .. } => {
                let step = self
                    .lock()
                    .plan
                    .as_ref()
                    .map(short_command)
                    .unwrap_or_default();
                self.advance(Phase::Starting, &format!("Starting {step}"));
            }
            EventKind::Spawned { port, .. } => {
                self.lock().run = event.run;
                self.on_spawned(*port);
            }
            EventKind::Ready { url, port, .. } => self.on_ready(event.run, url.as_deref(), *port),
            EventKind::Exited {
                code,
                signal,
                asked: false,
            } => {
                self.lock().facts.ended = Some((*code, *signal));
            }
            EventKind::Crashed { last_lines, .. } => self.on_crashed(last_lines),
            EventKind::Stopped { .. } => self.on_stopped(),
            EventKind::Failed { reason, last_lines } => self.on_failed(reason, last_lines),
            // Told in the log; there is no page for them, nor for the kinds of a later engine.
            _ => {}
        }
    }

    /// An install has no port and no page: what counts is how it ends.
    fn on_install_event(&self, event: &Event) {
        match &event.kind {
            EventKind::Spawned { .. } => {
                self.lock().run = event.run;
                self.enter(Phase::Installing, "Installing packages");
            }
            EventKind::Exited {
                code,
                signal,
                asked: false,
            } => self.lock().facts.ended = Some((*code, *signal)),
            EventKind::Stopped { .. } => {
                let ended = self.lock().facts.ended;
                if let Some((Some(0), _)) = ended {
                    self.launch();
                }
            }
            EventKind::Failed { reason, last_lines } => {
                let ended = self.lock().facts.ended;
                self.fail(ended.map_or_else(
                    || trouble::cannot_start(reason),
                    |ended| trouble::install_failed(ended, last_lines),
                ));
            }
            // It is shown as one step from its beginning to its end.
            _ => {}
        }
    }

    /// A step forward, unless the trouble page stands while the engine brings a dead server back:
    /// that page stays until there is something better to show.
    fn advance(&self, phase: Phase, step: &str) {
        self.enter_if(phase, step, |state| !state.facts.reviving);
    }

    fn on_spawned(&self, port: Option<u16>) {
        let installs = {
            let mut state = self.lock();
            state.facts.spawned = true;
            state.facts.ended = None;
            state.plan.as_ref().is_some_and(may_install)
        };
        if installs {
            self.advance(Phase::Installing, "Installing packages");
        } else {
            self.advance(Phase::Waiting, &waiting_for(port));
        }
    }

    /// A line of the server's output: it may say what it is doing.
    pub(crate) fn on_line(&self, line: &LogLine) {
        let (from, to, step) = match says(&line.line) {
            Some(Says::Installing) => (
                Phase::Waiting,
                Phase::Installing,
                "Installing packages".to_owned(),
            ),
            Some(Says::Running) => {
                let port = self.engine().info(SERVER).and_then(|i| i.port);
                (Phase::Installing, Phase::Waiting, waiting_for(port))
            }
            None => return,
        };
        self.enter_if(to, &step, |state| {
            state.launch.phase == from && !state.facts.reviving
        });
    }

    fn on_ready(&self, run: RunId, url: Option<&str>, port: Option<u16>) {
        let Some(target) = url.and_then(|u| Url::parse(u).ok()) else {
            return;
        };
        {
            let mut state = self.lock();
            // A run that a refresh has replaced may have become ready just before it was told.
            if run <= state.replaced {
                return;
            }
            state.facts.reviving = false;
            state.facts.ended = None;
            state.page_is_due(target);
        }
        self.open_page();
        self.session.settings.change(|v| v.port = port.or(v.port));
    }

    fn on_crashed(&self, last_lines: &[String]) {
        let (died, ended, generation) = {
            let mut state = self.lock();
            let died = state.facts.was_ready && !state.facts.reviving;
            state.facts.reviving = state.facts.was_ready;
            (died, state.facts.ended, state.launch.generation)
        };
        if died {
            self.show_death(generation, ended, last_lines, Next::Underway);
        }
    }

    /// It is down. A server that ended by itself, and well, is as gone as one that crashed.
    fn on_stopped(&self) {
        let (died, ended, generation) = {
            let state = self.lock();
            let f = &state.facts;
            let died = f.was_ready && !f.reviving && f.ended.is_some();
            (died, f.ended, state.launch.generation)
        };
        if died {
            self.show_death(generation, ended, &self.last_lines(), Next::Untried);
        }
    }

    /// Shows that a server in use has died, with the page kept in mind that it was shown on.
    ///
    /// On a thread: asking the window where it is waits for the main thread, and at exit the main
    /// thread waits for the engine, whose thread this is called on.
    fn show_death(
        &self,
        generation: u64,
        ended: Option<(Option<i32>, Option<i32>)>,
        last_lines: &[String],
        next: Next,
    ) {
        let Some(me) = self.me.upgrade() else { return };
        let trouble = trouble::server_died(&self.command(), ended, last_lines, next);
        std::thread::spawn(move || {
            me.remember_route();
            // It may have been started anew by its user; or be back by now, or given up.
            me.fail_if(trouble, |state| {
                let still = match next {
                    Next::Underway => state.facts.reviving,
                    Next::Untried | Next::GivenUp => state.facts.ended.is_some(),
                };
                state.launch.generation == generation && still
            });
        });
    }

    fn on_failed(&self, reason: &str, last_lines: &[String]) {
        let (held, spawned, ended, reviving, timeout, packages) = {
            let mut state = self.lock();
            let timeout = state.launch.ready_timeout_ms;
            let packages = state.plan.as_ref().map(|plan| {
                let can_install = plan.package_manager.is_some();
                (plan.needs_install_hint && can_install, can_install)
            });
            let f = &mut state.facts;
            let reviving = std::mem::take(&mut f.reviving);
            let held = f.held.take();
            (held, f.spawned, f.ended, reviving, timeout, packages)
        };
        let (lacks_packages, can_install) = packages.unwrap_or_default();
        let movable = self.is_movable();
        let command = self.command();
        let trouble = match (held, spawned, ended) {
            (Some((port, holder)), false, _) => trouble::port_held(port, &holder, movable),
            (_, true, _) if reviving => {
                trouble::server_died(&command, ended, last_lines, Next::GivenUp)
            }
            (_, true, Some(_)) if lacks_packages => trouble::not_installed(&command),
            (_, true, Some(ended)) => {
                trouble::server_exited(&command, ended, last_lines, can_install)
            }
            (_, true, None) => trouble::never_ready(&command, timeout, last_lines),
            (None, false, _) => match self.barred() {
                Some((port, why)) => trouble::port_barred(port, why, movable),
                None => trouble::cannot_start(reason),
            },
        };
        self.fail(trouble);
    }

    /// The port that was asked for, if the system keeps that one for itself.
    fn barred(&self) -> Option<(u16, Barred)> {
        let config = self.engine().config(SERVER)?;
        match config.port {
            PortWish::Fixed(port) => Some((port, ports::barred(port)?)),
            _ => None,
        }
    }

    /// Whether the server can be told of another port than its script has.
    fn is_movable(&self) -> bool {
        let plan = &self.lock().plan;
        plan.as_ref().is_some_and(|plan| is_movable(plan.port))
    }

    fn command(&self) -> String {
        self.lock()
            .plan
            .as_ref()
            .map_or_else(|| "the server".to_owned(), short_command)
    }

    fn last_lines(&self) -> Vec<String> {
        self.engine()
            .logs(SERVER)
            .map(|ring| ring.last(20))
            .unwrap_or_default()
    }
}

/// What a server that runs and does not answer yet is waited for.
pub(super) fn waiting_for(port: Option<u16>) -> String {
    port.map_or_else(
        || "Waiting for the server".to_owned(),
        |port| format!("Waiting for the server on port {port}"),
    )
}

/// Whether the start may install missing packages by itself: of the package managers only pnpm does.
fn may_install(plan: &Plan) -> bool {
    let manager = plan.package_manager.as_ref().map(|chosen| chosen.manager);
    plan.needs_install_hint && manager == Some(PackageManager::Pnpm)
}

/// An event as a line of `.tauri-log`.
fn story(kind: &EventKind) -> String {
    match kind {
        EventKind::PortChosen { port } => format!("port {port} is free"),
        EventKind::PortHeld { port, holder } => format!(
            "port {port} is held by {} (pid {:?}, {:?})",
            holder.command.as_deref().unwrap_or("an unknown process"),
            holder.pid,
            holder.kind
        ),
        EventKind::Cleaned { pid, command, why } => {
            format!("ended leftover {pid} ({command}): {why}")
        }
        EventKind::Kept { pid, command, why } => format!("left alone {pid} ({command}): {why}"),
        EventKind::Spawned {
            pid, protection, ..
        } => {
            format!("spawned pid {pid}, protection {protection:?}")
        }
        EventKind::Ready { url, start_ms, .. } => {
            format!(
                "ready at {} after {start_ms:.0} ms",
                url.as_deref().unwrap_or("?")
            )
        }
        EventKind::Exited {
            code: Some(code),
            asked,
            ..
        } => {
            format!("exited with code {code}, asked: {asked}")
        }
        EventKind::Exited {
            signal: Some(signal),
            asked,
            ..
        } => {
            format!("ended by signal {signal}, asked: {asked}")
        }
        EventKind::Crashed {
            reason,
            attempt,
            max,
            ..
        } => {
            format!("crashed ({attempt} of {max}): {reason}")
        }
        EventKind::Restarting { delay_ms, .. } => format!("starting again in {delay_ms:.0} ms"),
        EventKind::Stopping { reason } => format!("stopping: {reason}"),
        EventKind::Stopped { survivors, took_ms } if survivors.is_empty() => {
            format!("stopped after {took_ms:.0} ms, nothing left")
        }
        EventKind::Stopped { survivors, .. } => format!("could not be ended: {survivors:?}"),
        EventKind::Failed { reason, .. } => format!("failed: {reason}"),
        other => format!("{other:?}"),
    }
}
