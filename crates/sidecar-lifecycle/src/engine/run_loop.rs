//! The one loop: takes a message, steps the core, performs what it orders.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

use super::checks::Checks;
use super::clock::CoreClock;
use super::customs::Customs;
use super::entry::Entry;
use super::killing::Killer;
use super::ledger::Ledger;
use super::leftovers::{Estate, Sweeper};
use super::message::Message;
use super::port_memory::PortMemory;
use super::shared::Shared;
use super::silence::Silence;
use super::spawner::Spawner;
use super::waiters::Waiter;
use crate::core::{Effect, Fact, Fleet, Input, Mono, RunId, SidecarId};
use crate::event::{Event, EventKind};
use crate::ports::Reservations;
use crate::sys::monotonic;

/// Everything that the engine's thread owns.
pub(crate) struct Loop {
    pub(super) fleet: Fleet,
    pub(super) entries: Vec<Entry>,
    pub(super) by_name: HashMap<String, usize>,
    pub(super) spawner: Spawner,
    pub(super) ledger: Option<Ledger>,
    pub(super) shared: Arc<Shared>,
    pub(super) tx: mpsc::UnboundedSender<Message>,
    rx: mpsc::UnboundedReceiver<Message>,
    pub(super) app_id: String,
    pub(super) instance: String,
    pub(super) state_dir: PathBuf,
    pub(super) reservations: Reservations,
    pub(super) ports: PortMemory,
    pub(super) seed: u64,
    pub(super) swept: watch::Sender<bool>,
    /// What earlier hosts have left to be adopted.
    pub(super) estate: Estate,
    pub(super) checks: Checks,
    pub(super) customs: Customs,
    pub(super) waiters: Vec<Waiter>,
    pub(super) killers: Vec<Killer>,
    /// Those that have become ready and whose trees were not written down yet.
    pub(super) unrecorded: Vec<RunId>,
    /// Nor will they be before this: see [`Loop::write_down`].
    record_from: Duration,
    /// Logs that a run of this engine has begun.
    pub(super) logs_begun: HashSet<PathBuf>,
    pub(super) clock: CoreClock,
    pub(super) silence: Silence,
    exiting: bool,
}

/// What a loop begins with.
pub(crate) struct Beginnings {
    pub(crate) spawner: Spawner,
    pub(crate) ledger: Option<Ledger>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) tx: mpsc::UnboundedSender<Message>,
    pub(crate) rx: mpsc::UnboundedReceiver<Message>,
    pub(crate) app_id: String,
    pub(crate) instance: String,
    pub(crate) state_dir: PathBuf,
    pub(crate) ports: PortMemory,
    pub(crate) seed: u64,
}

/// What is asked of all names one of them, whichever.
const EVERYBODY: SidecarId = SidecarId(0);

impl Loop {
    pub(crate) fn new(b: Beginnings) -> Loop {
        Loop {
            fleet: Fleet::new(b.seed),
            entries: Vec::new(),
            by_name: HashMap::new(),
            spawner: b.spawner,
            ledger: b.ledger,
            shared: b.shared,
            tx: b.tx,
            rx: b.rx,
            app_id: b.app_id,
            instance: b.instance,
            state_dir: b.state_dir,
            reservations: Reservations::machine_wide().unwrap_or_else(|e| {
                log::warn!("ports are not kept from other engines: {e}");
                Reservations::default()
            }),
            ports: b.ports,
            seed: b.seed,
            swept: watch::Sender::new(false),
            estate: Estate::default(),
            checks: Checks::default(),
            customs: Customs::default(),
            waiters: Vec::new(),
            killers: Vec::new(),
            unrecorded: Vec::new(),
            record_from: Duration::ZERO,
            logs_begun: HashSet::new(),
            clock: CoreClock::default(),
            silence: Silence::default(),
            exiting: false,
        }
    }

