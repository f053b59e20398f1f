//! The one place where events become numbers.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Counter, SidecarMetrics, Timing};
use crate::core::{Phase, RunId};
use crate::event::{Event, EventKind};

/// One change of a number, for a [`Telemetry`](super::Telemetry).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Measure {
    Count(Counter, u64),
    Duration(Timing, Duration),
    Phase(Phase),
}

/// The numbers of all sidecars.
#[derive(Debug, Default)]
pub(crate) struct Book {
    pages: BTreeMap<String, Page>,
    events: u64,
}

/// The numbers of one sidecar, and what is needed to go on with them.
#[derive(Debug, Default)]
struct Page {
    numbers: SidecarMetrics,
    /// Runs that have been spawned and have not stopped.
    alive: Vec<RunId>,
    /// Runs, whether they were started or taken over.
    begun: u64,
    /// The last run that became ready, and when, in milliseconds.
    ready: Option<(RunId, f64)>,
    /// The last run that was ended by force.
    forced: Option<RunId>,
    port: Option<u16>,
    /// Lines that have been told of.
    lines: u64,
    news: Vec<Measure>,
}

impl Page {
    fn count(&mut self, counter: Counter, by: u64) {
        self.numbers.counters.add(counter, by);
        self.news.push(Measure::Count(counter, by));
    }

    fn time(&mut self, timing: Timing, ms: f64) {
        let numbers = match timing {
            Timing::Start => &mut self.numbers.start,
            Timing::Stop => &mut self.numbers.stop,
            Timing::Backoff => &mut self.numbers.backoff,
        };
        numbers.note(ms / 1000.0);
        let length = Duration::try_from_secs_f64(ms / 1000.0).unwrap_or_default();
        self.news.push(Measure::Duration(timing, length));
    }

    fn begin(&mut self, run: RunId) {
        self.numbers.restart_count = self.begun; // All before this one.
        self.begun += 1;
        self.alive.push(run);
    }

    fn take(&mut self, event: &Event) {
        let run = event.run;
        match &event.kind {
            EventKind::PortChosen { port } => {
                if self.port.replace(*port).is_some_and(|old| old != *port) {
                    self.count(Counter::PortMoves, 1);
                }
            }
            EventKind::Cleaned { .. } => self.count(Counter::Cleaned, 1),
            EventKind::Kept { .. } => self.count(Counter::Kept, 1),
            EventKind::Spawned { .. } => {
                self.count(Counter::Starts, 1);
                self.begin(run);
            }
            EventKind::Adopted { .. } => self.begin(run),
            EventKind::Released { .. } => self.alive.retain(|&alive| alive != run),
            EventKind::Ready { start_ms, .. } => {
                self.count(Counter::Ready, 1);
                // A run that recovers has not started anew.
                if self.ready.is_none_or(|(known, _)| known != run) {
                    self.ready = Some((run, event.mono_ms));
                    self.time(Timing::Start, *start_ms);
                }
            }
            EventKind::Crashed { .. } => self.count(Counter::Crashes, 1),
            EventKind::Restarting { delay_ms, .. } => {
                self.count(Counter::Restarts, 1);
                self.time(Timing::Backoff, *delay_ms);
            }
            EventKind::Stopped { took_ms, .. } => {
                self.count(Counter::Stops, 1);
                self.time(Timing::Stop, *took_ms);
                self.alive.retain(|&alive| alive != run);
            }
            EventKind::Failed { .. } => self.count(Counter::Failures, 1),
            EventKind::PhaseChanged { to, .. } => {
                if std::mem::replace(&mut self.numbers.phase, *to) != *to {
                    self.news.push(Measure::Phase(*to));
                }
            }
            // They tell of no number.
            EventKind::PortHeld { .. }
            | EventKind::WaitingFor { .. }
            | EventKind::RollDegraded { .. }
            | EventKind::RollFailed { .. }
            | EventKind::PortTaken { .. }
            | EventKind::Unhealthy { .. }
            | EventKind::Exited { .. }
            | EventKind::Stopping { .. }
            | EventKind::LogTrouble { .. }
            | EventKind::ProtectionLost { .. }
            | EventKind::GuardianSilent { .. }
            | EventKind::GuardianAnswers { .. } => {}
        }
    }

    fn snapshot(&self, now_ms: f64) -> SidecarMetrics {
        let healthy = self.numbers.phase == Phase::Ready;
        let since = self.ready.filter(|_| healthy).map(|(_, at)| at);
        SidecarMetrics {
            up: !self.alive.is_empty(),
            healthy,
            uptime_seconds: since.map_or(0.0, |at| (now_ms - at).max(0.0) / 1000.0),
            ..self.numbers.clone()
        }
    }
}

impl Book {
    fn change(&mut self, sidecar: &str, change: impl FnOnce(&mut Page)) -> Vec<Measure> {
        if !self.pages.contains_key(sidecar) {
            self.pages.insert(sidecar.to_owned(), Page::default());
        }
        let Some(page) = self.pages.get_mut(sidecar) else {
            return Vec::new();
        };
        change(page);
        std::mem::take(&mut page.news)
    }

    /// Notes an event, and says what it has changed.
    pub(crate) fn take(&mut self, event: &Event) -> Vec<Measure> {
        self.events += 1;
        self.change(&event.sidecar, |page| page.take(event))
    }

    /// A run is ended by force. Said twice, it counts once.
    pub(crate) fn forced(&mut self, sidecar: &str, run: RunId) -> Vec<Measure> {
        self.change(sidecar, |page| {
            if page.forced.replace(run) != Some(run) {
                page.count(Counter::ForcedStops, 1);
            }
        })
    }

    /// A health check has answered.
    pub(crate) fn checked(&mut self, sidecar: &str, passed: bool) -> Vec<Measure> {
        self.change(sidecar, |page| {
            page.count(Counter::HealthChecks, 1);
            if !passed {
                page.count(Counter::HealthCheckFailures, 1);
            }
        })
    }

    /// It has written so many lines by now, in all its runs.
    pub(crate) fn written(&mut self, sidecar: &str, lines: u64) -> Vec<Measure> {
        self.change(sidecar, |page| {
            let new = lines.saturating_sub(page.lines);
            if new > 0 {
                page.lines = lines;
                page.count(Counter::LogLines, new);
            }
        })
    }

    pub(crate) fn phase(&self, sidecar: &str) -> Phase {
        let page = self.pages.get(sidecar);
        page.map_or(Phase::default(), |page| page.numbers.phase)
    }

    pub(crate) fn events(&self) -> u64 {
        self.events
    }

    pub(crate) fn snapshot(&self, now_ms: f64) -> BTreeMap<String, SidecarMetrics> {
        let pages = self.pages.iter();
        pages
            .map(|(id, page)| (id.clone(), page.snapshot(now_ms)))
            .collect()
    }
}
