//! Numbers: what no event tells, and who is told of changes.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::run_loop::{Loop, millis};
use super::shared::{Shared, lock};
use crate::core::{Fact, Phase, RunId, SidecarId};
use crate::metrics::{Book, Counter, Measure, Metrics};
use crate::sys::monotonic;

/// What a fact says of a health check's answer; `None` if it is about something else.
fn answer(fact: &Fact) -> Option<bool> {
    match fact {
        Fact::CheckPassed { .. } | Fact::ReadinessPassed { .. } | Fact::LivenessPassed { .. } => {
            Some(true)
        }
        Fact::ReadinessFailed { .. } | Fact::LivenessFailed { .. } => Some(false),
        _ => None,
    }
}

impl Loop {
    /// Counts a health check's answer, if the fact is one.
    pub(super) fn meter_check(&self, sidecar: SidecarId, fact: &Fact) {
        if let Some(passed) = answer(fact)
            && let Some(index) = self.index(sidecar)
        {
            let id = &self.entries[index].id;
            self.shared.measure(id, |book| book.checked(id, passed));
        }
    }

    /// Counts a run that is ended by force.
    pub(super) fn meter_force(&self, run: RunId) {
        if let Some(index) = self.index_of(run) {
            let id = &self.entries[index].id;
            self.shared.measure(id, |book| book.forced(id, run));
        }
    }
}

impl Shared {
    /// Changes the numbers, and tells the telemetry of it. It is called without the lock, so that
    /// it may look at the numbers itself.
    pub(super) fn measure(&self, sidecar: &str, change: impl FnOnce(&mut Book) -> Vec<Measure>) {
        let news = change(&mut lock(&self.book));
        let Some(telemetry) = &self.telemetry else {
            return;
        };
        for measure in news {
            let tell = || match measure {
                Measure::Count(counter, by) => telemetry.count(sidecar, counter, by),
                Measure::Duration(timing, length) => telemetry.duration(sidecar, timing, length),
                Measure::Phase(phase) => telemetry.phase(sidecar, phase),
            };
            if catch_unwind(AssertUnwindSafe(tell)).is_err() {
                log::error!("the telemetry panicked at {measure:?} of {sidecar}");
            }
        }
    }

    /// The phase that the last event about it has told.
    pub(super) fn told_phase(&self, sidecar: &str) -> Phase {
        lock(&self.book).phase(sidecar)
    }

    /// The numbers now. `declared` are the sidecars and how many lines each has written.
    pub(super) fn metrics(&self, declared: Vec<(String, u64)>) -> Metrics {
        let book = lock(&self.book);
        let (mut sidecars, events) = (book.snapshot(millis(monotonic())), book.events());
        drop(book);
        let count = declared.len();
        for (id, lines) in declared {
            let counters = &mut sidecars.entry(id).or_default().counters;
            counters.set(Counter::LogLines, lines);
        }
        Metrics {
            sidecars,
            declared: count,
            protection: self.protection(),
            events,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex, OnceLock};

    use super::*;
    use crate::event::{Event, EventKind, Protection};
    use crate::metrics::Telemetry;

    /// Panics at crashes, and looks at the numbers whenever it is told of one.
    #[derive(Default)]
    struct Shaky {
        shared: OnceLock<std::sync::Weak<Shared>>,
        seen: Mutex<Vec<u64>>,
    }

    impl Telemetry for Shaky {
        fn count(&self, sidecar: &str, counter: Counter, _: u64) {
            assert!(counter != Counter::Crashes, "a telemetry's own bug");
            let shared = self.shared.get().and_then(std::sync::Weak::upgrade);
            let metrics = shared.expect("alive").metrics(Vec::new());
            let value = metrics.sidecars[sidecar].counters.get(counter);
            lock(&self.seen).push(value);
        }
    }

    #[test]
    fn a_telemetry_may_panic_and_may_look_at_the_numbers() {
        let shaky = Arc::new(Shaky::default());
        let telemetry = Some(shaky.clone() as Arc<dyn Telemetry>);
        let shared = Arc::new(Shared::new(Protection::BestEffort, telemetry));
        assert!(shaky.shared.set(Arc::downgrade(&shared)).is_ok());
        let failed = || EventKind::Failed {
            reason: String::new(),
            last_lines: Vec::new(),
        };
        let crashed = EventKind::Crashed {
            reason: String::new(),
            attempt: 1,
            max: 1,
            code: Some(1),
            signal: None,
            last_lines: Vec::new(),
        };
        for kind in [failed(), crashed, failed()] {
            shared.publish(&Event {
                mono_ms: 0.0,
                sidecar: "web".into(),
                run: RunId(1),
                kind,
            });
        }
        assert_eq!(*lock(&shaky.seen), [1, 2]);
        let web = &shared.metrics(Vec::new()).sidecars["web"];
        assert_eq!(web.counters.get(Counter::Crashes), 1);
    }
}
