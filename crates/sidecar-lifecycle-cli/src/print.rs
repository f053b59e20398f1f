//! Events for people: one readable line each, in colour where a terminal shows it.

use std::io::IsTerminal;

use sidecar_lifecycle::{Event, EventKind, LogLine, Protection, Stream};

/// How lines are written.
#[derive(Debug, Clone)]
pub(crate) struct Style {
    label: String,
    colour: bool,
}

const RED: &str = "31";
const GREEN: &str = "32";
const YELLOW: &str = "33";
const CYAN: &str = "36";
const DIM: &str = "2";

impl Style {
    /// In colour when stdout is a terminal and nobody asked for none (<https://no-color.org>).
    pub(crate) fn new(label: &str) -> Style {
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
        Style {
            label: label.to_owned(),
            colour: wanted && std::io::stdout().is_terminal(),
        }
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.colour {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }

    /// A line of the sidecar's own output.
    pub(crate) fn log(&self, line: &LogLine) -> String {
        let bar = match line.stream {
            Stream::Stdout => self.paint(DIM, "│"),
            Stream::Stderr => self.paint(YELLOW, "│"),
        };
        let reset = if self.colour { "\u{1b}[0m" } else { "" };
        format!(
            "{} {bar} {}{reset}",
            self.paint(CYAN, &self.label),
            line.line
        )
    }

    /// A line about an event; `None` for those that only programs want.
    pub(crate) fn event(&self, event: &Event) -> Option<String> {
        let (colour, text) = sentence(&event.kind)?;
        Some(format!(
            "{} {} {}",
            self.paint(CYAN, &self.label),
            self.paint(colour, "●"),
            text
        ))
    }
}

fn sentence(kind: &EventKind) -> Option<(&'static str, String)> {
    Some(match kind {
        EventKind::PortChosen { port } => (DIM, format!("port {port}")),
        EventKind::PortHeld { port, holder } => {
            let who = holder
                .command
                .as_deref()
                .unwrap_or("another user's process");
            let pid = holder.pid.map_or(String::new(), |p| format!(" (pid {p})"));
            (YELLOW, format!("port {port} is held by {who}{pid}"))
        }
        EventKind::Cleaned { pid, command, why } => {
            (YELLOW, format!("ended leftover {pid} ({command}): {why}"))
        }
        EventKind::Kept { pid, command, why } => {
            (YELLOW, format!("left alone {pid} ({command}): {why}"))
        }
        EventKind::Spawned {
            pid, protection, ..
        } => {
            let how = match protection {
                Protection::BestEffort => ", best-effort protection",
                _ => "",
            };
            (DIM, format!("started, pid {pid}{how}"))
        }
        EventKind::Ready {
            url,
            start_ms,
            port,
            ..
        } => {
            let place = match (url, port) {
                (Some(url), _) => format!(" at {url}"),
                (None, Some(port)) => format!(" on port {port}"),
                (None, None) => String::new(),
            };
            (GREEN, format!("ready{place} after {start_ms:.0} ms"))
        }
        EventKind::Unhealthy { reason, .. } => (RED, format!("no longer healthy: {reason}")),
        EventKind::Exited {
            code: Some(code),
            asked,
            ..
        } => (
            if *asked { DIM } else { YELLOW },
            format!("exited with code {code}"),
        ),
        EventKind::Exited { signal, asked, .. } => {
            let signal = signal.map_or(String::new(), |s| format!(" {s}"));
            (
                if *asked { DIM } else { YELLOW },
                format!("ended by signal{signal}"),
            )
        }
        EventKind::Crashed {
            reason,
            attempt,
            max,
            ..
        } => (RED, format!("crashed ({attempt} of {max}): {reason}")),
        EventKind::Restarting { delay_ms, .. } => {
            (YELLOW, format!("starting again in {delay_ms:.0} ms"))
        }
        EventKind::Stopping { reason } => (DIM, format!("stopping: {reason}")),
        EventKind::Stopped { survivors, took_ms } if survivors.is_empty() => {
            (DIM, format!("stopped after {took_ms:.0} ms, nothing left"))
        }
        EventKind::Stopped { survivors, .. } => {
            (RED, format!("could not be ended: pids {survivors:?}"))
        }
        EventKind::Failed { reason, .. } => (RED, format!("failed: {reason}")),
        EventKind::LogTrouble { reason } => (
            RED,
            format!("the log file cannot be written: {reason}; output is lost until it can"),
        ),
        EventKind::ProtectionLost { .. } => (
            RED,
            "the guardian was killed: best-effort protection from now on".to_owned(),
        ),
        _ => return None,
    })
}
