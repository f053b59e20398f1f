//! Stdout as raw bytes, for a reader that says how far it has come.

mod error;
mod held;
mod reader;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use tokio::sync::{Notify, oneshot};

pub use error::OutputError;
use held::{Held, Misplaced};
pub use reader::{OutputPosition, SidecarOutput};

use super::run_loop::Loop;
use super::spawner::{OutputEnd, RawEnd};
use crate::config::StdoutMode;
use crate::core::RunId;

/// Bytes that are kept for a reader until it says that it has taken them, and the most that one
/// read answers with.
const MOST: usize = 1 << 20;

type Answer<T> = oneshot::Sender<Result<T, OutputError>>;

/// What is asked of a raw stdout.
pub(crate) enum OutputOrder {
    /// Bytes of this run from this place on, once there are any.
    Read {
        run: RunId,
        offset: u64,
        max: usize,
        answer: Answer<Vec<u8>>,
    },
    /// Where a reader begins that knows nothing.
    Position { answer: Answer<OutputPosition> },
}

/// Somebody who has taken all that there was.
struct Waiter {
    offset: u64,
    max: usize,
    answer: Answer<Vec<u8>>,
}

/// The stdout of one run. Nothing is read before somebody asks for it: what he does not take stays
/// in the pipe, and a full pipe holds the sidecar back.
pub(crate) struct RawOutput {
    id: String,
    run: RunId,
    /// Until all of it is held here.
    end: RefCell<Option<Rc<RawEnd>>>,
    held: RefCell<Held>,
    waiters: RefCell<Vec<Waiter>>,
    /// A task waits for bytes, since somebody does.
    waits: Cell<bool>,
    changed: Notify,
}

impl RawOutput {
    pub(crate) fn new(id: String, run: RunId, end: OutputEnd) -> std::io::Result<Rc<RawOutput>> {
        Ok(Rc::new(RawOutput {
            id,
            run,
            end: RefCell::new(Some(Rc::new(RawEnd::new(end)?))),
            held: RefCell::default(),
            waiters: RefCell::default(),
            waits: Cell::default(),
            changed: Notify::new(),
        }))
    }

    pub(crate) fn run(&self) -> RunId {
        self.run
    }

    fn position(&self) -> OutputPosition {
        OutputPosition {
            run: self.run,
            acknowledged: self.held.borrow().begin(),
        }
    }

    /// Answers now if there is something, else once there is.
    fn read(self: &Rc<Self>, waiter: Waiter) {
        if let Some(waiter) = self.answer(waiter) {
            self.waiters.borrow_mut().push(waiter);
            self.wait_for_bytes();
        }
    }

    /// Gives back who has to wait.
    fn answer(&self, waiter: Waiter) -> Option<Waiter> {
        let mut held = self.held.borrow_mut();
        let found = held.acknowledge(waiter.offset).map(|()| {
            if let Some(end) = &*self.end.borrow() {
                held.fill_if_empty(waiter.max, |buf| end.read(buf));
            }
            held.copy(waiter.max)
        });
        let answer = match found {
            Ok(None) => return Some(waiter),
            Ok(Some(bytes)) => bytes.map_err(|source| OutputError::Io {
                id: self.id.clone(),
                source,
            }),
            Err(misplaced) => Err(self.misplaced(waiter.offset, misplaced)),
        };
        let _ = waiter.answer.send(answer); // Who does not want it any more asks again for it.
        None
    }

    fn misplaced(&self, offset: u64, misplaced: Misplaced) -> OutputError {
        let (id, run) = (self.id.clone(), self.run);
        match misplaced {
            Misplaced::Before(begin) => OutputError::Acknowledged {
                id,
                run,
                offset,
                begin,
            },
            Misplaced::Behind(end) => OutputError::Ahead {
                id,
                run,
                offset,
                end,
            },
        }
    }

