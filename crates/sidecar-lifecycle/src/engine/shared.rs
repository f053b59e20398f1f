//! What the engine's thread and its users both look at.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::mpsc;

use super::entry::Entry;
use super::events::{EventStream, EventSubscription};
use super::hooks::HookThread;
use super::leaders::Leaders;
use crate::core::{Phase, Sidecar};
use crate::event::{Event, Protection};
use crate::info::SidecarInfo;
use crate::metrics::{Book, Telemetry};
use crate::sys::monotonic;

pub(super) type Subscriber = Arc<dyn Fn(&Event) + Send + Sync>;
type Infos = BTreeMap<String, (SidecarInfo, Option<Duration>)>;

/// Whom to tell, in the order in which they came.
#[derive(Default)]
struct Subscribers {
    list: Vec<(u64, Subscriber)>,
    next: u64,
}

/// How far the engine has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Its loop runs.
    Up,
    /// It was shut down, and every tree is empty.
    Down,
    /// Its loop ended before that.
    Broken,
}

/// See the module.
pub(crate) struct Shared {
    infos: Mutex<Infos>,
    subscribers: Mutex<Subscribers>,
    pub(super) leaders: Mutex<Leaders>,
    pub(super) book: Mutex<Book>,
    pub(super) telemetry: Option<Arc<dyn Telemetry>>,
    pub(super) hooks: HookThread,
    protection: Mutex<Protection>,
    stage: Mutex<Stage>,
    changed: Condvar,
    closing: AtomicBool,
}

/// Locks, whoever has panicked before: the data is whole at every step.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(super) fn new(protection: Protection, telemetry: Option<Arc<dyn Telemetry>>) -> Shared {
        Shared {
            infos: Mutex::default(),
            subscribers: Mutex::default(),
            leaders: Mutex::default(),
            book: Mutex::default(),
            telemetry,
            hooks: HookThread::default(),
            protection: Mutex::new(protection),
            stage: Mutex::new(Stage::Up),
            changed: Condvar::new(),
            closing: AtomicBool::new(false),
        }
    }

    /// Answers with what [`unsubscribe`](Shared::unsubscribe) takes.
    pub(super) fn subscribe(&self, subscriber: Subscriber) -> u64 {
        let mut subscribers = lock(&self.subscribers);
        let id = subscribers.next;
        subscribers.next += 1;
        subscribers.list.push((id, subscriber));
        id
    }

    pub(super) fn unsubscribe(&self, id: u64) {
        lock(&self.subscribers).list.retain(|(i, _)| *i != id);
    }

    pub(super) fn events(self: &Arc<Self>) -> EventStream {
        let (tx, queue) = mpsc::unbounded_channel();
        let id = self.subscribe(Arc::new(move |event: &Event| {
            let _ = tx.send(event.clone()); // Being dropped on another thread right now.
        }));
        EventStream::new(queue, EventSubscription::new(self, id))
    }

    /// Notes the event and tells every subscriber. One that panics keeps neither the others nor
    /// the engine from going on: sidecars would be left to themselves.
    pub(super) fn publish(&self, event: &Event) {
        self.measure(&event.sidecar, |book| book.take(event));
        let subscribers = lock(&self.subscribers).list.clone();
        for (_, subscriber) in subscribers {
            if catch_unwind(AssertUnwindSafe(|| subscriber(event))).is_err() {
                let (sidecar, kind) = (&event.sidecar, &event.kind);
                log::error!("a subscriber panicked at an event of {sidecar}: {kind:?}");
            }
        }
    }

    pub(super) fn set_down(&self) {
        *lock(&self.stage) = Stage::Down;
        self.changed.notify_all();
    }

    fn set_ended(&self) {
        let mut stage = lock(&self.stage);
        if *stage == Stage::Up {
            *stage = Stage::Broken;
        }
        self.changed.notify_all();
    }

    pub(super) fn is_down(&self) -> bool {
        *lock(&self.stage) == Stage::Down
    }

    /// Waits until everything is down, nothing works at that any more, or the time is up. Answers
    /// whether everything is down.
    pub(super) fn wait_until_down(&self, limit: Duration) -> bool {
        let up = |stage: &mut Stage| *stage == Stage::Up;
        let wait = self
            .changed
            .wait_timeout_while(lock(&self.stage), limit, up);
        let (stage, _) = wait.unwrap_or_else(PoisonError::into_inner);
        *stage == Stage::Down
    }

    pub(super) fn protection(&self) -> Protection {
        *lock(&self.protection)
    }

    pub(super) fn set_protection(&self, protection: Protection) {
        *lock(&self.protection) = protection;
    }

    /// From now on the guardian's end is no loss.
    pub(super) fn close(&self) {
        self.closing.store(true, Ordering::Release);
    }

    pub(super) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Acquire)
    }

    /// Every sidecar that was started, and since when it has been ready.
    fn infos(&self) -> MutexGuard<'_, Infos> {
        lock(&self.infos)
    }

    /// A sidecar as it is now; `None` if it was never started.
    pub(super) fn info(&self, id: &str) -> Option<SidecarInfo> {
        let infos = self.infos();
        let (info, ready_at) = infos.get(id)?;
        Some(with_uptime(info, *ready_at))
    }

    /// All that were started.
    pub(super) fn all_infos(&self) -> Vec<SidecarInfo> {
        let infos = self.infos();
        let all = infos.values();
        all.map(|(info, ready_at)| with_uptime(info, *ready_at))
            .collect()
    }

    /// Its health was asked and answered.
    pub(super) fn note_check(&self, id: &str) {
        if let Some((info, _)) = lock(&self.infos).get_mut(id) {
            info.last_health_check = Some(SystemTime::now());
        }
    }

    pub(super) fn set_info(&self, entry: &Entry, core: &Sidecar, failure: Option<String>) {
        let state = core.phase();
        let run = entry.run.as_ref();
        let healthy = state == Phase::Ready;
        let mut infos = lock(&self.infos);
        let (kept, last_health_check) = infos.get(&entry.id).map_or((None, None), |(i, _)| {
            (i.failure.clone(), i.last_health_check)
        });
        let info = SidecarInfo {
            id: entry.id.clone(),
            state,
            wanted: core.wanted(),
            is_running: state.may_have_processes(),
            is_healthy: healthy,
            pid: core.pid(),
            run: core.pid().and(core.run()),
            port: run.and_then(|r| r.port),
            url: run.and_then(|r| r.url.clone()),
            uptime_seconds: 0, // Counted when somebody asks.
            restart_count: entry.runs.saturating_sub(1),
            last_health_check,
            failure: failure.or(kept).filter(|_| state == Phase::Failed),
        };
        let ready_at = run.and_then(|r| r.ready_at).filter(|_| healthy);
        infos.insert(entry.id.clone(), (info, ready_at));
    }
}