    /// Runs until it is told to quit. At rest it waits for one channel and no timer.
    pub(crate) async fn run(mut self) {
        self.begin_sweep();
        self.watch_standby();
        loop {
            self.write_down();
            let message = match self.next_deadline() {
                None => self.rx.recv().await,
                Some(at) => {
                    let left = at.saturating_sub(self.clock.now());
                    let woken = timeout(left, self.rx.recv()).await;
                    self.clock.forgive(at);
                    let Ok(message) = woken else {
                        self.tick();
                        self.watch_backlog();
                        continue;
                    };
                    message
                }
            };
            match message {
                None | Some(Message::Quit) => return,
                Some(message) => self.take(message),
            }
            self.watch_backlog();
            // Due deadlines are not starved by a busy channel.
            let now = self.clock.now();
            if self.next_deadline().is_some_and(|at| at <= now) {
                self.tick();
            }
        }
    }

    fn next_deadline(&mut self) -> Option<Duration> {
        let fleet = self.fleet.next_deadline().map(|at| at.0);
        let now = self.clock.now();
        let is_due_later = !self.unrecorded.is_empty() && self.record_from > now;
        let record = is_due_later.then_some(self.record_from);
        let all = fleet.into_iter().chain(self.silence.deadline());
        all.chain(record).min()
    }

    /// Looks for leftovers on a helper thread. Nothing is spawned before it is done.
    fn begin_sweep(&self) {
        let (sweeper, tx) = (self.sweeper(), self.tx.clone());
        tokio::task::spawn_local(async move {
            // What could not be looked for now, the next start finds.
            let news = sweeper.beside(Sweeper::sweep).await.unwrap_or_default();
            let _ = tx.send(Message::Swept(news)); // The loop may have quit by now.
        });
    }

    /// Brings the state file up to date. While messages wait, it waits for what they bring.
    ///
    /// To find out who is in a tree takes as long as there are processes, during which nobody is
    /// heard. It may take a tenth of the time at most: a crash among a thousand is noticed as soon
    /// as any other, also when others have just begun.
    pub(super) fn write_down(&mut self) {
        let at_rest = self.rx.is_empty();
        let from = self.clock.now();
        if at_rest && !self.unrecorded.is_empty() && from >= self.record_from {
            self.record_members();
            let end = self.clock.now();
            self.record_from = end + 9 * end.saturating_sub(from);
        }
        if let Some(ledger) = &mut self.ledger {
            ledger.catch_up(at_rest);
        }
    }

