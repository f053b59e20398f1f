//! Errors that name the key and the line.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use sidecar_lifecycle::config::nearest;

/// What is wrong with a configuration, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub struct ConfigError {
    /// The file that was read.
    pub file: PathBuf,
    /// The key, with those around it (`env.PORT`, `command[1]`); `None` if it is no matter of one.
    pub key: Option<String>,
    /// The line, counted from 1; `None` where the configuration came without its text.
    pub line: Option<usize>,
    /// What is wrong and what helps.
    pub problem: String,
    /// What the system says, if it is the file that cannot be read.
    pub(crate) unreadable: Option<String>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        if let Some(key) = &self.key {
            write!(f, ", key `{key}`")?;
        }
        write!(f, ": {}", self.problem)
    }
}

impl ConfigError {
    pub(super) fn unreadable(file: &Path, error: &io::Error) -> ConfigError {
        let problem = format!("it cannot be read: {error}");
        ConfigError {
            file: file.to_path_buf(),
            key: None,
            line: None,
            problem,
            unreadable: Some(error.to_string()),
        }
    }

    pub(super) fn of(
        file: &Path,
        text: Option<&str>,
        error: &serde_path_to_error::Error<serde_json::Error>,
    ) -> ConfigError {
        let inner = error.inner();
        let is_syntax = inner.is_syntax() || inner.is_eof();
        let path = error.path().to_string();
        let message = message(inner);
        let problem = match text {
            Some(text) if is_syntax => syntax(text, inner),
            _ => explain(&message),
        };
        // For these the path ends at the object; the key is in the message.
        let named = ["unknown field", "duplicate field"]
            .iter()
            .any(|it| message.starts_with(it));
        let key = match quoted(&message).first() {
            Some(name) if named && path != *name && !path.ends_with(&format!(".{name}")) => {
                if path == "." {
                    (*name).to_owned()
                } else {
                    format!("{path}.{name}")
                }
            }
            _ => path,
        };
        ConfigError {
            file: file.to_path_buf(),
            key: (!is_syntax && key != ".").then_some(key),
            line: text
                .is_some()
                .then(|| inner.line())
                .filter(|line| *line > 0),
            problem,
            unreadable: None,
        }
    }

    pub(super) fn after_the_end(file: &Path, text: &str, error: &serde_json::Error) -> ConfigError {
        ConfigError {
            file: file.to_path_buf(),
            key: None,
            line: Some(error.line()),
            problem: syntax(text, error),
            unreadable: None,
        }
    }
}

/// The message without its place, which is told apart from it.
fn message(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    text.strip_suffix(&place).unwrap_or(&text).to_owned()
}

fn syntax(text: &str, error: &serde_json::Error) -> String {
    let line = text
        .lines()
        .nth(error.line().saturating_sub(1))
        .unwrap_or_default();
    let at = error.column().saturating_sub(1);
    let comment = line.as_bytes().get(at) == Some(&b'/');
    let help = if comment {
        "; comments are not allowed here"
    } else {
        ""
    };
    format!("it is not valid JSON: {}{help}", message(error))
}

/// serde's sentences, made helpful. They quote names in backticks, the wrong one first.
fn explain(message: &str) -> String {
    let names = quoted(message);
    let (what, kind) = if message.starts_with("unknown field") {
        ("there is no such key", "keys")
    } else if message.starts_with("unknown variant") {
        ("there is no such value", "values")
    } else {
        return message.to_owned();
    };
    let Some((wrong, known)) = names.split_first() else {
        return message.to_owned();
    };
    match nearest(wrong, known.iter().copied()) {
        Some(near) => format!("{what}; did you mean `{near}`?"),
        None => format!("{what}; the {kind} are {}", known.join(", ")),
    }
}

fn quoted(message: &str) -> Vec<&str> {
    message.split('`').skip(1).step_by(2).collect()
}
