//! Numbers against a plain count of the same events, for any order of events.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::core::{Phase, RunId};
use crate::event::{Event, EventKind, Protection};

const NAMES: [&str; 3] = ["api", "db", "web"];

/// Any event of any sidecar, in no sensible order: numbers owe nothing to the grammar.
fn events() -> impl Strategy<Value = Vec<Event>> {
    let ms = 0..200_000u32;
    let one = (0..NAMES.len(), 0..6u64, 0..16u8, ms, 0..4u16);
    vec(one, 0..200).prop_map(|all| {
        all.into_iter()
            .enumerate()
            .map(|(at, (name, run, what, ms, port))| Event {
                mono_ms: at as f64,
                sidecar: NAMES[name].to_owned(),
                run: RunId(run),
                kind: kind(what, f64::from(ms), port),
            })
            .collect()
    })
}

fn kind(what: u8, ms: f64, port: u16) -> EventKind {
    let (pid, attempt, max, last_lines) = (1, 1, 5, Vec::new());
    let (command, why, reason) = ("a".to_owned(), "b".to_owned(), "c".to_owned());
    match what {
        0 => EventKind::PortChosen { port },
        1 => EventKind::Cleaned { pid, command, why },
        2 => EventKind::Kept { pid, command, why },
        3 | 4 => EventKind::Spawned {
            pid,
            port: None,
            protection: Protection::BestEffort,
        },
        5 | 6 => EventKind::Ready {
            pid,
            port: None,
            url: None,
            start_ms: ms,
        },
        7 => EventKind::Crashed {
            reason,
            attempt,
            max,
            code: None,
            signal: None,
            last_lines,
        },
        8 => EventKind::Restarting {
            attempt,
            max,
            delay_ms: ms,
        },
        9 | 10 => EventKind::Stopped {
            survivors: Vec::new(),
            took_ms: ms,
        },
        11 => EventKind::Failed { reason, last_lines },
        12 => EventKind::Stopping { reason },
        13 => EventKind::Adopted { pid: 1, port: None },
        14 => EventKind::Released { pid: 1 },
        _ => EventKind::PhaseChanged {
            from: Phase::Idle,
            to: [Phase::Idle, Phase::Ready, Phase::Stopping, Phase::Ready][usize::from(port)],
        },
    }
}

fn name_of(kind: &EventKind) -> String {
    let json = serde_json::to_value(kind).expect("serialises");
    json["event"].as_str().expect("a name").to_owned()
}

proptest! {
    #[test]
    fn the_numbers_are_what_counting_the_events_gives(events in events()) {
        let mut book = Book::default();
        let mut told: BTreeMap<(String, Counter), u64> = BTreeMap::new();
        let mut told_lengths: BTreeMap<(String, Timing), Duration> = BTreeMap::new();
        let mut told_phase: BTreeMap<String, Phase> = BTreeMap::new();
        for event in &events {
            for measure in book.take(event) {
                let id = event.sidecar.clone();
                match measure {
                    Measure::Count(counter, by) => *told.entry((id, counter)).or_default() += by,
                    Measure::Duration(t, length) => *told_lengths.entry((id, t)).or_default() += length,
                    Measure::Phase(phase) => drop(told_phase.insert(id, phase)),
                }
            }
        }
        prop_assert_eq!(book.events(), events.len() as u64);
        let pages = book.snapshot(1e9);
        for (id, page) in &pages {
            let own: Vec<&Event> = events.iter().filter(|e| e.sidecar == *id).collect();
            let count = |name: &str| own.iter().filter(|e| name_of(&e.kind) == name).count() as u64;
            for (counter, event) in [
                (Counter::Starts, "spawned"),
                (Counter::Ready, "ready"),
                (Counter::Crashes, "crashed"),
                (Counter::Restarts, "restarting"),
                (Counter::Stops, "stopped"),
                (Counter::Failures, "failed"),
                (Counter::Kept, "kept"),
                (Counter::Cleaned, "cleaned"),
            ] {
                prop_assert_eq!(page.counters.get(counter), count(event), "{}", event);
            }
            for (counter, value) in page.counters.iter() {
                let told = told.get(&(id.clone(), counter)).copied().unwrap_or_default();
                prop_assert_eq!(told, value, "told of {:?}", counter);
            }
            let ports: Vec<u16> = own
                .iter()
                .filter_map(|e| match e.kind {
                    EventKind::PortChosen { port } => Some(port),
                    _ => None,
                })
                .collect();
            let moves = ports.windows(2).filter(|two| two[0] != two[1]).count() as u64;
            prop_assert_eq!(page.counters.get(Counter::PortMoves), moves);
            let runs = count("spawned") + count("adopted");
            prop_assert_eq!(page.restart_count, runs.saturating_sub(1));
            prop_assert_eq!(page.stop.count, count("stopped"));
            prop_assert_eq!(page.backoff.count, count("restarting"));
            prop_assert!(page.start.count <= count("ready"));
            let stops: f64 = own
                .iter()
                .filter_map(|e| match e.kind {
                    EventKind::Stopped { took_ms, .. } => Some(took_ms / 1000.0),
                    _ => None,
                })
                .sum();
            prop_assert!((page.stop.sum - stops).abs() < 1e-6);
            for &timing in Timing::ALL {
                let told = told_lengths.get(&(id.clone(), timing)).copied().unwrap_or_default();
                let noted = page.duration(timing);
                prop_assert!((told.as_secs_f64() - noted.sum).abs() < 1e-6);
                let all: Vec<u64> = noted.buckets().map(|(_, count)| count).collect();
                prop_assert!(all.is_sorted() && all.last() <= Some(&noted.count));
            }
            let phase = own.iter().rev().find_map(|e| match e.kind {
                EventKind::PhaseChanged { to, .. } => Some(to),
                _ => None,
            });
            prop_assert_eq!(page.phase, phase.unwrap_or_default());
            prop_assert_eq!(told_phase.get(id).copied().unwrap_or_default(), page.phase);
            prop_assert_eq!(page.healthy, page.phase == Phase::Ready);
        }
    }
}

