//! What was found, for people and for programs.

use std::fmt::Write as _;

use serde::Serialize;

use crate::paint::{BOLD, DIM, GREEN, Paint, RED, YELLOW};
use crate::words::wrap;

/// How much it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Level {
    /// As it should be.
    Ok,
    /// Nothing that anybody needs.
    Note,
    /// It may be in the way one day, or of somebody.
    Warning,
    /// It would keep the project from starting.
    Error,
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
pub(crate) struct Check {
    pub(crate) id: &'static str,
    pub(crate) level: Level,
    pub(crate) says: String,
    /// What to do about it.
    pub(crate) helps: Option<String>,
    /// Of tools: what the caller's environment has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) found: Option<Found>,
    /// Of tools: what the login shell's has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) login: Option<Found>,
}

/// A tool's file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Found {
    pub(crate) path: String,
    /// `path`, or the name of the tool in whose folder it was found.
    pub(crate) via: String,
    pub(crate) version: Option<String>,
}

impl Check {
    pub(crate) fn new(id: &'static str, level: Level, says: impl Into<String>) -> Check {
        Check {
            id,
            level,
            says: says.into(),
            helps: None,
            found: None,
            login: None,
        }
    }

    pub(crate) fn helped_by(self, helps: impl Into<String>) -> Check {
        Check {
            helps: Some(helps.into()),
            ..self
        }
    }
}

/// Everything that was looked at.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) folder: String,
    /// Whether nothing would keep the project from starting.
    pub(crate) ok: bool,
    pub(crate) checks: Vec<Check>,
}

/// The widest id, and a gap.
const INDENT: usize = 17;

impl Report {
    pub(crate) fn new(folder: String, checks: Vec<Check>) -> Report {
        let ok = checks.iter().all(|check| check.level < Level::Error);
        Report { folder, ok, checks }
    }

    pub(crate) fn readable(&self, paint: Paint) -> String {
        let mut text = format!("{}\n\n", paint.paint(BOLD, &self.folder));
        for check in &self.checks {
            let (colour, mark) = match check.level {
                Level::Ok => (GREEN, "✓"),
                Level::Note => (DIM, "–"),
                Level::Warning => (YELLOW, "!"),
                Level::Error => (RED, "✗"),
            };
            let mut lines = wrapped(&check.says, paint.width).into_iter();
            let first = lines.next().unwrap_or_default();
            let id = format!("{:<width$}", check.id, width = INDENT - 3);
            // Writing to a string cannot fail, here and below.
            let _ = writeln!(text, "{} {id} {first}", paint.paint(colour, mark));
            for line in lines {
                let _ = writeln!(text, "{:INDENT$}{line}", "");
            }
            for line in check
                .helps
                .iter()
                .flat_map(|help| wrapped(help, paint.width))
            {
                let _ = writeln!(text, "{:INDENT$}{}", "", paint.paint(DIM, &line));
            }
        }
        let _ = writeln!(text, "\n{}", self.summary(paint));
        text
    }

    fn summary(&self, paint: Paint) -> String {
        let count = |level| {
            self.checks
                .iter()
                .filter(|check| check.level == level)
                .count()
        };
        match (count(Level::Error), count(Level::Warning)) {
            (0, 0) => paint.paint(GREEN, "Nothing stands in the way."),
            (0, 1) => "Nothing keeps it from starting; one thing is worth a look.".to_owned(),
            (0, n) => format!("Nothing keeps it from starting; {n} things are worth a look."),
            (1, _) => paint.paint(RED, "One thing would keep it from starting."),
            (n, _) => paint.paint(RED, &format!("{n} things would keep it from starting.")),
        }
    }
}

/// Lines that leave room for the indent.
fn wrapped(text: &str, width: Option<usize>) -> Vec<String> {
    wrap(
        text,
        width.map_or(usize::MAX, |width| width.saturating_sub(INDENT).max(20)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_sentences_are_wrapped_below_themselves_and_paths_stay_whole() {
        let says = "20.1.0 at /home/ana/.nvm/versions/node/v20.1.0/bin/node, on the PATH";
        let check = Check::new("node", Level::Warning, says).helped_by("switch to another one");
        let report = Report::new("/shop".into(), vec![check]);
        let narrow = "/shop\n\n\
             ! node           20.1.0 at\n                 \
             /home/ana/.nvm/versions/node/v20.1.0/bin/node,\n                 \
             on the PATH\n                 \
             switch to another one\n\n\
             Nothing keeps it from starting; one thing is worth a look.\n";
        assert_eq!(report.readable(Paint::plain(Some(50))), narrow);
        assert!(report.ok);
    }

    #[test]
    fn an_error_decides() {
        let checks = [Level::Ok, Level::Warning, Level::Error].map(|l| Check::new("x", l, "y"));
        let report = Report::new(String::new(), checks.into());
        assert!(!report.ok);
        let text = report.readable(Paint::plain(None));
        assert!(
            text.ends_with("\n\nOne thing would keep it from starting.\n"),
            "{text}"
        );
    }
}