    /// On a task of its own, which ends when nobody waits any more.
    fn wait_for_bytes(self: &Rc<Self>) {
        let Some(end) = self.end.borrow().clone() else {
            return; // Its end is known, so that nobody waits.
        };
        if self.waits.replace(true) {
            return;
        }
        let this = Rc::clone(self);
        tokio::task::spawn_local(async move {
            while this.is_waited_for() {
                tokio::select! {
                    () = end.readable() => {}
                    () = this.changed.notified() => {}
                }
                this.answer_all();
            }
            this.waits.set(false);
        });
    }

    /// Whether anybody still wants an answer.
    fn is_waited_for(&self) -> bool {
        let mut waiters = self.waiters.borrow_mut();
        waiters.retain(|waiter| !waiter.answer.is_closed());
        !waiters.is_empty()
    }

    fn answer_all(&self) {
        if self.is_waited_for() {
            let waiters = self.waiters.take();
            let left = waiters.into_iter().filter_map(|w| self.answer(w)).collect();
            self.waiters.replace(left);
        }
    }

    /// The tree is gone. What it has left in the pipe is taken out, and where that is all, it is
    /// the end: its last holder may be an editor that was let go and lives for days.
    pub(crate) fn finish(&self) {
        if !RawEnd::REST_IS_THERE {
            return; // The end comes by itself.
        }
        let Some(end) = self.end.take() else { return };
        let is_closed = self.held.borrow_mut().take_rest(|buf| end.read(buf));
        if !is_closed {
            end.discard();
        }
        self.changed.notify_one();
    }

    /// Another run has taken its place, and nobody can ask for this one any more.
    pub(crate) fn retire(&self, now: RunId) {
        for waiter in self.waiters.take() {
            let (id, run) = (self.id.clone(), self.run);
            let stale = OutputError::StaleRun { id, run, now };
            let _ = waiter.answer.send(Err(stale)); // Nobody waits for it.
        }
        self.changed.notify_one();
    }
}

impl Loop {
    /// Answers a reader, now or later.
    pub(super) fn output(&mut self, id: &str, order: OutputOrder) {
        // Who does not want an answer any more does not get it.
        match order {
            OutputOrder::Position { answer } => {
                let _ = answer.send(self.raw_of(id).map(|raw| raw.position()));
            }
            OutputOrder::Read {
                run,
                offset,
                max,
                answer,
            } => match self.raw_of_run(id, run) {
                Ok(raw) => raw.read(Waiter {
                    offset,
                    max: max.clamp(1, MOST),
                    answer,
                }),
                Err(e) => drop(answer.send(Err(e))),
            },
        }
    }

    /// A sidecar's newest output. That of a run that has ended can be read until the next one
    /// begins.
    fn raw_of(&mut self, id: &str) -> Result<Rc<RawOutput>, OutputError> {
        let none = || OutputError::NeverRan { id: id.to_owned() };
        let entry = self.entry(id).ok_or_else(none)?;
        if entry.config_in_use().stdout != StdoutMode::Raw {
            return Err(OutputError::NotRaw { id: id.to_owned() });
        }
        entry.raw.clone().ok_or_else(none)
    }

    fn raw_of_run(&mut self, id: &str, run: RunId) -> Result<Rc<RawOutput>, OutputError> {
        let newest = self.raw_of(id)?;
        if newest.run == run {
            return Ok(newest);
        }
        // The other one of a rolling restart has the same id.
        let mut raws = self.entries.iter().filter(|e| e.id == id);
        let found = raws.find_map(|e| e.raw.clone().filter(|raw| raw.run == run));
        found.ok_or_else(|| OutputError::StaleRun {
            id: id.to_owned(),
            run,
            now: newest.run,
        })
    }

    /// A run begins: its stdout takes the place of the one before.
    pub(super) fn begin_output(&mut self, index: usize, raw: Option<Rc<RawOutput>>) {
        let now = raw.as_ref().map(|raw| raw.run);
        let before = std::mem::replace(&mut self.entries[index].raw, raw);
        if let Some(before) = before {
            before.retire(now.unwrap_or(before.run));
        }
    }
}