fn web(run: u64, mono_ms: f64, kind: EventKind) -> Event {
    Event {
        mono_ms,
        sidecar: "web".to_owned(),
        run: RunId(run),
        kind,
    }
}

#[test]
fn a_run_that_recovers_has_started_once_and_keeps_its_uptime() {
    let mut book = Book::default();
    let phase = |to| EventKind::PhaseChanged {
        from: Phase::Idle,
        to,
    };
    book.take(&web(1, 0.0, kind(3, 0.0, 0)));
    book.take(&web(1, 500.0, kind(5, 500.0, 0)));
    book.take(&web(1, 500.0, phase(Phase::Ready)));
    book.take(&web(1, 700.0, phase(Phase::Unhealthy)));
    assert!(!book.snapshot(900.0)["web"].healthy);
    book.take(&web(1, 1000.0, kind(5, 1000.0, 0)));
    book.take(&web(1, 1000.0, phase(Phase::Ready)));
    let page = &book.snapshot(2500.0)["web"];
    assert_eq!((page.start.count, page.start.last), (1, Some(0.5)));
    assert_eq!(page.counters.get(Counter::Ready), 2);
    assert_eq!((page.up, page.healthy), (true, true));
    assert!((page.uptime_seconds - 2.0).abs() < 1e-9);
}

#[test]
fn two_runs_at_a_time_are_up_until_both_have_stopped() {
    let mut book = Book::default();
    book.take(&web(1, 0.0, kind(3, 0.0, 0)));
    book.take(&web(2, 0.0, kind(3, 0.0, 0)));
    book.take(&web(1, 0.0, kind(9, 0.0, 0)));
    assert!(book.snapshot(0.0)["web"].up);
    book.take(&web(2, 0.0, kind(9, 0.0, 0)));
    assert!(!book.snapshot(0.0)["web"].up);
}

#[test]
fn what_no_event_tells_is_counted_too() {
    let mut book = Book::default();
    assert_eq!(book.forced("web", RunId(1)).len(), 1);
    assert_eq!(book.forced("web", RunId(1)).len(), 0, "grace and user both");
    book.forced("web", RunId(2));
    book.checked("web", true);
    book.checked("web", false);
    assert_eq!(
        book.written("web", 5),
        [Measure::Count(Counter::LogLines, 5)]
    );
    assert_eq!(book.written("web", 5), []);
    book.written("web", 7);
    let counters = &book.snapshot(0.0)["web"].counters;
    let got = [
        Counter::ForcedStops,
        Counter::HealthChecks,
        Counter::HealthCheckFailures,
        Counter::LogLines,
    ];
    assert_eq!(got.map(|c| counters.get(c)), [2, 2, 1, 7]);
}
