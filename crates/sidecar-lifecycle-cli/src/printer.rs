//! Events and lines on stdout.

use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Mutex, PoisonError};

use sidecar_lifecycle::{EventKind, LogLine};

use crate::args::Run;
use crate::outcome::News;
use crate::print::Style;

/// Writes events and lines to stdout, in one of two forms.
pub(crate) struct Printer {
    style: Style,
    label: String,
    json: bool,
    json_log: bool,
    /// The run that the last event was about: what is printed from then on is its output.
    run: AtomicU64,
    news: Mutex<Sender<News>>,
}

impl Printer {
    pub(crate) fn new(args: &Run, label: &str, news: Sender<News>) -> Printer {
        Printer {
            style: Style::new(label),
            label: label.to_owned(),
            json: args.json,
            json_log: args.json_log,
            run: AtomicU64::new(0),
            news: Mutex::new(news),
        }
    }

    /// Prints an event.
    pub(crate) fn event(&self, event: &sidecar_lifecycle::Event) {
        self.run.store(event.run.0, Ordering::Relaxed);
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

    /// Whether lines of the sidecar's own are printed at all.
    pub(crate) fn wants_lines(&self) -> bool {
        self.json_log || !self.json
    }

    /// Prints a line of the sidecar's own.
    pub(crate) fn log(&self, line: &LogLine) {
        if self.json_log {
            let json = serde_json::json!({
                "mono_ms": sidecar_lifecycle::mono_ms(),
                "event": "log",
                "sidecar": self.label,
                "run": self.run.load(Ordering::Relaxed),
                "stream": line.stream,
                "seq": line.seq,
                "line": line.line,
            });
            self.write(&json.to_string());
        } else if !self.json {
            self.write(&self.style.log(line));
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
