//! Events and lines on stdout.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Mutex, PoisonError};

use sidecar_lifecycle::{EventKind, LogLine};

use crate::args::Run;
use crate::outcome::News;
use crate::paint::Paint;
use crate::print::Style;

/// Writes events and lines to stdout, in one of two forms.
pub(crate) struct Printer {
    style: Style,
    json: bool,
    json_log: bool,
    /// By label, the run that the last event was about: what is printed from then on is its
    /// output.
    runs: BTreeMap<String, AtomicU64>,
    news: Mutex<Sender<News>>,
}

impl Printer {
    pub(crate) fn new(args: &Run, labels: &[String], news: Sender<News>) -> Printer {
        let runs = labels
            .iter()
            .map(|label| (label.clone(), AtomicU64::new(0)));
        Printer {
            style: Style::new(labels, Paint::of_stdout()),
            json: args.json,
            json_log: args.json_log,
            runs: runs.collect(),
            news: Mutex::new(news),
        }
    }

    /// Prints an event.
    pub(crate) fn event(&self, event: &sidecar_lifecycle::Event) {
        if let Some(run) = self.runs.get(&event.sidecar) {
            run.store(event.run.0, Ordering::Relaxed);
        }
        if matches!(event.kind, EventKind::PhaseChanged { .. }) {
            return;
        }
        if self.json {
            match serde_json::to_string(event) {
                Ok(line) => self.write(&line),
                Err(e) => log_error(&e),
            }
        } else if let Some(line) = self.style.event(event) {
            self.write(&line);
        }
    }

    /// Whether lines of the sidecars' own are printed at all.
    pub(crate) fn wants_lines(&self) -> bool {
        self.json_log || !self.json
    }

    /// Prints a line of a sidecar's own.
    pub(crate) fn log(&self, label: &str, line: &LogLine) {
        if self.json_log {
            let run = self.runs.get(label);
            let json = serde_json::json!({
                "mono_ms": sidecar_lifecycle::mono_ms(),
                "event": "log",
                "sidecar": label,
                "run": run.map_or(0, |run| run.load(Ordering::Relaxed)),
                "stream": line.stream,
                "seq": line.seq,
                "line": line.line,
            });
            self.write(&json.to_string());
        } else if !self.json {
            self.write(&self.style.log(label, line));
        }
    }

    /// The terminal has written `^C`: what comes next begins a line of its own.
    pub(crate) fn interrupted(&self) {
        if !self.json && io::stdout().is_terminal() {
            self.write("");
        }
    }

    fn write(&self, line: &str) {
        let mut out = io::stdout().lock();
        let written = out
            .write_all(line.as_bytes())
            .and_then(|()| out.write_all(b"\n"))
            .and_then(|()| out.flush());
        if written.is_err() {
            let news = self.news.lock().unwrap_or_else(PoisonError::into_inner);
            let _ = news.send(News::ReaderGone); // The main thread has ended.
        }
    }
}

#[expect(clippy::print_stderr, reason = "stdout carries the events")]
fn log_error(e: &serde_json::Error) {
    eprintln!("sidecar: cannot write an event: {e}");
}
