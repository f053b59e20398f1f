//! Events for people: one readable line each, in colour where a terminal shows it.

use sidecar_lifecycle::{Event, EventKind, LogLine, Protection, Stream};

use crate::paint::{DIM, GREEN, Paint, RED, YELLOW};

/// How lines are written.
#[derive(Debug, Clone)]
pub(crate) struct Style {
    /// Labels, in the order in which they are given colours.
    labels: Vec<String>,
    /// That of the longest label.
    width: usize,
    paint: Paint,
}

/// Of labels, one after the other. The terminal's own colours, which its user can read; without
/// red and yellow, which mean that something is wrong.
const LABELS: [&str; 6] = ["36", "35", "94", "32", "96", "95"];

impl Style {
    /// For these labels.
    pub(crate) fn new(labels: &[String], paint: Paint) -> Style {
        Style {
            labels: labels.to_vec(),
            width: labels.iter().map(|l| l.chars().count()).max().unwrap_or(0),
            paint,
        }
    }

    /// The label as a column, so that what follows stands below its like.
    fn label(&self, label: &str) -> String {
        let at = self.labels.iter().position(|l| l == label).unwrap_or(0);
        let width = self.width;
        let label = format!("{label:<width$}");
        self.paint.paint(LABELS[at % LABELS.len()], &label)
    }

    /// A line of a sidecar's own output.
    pub(crate) fn log(&self, label: &str, line: &LogLine) -> String {
        let bar = match line.stream {
            Stream::Stdout => self.paint.paint(DIM, "│"),
            Stream::Stderr => self.paint.paint(YELLOW, "│"),
        };
        // What the line has left on would run into the next one.
        let reset = self.paint.reset();
        format!("{} {bar} {}{reset}", self.label(label), line.line)
    }

    /// A line about an event; `None` for those that only programs want.
    pub(crate) fn event(&self, event: &Event) -> Option<String> {
        let (colour, text) = sentence(&event.kind)?;
        let (label, dot) = (self.label(&event.sidecar), self.paint.paint(colour, "●"));
        Some(format!("{label} {dot} {text}"))
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
        EventKind::WaitingFor { sidecars } => (DIM, format!("waiting for {}", sidecars.join(", "))),
        EventKind::PortTaken { port } => (
            YELLOW,
            format!("port {port} was taken meanwhile: another one is tried"),
        ),
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
        EventKind::Adopted { pid, .. } => (DIM, format!("runs already, pid {pid}: taken over")),
        EventKind::Released { pid } => (DIM, format!("left running, pid {pid}")),
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
        } => {
            let is_fine = *asked || *code == 0;
            let text = format!("exited with code {code}");
            (if is_fine { DIM } else { YELLOW }, text)
        }
        EventKind::Exited { signal, asked, .. } => {
            let signal = signal.map_or(String::new(), |s| format!(" {s}"));
            let text = format!("ended by signal{signal}");
            (if *asked { DIM } else { YELLOW }, text)
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
        EventKind::LogTrouble { reason } => (RED, format!("the log file: {reason}")),
        EventKind::ProtectionLost { protection } => {
            let left = match protection {
                Protection::Guardian => "one of two guardians was killed: the other goes on",
                _ => "the guardian was killed: best-effort protection from now on",
            };
            (RED, left.to_owned())
        }
        EventKind::GuardianSilent { reason } => (RED, reason.clone()),
        EventKind::GuardianAnswers { waited_ms } => (
            DIM,
            format!("the guardian goes on after {:.0} s", waited_ms / 1000.0),
        ),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use sidecar_lifecycle::RunId;

    use super::*;

    fn started(sidecar: &str) -> Event {
        Event::new(sidecar, RunId(1), EventKind::PortChosen { port: 80 })
    }

    #[test]
    fn trouble_with_the_log_file_is_told_as_the_reason_has_it() {
        let style = Style::new(&["web".to_owned()], Paint::plain(None));
        let mut event = started("web");
        event.kind = EventKind::LogTrouble {
            reason: "it cannot be rotated and goes on growing for now: no".to_owned(),
        };
        let line = style.event(&event).expect("it is told");
        let text = "web ● the log file: it cannot be rotated and goes on growing for now: no";
        assert_eq!(line, text, "nothing is lost by it");
    }

    #[test]
    fn labels_are_a_column() {
        let style = Style::new(&["db".to_owned(), "worker".to_owned()], Paint::plain(None));
        let line = |label| style.event(&started(label)).expect("it is told");
        assert_eq!(line("db"), "db     ● port 80");
        assert_eq!(line("worker"), "worker ● port 80");
        assert_eq!(line("a leftover's"), "a leftover's ● port 80", "not cut");
    }

    #[test]
    fn each_label_has_a_colour_of_its_own_and_keeps_it() {
        let labels: Vec<String> = (0..LABELS.len()).map(|n| format!("s{n}")).collect();
        let style = Style::new(&labels, Paint::coloured());
        let line = |label: &str| style.event(&started(label)).expect("it is told");
        let colour = |label: &String| {
            let line = line(label);
            line[..line.find('m').expect("a colour")].to_owned()
        };
        let mut colours: Vec<String> = labels.iter().map(colour).collect();
        assert_eq!(colours, labels.iter().map(colour).collect::<Vec<_>>());
        colours.sort_unstable();
        colours.dedup();
        assert_eq!(colours.len(), labels.len());
    }
}