fn with_uptime(info: &SidecarInfo, ready_at: Option<Duration>) -> SidecarInfo {
    let uptime = ready_at.map_or(0, |at| monotonic().saturating_sub(at).as_secs());
    SidecarInfo {
        uptime_seconds: uptime,
        ..info.clone()
    }
}

/// Says that the loop has ended, when it is dropped: by its end or by a panic.
pub(super) struct EndOfLoop(pub(super) Arc<Shared>);

impl Drop for EndOfLoop {
    fn drop(&mut self) {
        self.0.set_ended();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::RunId;
    use crate::event::EventKind;
    use crate::sys::monotonic;
    use std::sync::mpsc;

    #[test]
    fn a_subscriber_that_panics_takes_nobody_with_it() {
        let shared = Shared::new(Protection::BestEffort, None);
        let (tx, rx) = mpsc::channel();
        shared.subscribe(Arc::new(|_| panic!("a subscriber's own bug")));
        shared.subscribe(Arc::new(move |event| tx.send(event.run).unwrap()));
        for run in [RunId(1), RunId(2)] {
            shared.publish(&Event {
                mono_ms: 0.0,
                sidecar: "web".into(),
                run,
                kind: EventKind::PortChosen { port: 1 },
            });
        }
        assert_eq!(rx.try_iter().collect::<Vec<_>>(), [RunId(1), RunId(2)]);
    }

    #[test]
    fn a_loop_that_breaks_is_not_waited_for_and_is_not_down() {
        let shared = Arc::new(Shared::new(Protection::BestEffort, None));
        let end = EndOfLoop(shared.clone());
        let thread = std::thread::spawn(move || {
            let _end = end;
            panic!("a bug in the loop");
        });
        let began = monotonic();
        assert!(!shared.wait_until_down(Duration::from_mins(1)));
        assert!(monotonic() < began + Duration::from_secs(30));
        assert!(thread.join().is_err());
        assert!(!shared.is_down());
    }

    #[test]
    fn an_orderly_end_stays_down() {
        let shared = Arc::new(Shared::new(Protection::BestEffort, None));
        let end = EndOfLoop(shared.clone());
        shared.set_down();
        drop(end);
        assert!(shared.wait_until_down(Duration::ZERO));
    }
}
