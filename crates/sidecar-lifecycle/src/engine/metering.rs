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
