//! What the world is told, in order, as one stream.

use serde::Serialize;
use serde::ser::Serializer;

use crate::core::{Phase, RunId};
use crate::ports::Holder;

/// How well sidecars are protected against the death of their host.
///
/// ```
/// use sidecar_lifecycle::Protection;
///
/// assert_eq!(serde_json::to_string(&Protection::BestEffort)?, r#""best_effort""#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Protection {
    /// The kernel ends the trees (a Windows job object).
    Kernel,
    /// The same as `Guardian`, and a second one ends the trees when host and guardian die together.
    GuardianWithStandby,
    /// A guardian process outlives the host and ends the trees.
    Guardian,
    /// Leaders die with the host on Linux; the rest is swept at the next start.
    BestEffort,
}

/// Something that happened to a sidecar.
///
/// As JSON it is one flat object: `{"mono_ms": …, "event": …, "sidecar": …, "run": …, …}`.
///
/// ```
/// use sidecar_lifecycle::{Event, EventKind, RunId};
///
/// let mut event = Event::new("web", RunId(1), EventKind::PortChosen { port: 5173 });
/// event.mono_ms = 1234.567;
/// assert_eq!(
///     serde_json::to_value(&event)?,
///     serde_json::json!({
///         "mono_ms": 1234.567, "sidecar": "web", "run": 1, "event": "port_chosen", "port": 5173
///     })
/// );
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "SidecarEvent"))]
#[non_exhaustive]
pub struct Event {
    /// `CLOCK_MONOTONIC` in milliseconds, to the microsecond.
    pub mono_ms: f64,
    /// The sidecar's id.
    pub sidecar: String,
    /// The run it is about; 0 before the first.
    pub run: RunId,
    /// What happened.
    #[serde(flatten)]
    pub kind: EventKind,
}

impl Event {
    /// An event of this moment. The engine makes them; others may want one for their own tests.
    ///
    /// ```
    /// use sidecar_lifecycle::{Event, EventKind, RunId, mono_ms};
    ///
    /// let event = Event::new("web", RunId(1), EventKind::PortChosen { port: 5173 });
    /// assert_eq!((event.sidecar.as_str(), event.run), ("web", RunId(1)));
    /// assert!(event.mono_ms <= mono_ms());
    /// ```
    pub fn new(sidecar: impl Into<String>, run: RunId, kind: EventKind) -> Event {
        Event {
            mono_ms: crate::mono_ms(),
            sidecar: sidecar.into(),
            run,
            kind,
        }
    }
}

