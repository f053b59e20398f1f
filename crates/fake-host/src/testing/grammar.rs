//! The grammar of events, as `core/mod.rs` of the engine writes it down, held against what real
//! runs tell.
//!
//! A rolling restart has two runs of one sidecar at a time, so each run is followed on its own.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// What was told last of a run, as far as it decides what may come next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum At {
    /// It is being prepared; nothing of it runs.
    #[default]
    Begin,
    Spawned,
    Ready,
    Unhealthy,
    /// It has crashed or found its port taken, and its leader may live.
    Broken,
    /// A stop overtook the spawn of this run.
    Overtaken,
    /// It could not begin, for a reason that may pass.
    NotBegun,
    Stopping,
    Exited,
    /// Its leader has ended, and that was a crash or because of its port.
    ExitedBroken,
    /// Its leader has ended and a stop was told, in either order.
    ExitedStopping,
    Stopped,
    /// Told what follows; of this run there is no more.
    Over,
}

/// Follows one engine's events in order, and panics at the first that may not stand where it does.
#[derive(Debug, Default)]
pub struct Grammar {
    last_ms: f64,
    /// By sidecar and run.
    runs: BTreeMap<(String, u64), At>,
    phases: BTreeMap<String, String>,
    /// Sidecars whose rolling restart lets two runs live side by side.
    rolled: BTreeSet<String>,
}

impl Grammar {
    /// Takes the next event. What is no event of a sidecar is passed over.
    #[track_caller]
    pub fn hear(&mut self, event: &Value) {
        let (Some(kind), Some(sidecar), Some(run)) = (
            event["event"].as_str(),
            event["sidecar"].as_str(),
            event["run"].as_u64(),
        ) else {
            return;
        };
        let now = event["mono_ms"].as_f64().expect("events have a time");
        assert!(now >= self.last_ms, "the clock ran back: {event}");
        self.last_ms = now;
        if kind == "phase_changed" {
            return self.change_phase(sidecar, event);
        }
        if anywhere(kind) {
            return;
        }
        if matches!(kind, "spawned" | "adopted") {
            self.no_other_lives(sidecar, run, event);
        }
        let at = self.runs.entry((sidecar.to_owned(), run)).or_default();
        let next = next(*at, kind);
        *at = next.unwrap_or_else(|| panic!("after {at:?} came {event}"));
    }

    /// Takes several.
    #[track_caller]
    pub fn hear_all<'e>(&mut self, events: impl IntoIterator<Item = &'e Value>) {
        for event in events {
            self.hear(event);
        }
    }

    /// From now on two runs of this sidecar may live at a time.
    pub fn roll(&mut self, sidecar: &str) {
        self.rolled.insert(sidecar.to_owned());
    }

    /// All is down: whatever was spawned has stopped.
    #[track_caller]
    pub fn assert_all_stopped(&self) {
        let lives = |at: &At| {
            !matches!(
                at,
                At::Begin | At::Overtaken | At::NotBegun | At::Stopped | At::Over
            )
        };
        let left: Vec<_> = self.runs.iter().filter(|(_, at)| lives(at)).collect();
        assert!(left.is_empty(), "spawned and never stopped: {left:?}");
    }

    /// A phase begins where the last one has ended.
    #[track_caller]
    fn change_phase(&mut self, sidecar: &str, event: &Value) {
        let word = |key: &str| event[key].as_str().expect("a phase").to_owned();
        let before = self.phases.insert(sidecar.to_owned(), word("to"));
        let before = before.unwrap_or_else(|| "idle".to_owned());
        assert_eq!(word("from"), before, "a phase is missing before {event}");
    }

    /// But for a rolling restart, a new run begins when the tree of the last one is gone.
    #[track_caller]
    fn no_other_lives(&self, sidecar: &str, run: u64, event: &Value) {
        if self.rolled.contains(sidecar) {
            return;
        }
        let other = self.runs.iter().find(|((of, other), at)| {
            of == sidecar
                && *other != run
                && !matches!(at, At::Begin | At::NotBegun | At::Stopped | At::Over)
        });
        // Of a run whose spawn was overtaken and failed there is no more word.
        let lives = other.filter(|(_, at)| **at != At::Overtaken);
        assert!(lives.is_none(), "{lives:?} lives, and yet came {event}");
    }
}