    pub(super) fn sweeper(&self) -> Sweeper {
        Sweeper {
            dir: self.state_dir.clone(),
            app_id: self.app_id.clone(),
            guardians: self
                .spawner
                .guardian()
                .into_iter()
                .chain(self.spawner.standby())
                .collect(),
            estate: self.estate.clone(),
        }
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Declare { id, config, ring } => self.declare(&id, config, ring),
            Message::Ask { id, fact } => {
                // A sidecar that was declared after the shutdown began has not been told of it.
                if self.exiting {
                    return;
                }
                if let Some(&index) = self.by_name.get(&id) {
                    if !matches!(fact, Fact::StopRequested { .. }) {
                        self.entries[index].avoid.clear(); // A new attempt by its user.
                    }
                    self.step(self.entries[index].core, fact);
                }
            }
            Message::Output { id, order } => self.output(&id, order),
            Message::Stdin { id, run, order } => self.stdin(id, run, order),
            Message::Kill(killer) => self.kill(killer),
            Message::Wait(waiter) => self.wait(waiter),
            Message::Fact { sidecar, fact } => {
                if fact.is_of_health()
                    && let Some(index) = self.index(sidecar)
                {
                    self.shared.note_check(&self.entries[index].id);
                }
                self.meter_check(sidecar, &fact);
                self.step(sidecar, fact);
            }
            Message::Prepared {
                sidecar,
                run,
                prepared,
            } => {
                let port = prepared.port;
                if let Some(current) = self.current(sidecar, run).filter(|c| !c.over) {
                    current.port = port;
                    current.prepared = Some(prepared);
                }
                self.step(sidecar, Fact::Prepared { run, port });
            }
            Message::LeftoverFound { sidecar, run, left } => {
                let port = left.record.port;
                if let Some(current) = self.current(sidecar, run) {
                    current.port = port;
                    current.left = Some(left);
                }
                self.step(sidecar, Fact::LeftoverFound { run, port });
            }
            Message::Check {
                sidecar,
                run,
                command,
                answer,
            } => self.run_check(sidecar, run, &command, answer),
            Message::CheckOverdue { check } => self.check_overdue(check),
            Message::Tell { sidecar, run, kind } => self.tell(sidecar, run, kind),
            Message::Spawner(report) => self.hear(report),
            Message::ReadOn { run } => self.read_on(run),
            Message::SpawnerListens => self.order(Spawner::flush),
            Message::Swept(news) => {
                for (sidecar, kind) in news {
                    self.publish(&sidecar, RunId(0), kind);
                }
                self.swept.send_replace(true);
            }
            Message::Shutdown { reason } => {
                self.exiting = true;
                self.step(EVERYBODY, Fact::HostExiting { reason });
            }
            Message::StopAll { reason } => {
                self.step(EVERYBODY, Fact::StopAllRequested { reason });
            }
            Message::Force => {
                let runs: Vec<RunId> = self
                    .entries
                    .iter()
                    .filter_map(|e| e.run.as_ref().map(|r| r.run))
                    .collect();
                for run in runs {
                    self.meter_force(run);
                    self.order_about(run, |s| s.force_stop(run));
                }
            }
            Message::Quit => {}
        }
    }

    /// Gives the core a fact and performs what follows from it.
    pub(super) fn step(&mut self, sidecar: SidecarId, fact: Fact) {
        let mut effects = Vec::new();
        let now = Mono(self.clock.now());
        self.fleet.step(now, Input { sidecar, fact }, &mut effects);
        self.perform_all(effects);
    }

    fn tick(&mut self) {
        let mut effects = Vec::new();
        let now = Mono(self.clock.now());
        self.fleet.tick(now, &mut effects);
        self.perform_all(effects);
        self.tell_silence();
    }

    fn perform_all(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            self.perform(effect);
        }
        self.answer_waiters();
        self.note_down();
    }

    fn note_down(&mut self) {
        if self.exiting && self.fleet.all_down() {
            // Its file goes now: a host may exit without ever dropping its engine.
            self.ledger = None;
            self.shared.set_down();
        }
    }

    /// Sends an order to the spawner. A guardian that is gone is told of by its `Lost`.
    pub(super) fn order(&mut self, send: impl FnOnce(&mut Spawner) -> std::io::Result<()>) {
        if let Err(e) = send(&mut self.spawner) {
            log::warn!("the guardian does not take orders: {e}");
        }
    }

    pub(super) fn tell(&mut self, sidecar: SidecarId, run: RunId, kind: EventKind) {
        if let Some(index) = self.index(sidecar) {
            let id = self.entries[index].id.clone();
            self.publish(&id, run, kind);
        }
    }

    pub(super) fn publish(&self, sidecar: &str, run: RunId, kind: EventKind) {
        let mono_ms = millis(monotonic());
        if let Some(&index) = self.by_name.get(sidecar) {
            let lines = self.entries[index].ring.last_seq();
            self.shared
                .measure(sidecar, |book| book.written(sidecar, lines));
        }
        self.shared.publish(&Event {
            mono_ms,
            sidecar: sidecar.to_owned(),
            run,
            kind,
        });
    }
}

/// Milliseconds with microseconds behind the point, and nothing finer: more would be noise.
pub(super) fn millis(d: Duration) -> f64 {
    d.as_micros() as f64 / 1000.0
}
