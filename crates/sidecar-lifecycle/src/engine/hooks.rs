//! Calls what users want to be called for, in the order of events, on one thread of their own.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, mpsc};
use std::thread::{self, ThreadId};
use std::time::Duration;

use super::run_loop::Loop;
use super::shared::lock;
use crate::config::{CrashInfo, StateChange};
use crate::core::{Phase, RunId};
use crate::event::EventKind;
use crate::info::SidecarInfo;

/// One hook with what it is called for.
pub(super) struct Call {
    /// Who is told of when it panics.
    name: String,
    hook: Box<dyn FnOnce() + Send>,
}

impl Call {
    pub(super) fn new(name: String, hook: impl FnOnce() + Send + 'static) -> Call {
        let hook = Box::new(hook);
        Call { name, hook }
    }
}

/// The thread of the hooks. It exists from the first call on: an engine without hooks has none.
#[derive(Default)]
pub(super) struct HookThread(Mutex<State>);

#[derive(Default)]
enum State {
    #[default]
    Unneeded,
    Working(Worker),
    Finished,
}

struct Worker {
    calls: mpsc::Sender<Call>,
    /// Says nothing, and hangs up when the thread ends.
    ended: mpsc::Receiver<()>,
    thread: ThreadId,
}

impl Worker {
    fn start() -> std::io::Result<Worker> {
        let (calls, queue) = mpsc::channel::<Call>();
        let (end, ended) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("sidecar-hooks".into())
            .spawn(move || {
                let _end: mpsc::Sender<()> = end;
                for Call { name, hook } in queue {
                    if catch_unwind(AssertUnwindSafe(hook)).is_err() {
                        log::error!("{name} panicked");
                    }
                }
            })?
            .thread()
            .id();
        Ok(Worker {
            calls,
            ended,
            thread,
        })
    }
}

impl HookThread {
    /// Has it called after those before it. Never waits.
    pub(super) fn queue(&self, call: Call) {
        let mut state = lock(&self.0);
        if let State::Unneeded = *state {
            match Worker::start() {
                Ok(worker) => *state = State::Working(worker),
                Err(e) => return log::error!("{} is not called, no thread: {e}", call.name),
            }
        }
        if let State::Working(worker) = &*state {
            let _ = worker.calls.send(call); // It ends only when this sender is dropped.
        }
    }

    /// Waits until all that is queued was called, or the time is up. Nothing is called that comes
    /// later.
    pub(super) fn finish(&self, limit: Duration) {
        let state = std::mem::replace(&mut *lock(&self.0), State::Finished);
        let State::Working(Worker {
            calls,
            ended,
            thread,
        }) = state
        else {
            return;
        };
        drop(calls); // Ends the thread once its queue is empty.
        // A hook may hold the last handle of its engine: it cannot wait for itself.
        if thread != thread::current().id()
            && ended.recv_timeout(limit) == Err(mpsc::RecvTimeoutError::Timeout)
        {
            log::warn!("a hook has not returned within {limit:?} of the end: not waited for");
        }
    }
}

