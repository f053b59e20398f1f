//! What the engine logs, as lines among the events: some of it is told nowhere else.

use log::{LevelFilter, Log, Metadata, Record};
use serde_json::json;

struct Lines;

impl Log for Lines {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let text = record.args().to_string();
        crate::say(&json!({ "event": "logged", "text": text }).to_string());
    }

    fn flush(&self) {}
}

/// Prints what is of this level or worse from now on.
pub(crate) fn start(level: LevelFilter) {
    // It fails only where there is one already, and this is the first.
    drop(log::set_logger(&Lines).map(|()| log::set_max_level(level)));
}