/// What happened.
///
/// The grammar of one run: `waiting_for? port_chosen? (spawned | adopted) (ready (unhealthy ready)*
/// unhealthy?)? (exited | stopping)* (crashed | port_taken)? (stopped | released)`, then
/// `restarting`, `failed` or nothing. A start that fails for a reason that may pass (too many open files) has a `crashed`
/// and no `spawned`. The order of `exited`, `stopping` and `crashed` or `port_taken` tells what came
/// first. Each `spawned` and each `adopted` is followed by exactly one `stopped` or, when the host
/// exits and the sidecar is to outlive it, `released`. `port_held`, `cleaned`,
/// `kept`, `log_trouble`, `protection_lost`, `guardian_silent`, `guardian_answers`,
/// `roll_degraded`, `roll_failed` and `phase_changed` may stand anywhere. In a rolling restart two
/// runs live at once, and each of them follows the grammar by itself.
/// [`core`](crate::core) has the whole of it.
///
/// ```
/// use sidecar_lifecycle::EventKind;
///
/// fn line(kind: &EventKind) -> Option<String> {
///     match kind {
///         EventKind::Ready { url: Some(url), start_ms, .. } => {
///             Some(format!("{url} after {start_ms:.0} ms"))
///         }
///         EventKind::Crashed { reason, attempt, max, .. } => {
///             Some(format!("crashed ({attempt} of {max}): {reason}"))
///         }
///         _ => None, // More may come.
///     }
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum EventKind {
    /// A port was picked and tested.
    PortChosen {
        /// The port.
        port: u16,
    },
    /// A port that was wanted has a holder.
    PortHeld {
        /// The port.
        port: u16,
        /// Who holds it.
        holder: Holder,
    },
    /// A leftover of a dead instance was ended.
    Cleaned {
        /// Its pid.
        pid: u32,
        /// Its command line.
        command: String,
        /// How it was known to be ours.
        why: String,
    },
    /// A process was found that is not ours to end.
    Kept {
        /// Its pid.
        pid: u32,
        /// Its command line.
        command: String,
        /// Why it was released.
        why: String,
    },
    /// The leader runs.
    Spawned {
        /// The leader.
        pid: u32,
        /// The chosen port.
        port: Option<u16>,
        /// What protects it.
        protection: Protection,
    },
    /// In place of `spawned`: an earlier host has left it running, and it is looked after from now
    /// on. See [`SidecarBuilder::leftovers`](crate::SidecarBuilder::leftovers).
    Adopted {
        /// The leader.
        pid: u32,
        /// The port that it was given.
        port: Option<u16>,
    },
    /// In place of `stopped`: the host exits and leaves it running, as it was meant to.
    Released {
        /// The leader.
        pid: u32,
    },
    /// It waits for these sidecars before it begins.
    WaitingFor {
        /// Their names.
        sidecars: Vec<String>,
    },
    /// It was to be replaced without a gap, which cannot be; a restart follows.
    RollDegraded {
        /// Why.
        reason: String,
    },
    /// It was not replaced; it serves on.
    RollFailed {
        /// Why.
        reason: String,
    },
    /// It has found its port taken; the next run begins at once, on another one.
    PortTaken {
        /// The port.
        port: u16,
    },
    /// The checks passed and the listener is ours; told again when it has recovered from
    /// `unhealthy`.
    Ready {
        /// The leader.
        pid: u32,
        /// The port that answers, which may differ from the chosen one.
        port: Option<u16>,
        /// The URL to show.
        url: Option<String>,
        /// From the spawn to now, in milliseconds.
        start_ms: f64,
    },
    /// Liveness or readiness failed. Lost liveness ends the run at once; without readiness it runs
    /// on.
    Unhealthy {
        /// The leader.
        pid: u32,
        /// The port that answered when it was ready.
        port: Option<u16>,
        /// Its URL.
        url: Option<String>,
        /// What the check said.
        reason: String,
    },
    /// The leader ended. Its tree may still live: see `stopped`.
    Exited {
        /// Its exit code, unless a signal ended it. Neither is known of one that was adopted: a
        /// system tells only the parent.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        code: Option<i32>,
        /// The signal that ended it.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        signal: Option<i32>,
        /// Whether a stop came first.
        asked: bool,
    },
    /// It ended without being asked to, never became ready, or stopped answering; or it could not be
    /// started for a reason that may pass.
    Crashed {
        /// What happened, in words.
        reason: String,
        /// Crashes within the restart window, this one included.
        attempt: u32,
        /// After how many it is given up.
        max: u32,
        /// The leader's exit code; none when a signal ended it, or when it had not ended.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        code: Option<i32>,
        /// The signal that ended the leader.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        signal: Option<i32>,
        /// Its last lines, oldest first.
        last_lines: Vec<String>,
    },
    /// A new run follows.
    Restarting {
        /// Crashes within the restart window.
        attempt: u32,
        /// After how many it is given up.
        max: u32,
        /// The delay before it, in milliseconds.
        delay_ms: f64,
    },
    /// Intent is recorded; the first signal comes next.
    Stopping {
        /// Why.
        reason: String,
    },
    /// The whole tree is gone and reaped, or force failed.
    Stopped {
        /// Pids that could not be ended. In JSON 0 when there are none.
        #[serde(serialize_with = "zero_or_pids")]
        #[cfg_attr(test, ts(type = "0 | number[]"))]
        survivors: Vec<u32>,
        /// From the first signal, or from the leader's own end, to now, in milliseconds.
        took_ms: f64,
    },
    /// Given up.
    Failed {
        /// Why.
        reason: String,
        /// Its last lines, oldest first.
        last_lines: Vec<String>,
    },
    /// The log file cannot be written; the sidecar lives on and its output is thrown away until
    /// writing works again. Or it can be written but not rotated or kept aside, or there is no
    /// room to begin it, as the reason says then. Told once, and again when it happens again after it has worked.
    LogTrouble {
        /// What cannot be done, what that means for the output, and what the system answers.
        reason: String,
    },
    /// The guardian died. Its runs' leaders died with it, and the rest is ended by its standby, or
    /// else by the host, which goes on without a guardian. Or the standby died: then all goes on.
    ProtectionLost {
        /// What protects new runs.
        protection: Protection,
    },
    /// The guardian has not answered an order about this run in time (5 s). Nothing is ordered
    /// again: what it was asked is done when it goes on.
    GuardianSilent {
        /// What that means.
        reason: String,
    },
    /// It has answered after all.
    GuardianAnswers {
        /// How long the order has waited, in milliseconds.
        waited_ms: f64,
    },
    /// The observed phase changed. For programs that show it; the headless command does not
    /// print it, since every change but this one has an event of its own.
    PhaseChanged {
        /// Before.
        from: Phase,
        /// Now.
        to: Phase,
    },
}

fn zero_or_pids<S: Serializer>(pids: &[u32], s: S) -> Result<S::Ok, S::Error> {
    if pids.is_empty() {
        s.serialize_u32(0)
    } else {
        s.collect_seq(pids)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_json_is_flat_and_says_zero_survivors() {
        let event = Event {
            mono_ms: 1234.567,
            sidecar: "web".into(),
            run: RunId(1),
            kind: EventKind::Stopped {
                survivors: vec![],
                took_ms: 2.5,
            },
        };
        let json = serde_json::to_value(&event).unwrap();
        let expected = serde_json::json!({
            "mono_ms": 1234.567, "sidecar": "web", "run": 1,
            "event": "stopped", "survivors": 0, "took_ms": 2.5
        });
        assert_eq!(json, expected);
    }

    #[test]
    fn an_exit_has_a_code_or_a_signal_but_never_both() {
        let kind = EventKind::Exited {
            code: None,
            signal: Some(9),
            asked: true,
        };
        let json = serde_json::to_value(&kind).unwrap();
        assert_eq!(
            json,
            serde_json::json!({"event": "exited", "signal": 9, "asked": true})
        );
    }
}