impl Loop {
    /// The hook that is due for an event, if its sidecar has one.
    pub(super) fn hook_for(&self, index: usize, run: RunId, kind: &EventKind) -> Option<Call> {
        let entry = &self.entries[index];
        let (id, hooks) = (&entry.id, &entry.config_in_use().hooks);
        match kind {
            EventKind::Crashed {
                reason,
                attempt,
                max,
                code,
                signal,
                last_lines,
            } => {
                let hook = hooks.crash.clone()?;
                let crash = CrashInfo {
                    id: id.clone(),
                    run,
                    reason: reason.clone(),
                    exit_code: *code,
                    signal: *signal,
                    restart_attempt: *attempt,
                    max_attempts: *max,
                    last_lines: last_lines.clone(),
                };
                Some(Call::new(format!("on_crash of {id}"), move || hook(crash)))
            }
            EventKind::Ready { pid, port, url, .. } => {
                let hook = hooks.healthy.clone()?;
                let known = self.shared.info(id);
                // As it is at this event: the core has gone on to what follows.
                let info = SidecarInfo {
                    state: Phase::Ready,
                    is_running: true,
                    is_healthy: true,
                    pid: Some(*pid),
                    run: Some(run),
                    port: *port,
                    url: url.clone(),
                    ..known.unwrap_or_else(|| SidecarInfo::idle(id))
                };
                Some(Call::new(format!("on_healthy of {id}"), move || hook(info)))
            }
            EventKind::PhaseChanged { from, to } => {
                let hook = hooks.state_change.clone()?;
                let change = StateChange {
                    id: id.clone(),
                    from: *from,
                    to: *to,
                    wanted: self.fleet.get(entry.core)?.wanted(),
                };
                let name = format!("on_state_change of {id}");
                Some(Call::new(name, move || hook(change)))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_mins(1);

    fn call(hook: impl FnOnce() + Send + 'static) -> Call {
        Call::new("a hook".to_owned(), hook)
    }

    #[test]
    fn without_a_hook_there_is_no_thread_and_nothing_to_wait_for() {
        let hooks = HookThread::default();
        hooks.finish(LIMIT);
        assert!(matches!(*lock(&hooks.0), State::Finished));
    }

    #[test]
    fn all_that_is_queued_is_called_in_order_before_the_end() {
        let hooks = HookThread::default();
        let (tx, rx) = mpsc::channel();
        for n in 0..100 {
            let tx = tx.clone();
            hooks.queue(call(move || {
                let here = thread::current().name().map(str::to_owned);
                tx.send((n, here)).expect("the test waits");
            }));
        }
        hooks.finish(LIMIT);
        let expected: Vec<_> = (0..100)
            .map(|n| (n, Some("sidecar-hooks".to_owned())))
            .collect();
        assert_eq!(rx.try_iter().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_hook_that_panics_takes_no_other_with_it() {
        let hooks = HookThread::default();
        let (tx, rx) = mpsc::channel();
        hooks.queue(call(|| panic!("a hook's own bug")));
        hooks.queue(call(move || tx.send(1).expect("the test waits")));
        hooks.finish(LIMIT);
        assert_eq!(rx.try_recv(), Ok(1));
    }

    #[test]
    fn a_hook_that_never_returns_keeps_nobody_from_ending() {
        let hooks = HookThread::default();
        let (release, stuck) = mpsc::channel::<()>();
        let (tx, rx) = mpsc::channel();
        hooks.queue(call(move || {
            let _ = stuck.recv(); // Until the test is over.
        }));
        hooks.queue(call(move || tx.send(1).expect("the test waits")));
        hooks.finish(Duration::from_millis(10));
        assert_eq!(rx.try_recv(), Err(mpsc::TryRecvError::Empty));
        drop(release);
        assert_eq!(rx.recv_timeout(LIMIT), Ok(1), "what was queued still comes");
    }

    #[test]
    fn a_hook_that_ends_its_own_engine_does_not_wait_for_itself() {
        let hooks = std::sync::Arc::new(HookThread::default());
        let (tx, rx) = mpsc::channel();
        let own = hooks.clone();
        hooks.queue(call(move || {
            own.finish(LIMIT * 60);
            tx.send(()).expect("the test waits");
        }));
        assert_eq!(rx.recv_timeout(LIMIT), Ok(()));
    }

    #[test]
    fn a_future_can_be_run_on_the_thread() {
        let hooks = HookThread::default();
        let (tx, rx) = mpsc::channel();
        hooks.queue(call(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            let answer = runtime.expect("a runtime").block_on(async { 7 });
            tx.send(answer).expect("the test waits");
        }));
        assert_eq!(rx.recv_timeout(LIMIT), Ok(7));
    }
}