/// What is told beside the life of a run.
fn anywhere(kind: &str) -> bool {
    matches!(
        kind,
        "log"
            | "log_trouble"
            | "cleaned"
            | "kept"
            | "port_held"
            | "guardian_silent"
            | "guardian_answers"
            | "protection_lost"
            | "roll_degraded"
            | "roll_failed"
    )
}

fn next(at: At, kind: &str) -> Option<At> {
    Some(match (at, kind) {
        (At::Begin, "port_chosen" | "waiting_for") => At::Begin,
        (At::Begin, "spawned" | "adopted") => At::Spawned,
        (At::Begin, "crashed") => At::NotBegun,
        (At::Begin, "stopping") | (At::Overtaken, "port_chosen" | "waiting_for") => At::Overtaken,

        (At::Spawned | At::Unhealthy, "ready") => At::Ready,
        (At::Ready, "unhealthy") => At::Unhealthy,
        (At::Spawned | At::Ready | At::Unhealthy, "crashed") | (At::Spawned, "port_taken") => {
            At::Broken
        }
        (At::Overtaken, "spawned" | "adopted")
        | (At::Spawned | At::Ready | At::Unhealthy | At::Broken, "stopping") => At::Stopping,
        (At::Spawned | At::Ready | At::Unhealthy, "exited") => At::Exited,
        (At::Exited, "crashed" | "port_taken") => At::ExitedBroken,
        (At::Stopping, "exited") | (At::Exited | At::ExitedBroken, "stopping") => {
            At::ExitedStopping
        }
        (At::Stopping | At::Exited | At::ExitedBroken | At::ExitedStopping, "stopped")
        | (At::Stopped, "waiting_for") => At::Stopped,

        // What never ran has failed too: its preparation or its spawn, or what it needs, even while
        // it waits for another try.
        (At::Spawned | At::Ready | At::Unhealthy, "released")
        | (At::Stopped | At::NotBegun, "restarting" | "failed")
        | (At::Begin | At::Overtaken, "failed")
        | (At::Over, "failed" | "waiting_for") => At::Over,
        (_, _) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tell(kinds: &str) -> Grammar {
        let mut grammar = Grammar::default();
        for (n, word) in kinds.split_whitespace().enumerate() {
            let (kind, run) = word.split_once(':').unwrap_or((word, "1"));
            grammar.hear(&serde_json::json!({
                "mono_ms": n, "event": kind, "sidecar": "web",
                "run": run.parse::<u64>().expect("a run"),
            }));
        }
        grammar
    }

    #[test]
    fn whole_lives_are_lawful() {
        for life in [
            "port_chosen spawned ready unhealthy ready stopping exited stopped",
            "waiting_for spawned exited crashed stopped restarting spawned:2 stopping:2 stopped:2",
            "spawned crashed stopping exited stopped failed",
            "stopping spawned exited stopped",
            "adopted ready released",
            "adopted exited crashed stopped restarting",
            "port_held failed",
            "port_chosen crashed restarting crashed:2 failed:2",
        ] {
            tell(life).assert_all_stopped();
        }
    }

    #[test]
    fn what_may_not_be_is_found() {
        for wrong in [
            "ready",
            "spawned spawned",
            "adopted spawned",
            "spawned released ready",
            "spawned stopping released",
            "spawned ready ready",
            "spawned exited ready",
            "spawned stopped",
            "spawned exited crashed stopped stopped",
            "spawned exited crashed restarting",
            "crashed spawned",
            "crashed crashed",
            "spawned spawned:2",
            "spawned stopping exited stopped ready",
        ] {
            let told = std::panic::catch_unwind(|| tell(wrong));
            assert!(told.is_err(), "{wrong} was taken for lawful");
        }
        let open = std::panic::catch_unwind(|| tell("spawned ready").assert_all_stopped());
        assert!(open.is_err(), "it has not stopped");
    }
}
