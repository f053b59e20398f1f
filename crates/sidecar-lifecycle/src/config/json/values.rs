//! Values: what each kind looks like in JSON.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use super::fields::{FromJson, Item};
use super::nearest::nearest;
use super::node::Kind;
use crate::config::{StdinMode, StdoutMode, parse_duration};
use crate::core::{Condition, Leftovers, OnDependencyRestart, Restart};
use crate::ports::PortWish;
use crate::sys::signal_named;

impl FromJson for String {
    fn read(item: &Item<'_>) -> Option<String> {
        match &item.node.kind {
            Kind::Text(text) => Some(text.clone()),
            _ => item.expected("a text"),
        }
    }
}

impl FromJson for bool {
    fn read(item: &Item<'_>) -> Option<bool> {
        match item.node.kind {
            Kind::Bool(it) => Some(it),
            _ => item.expected("true or false"),
        }
    }
}

impl<T: FromJson> FromJson for Vec<T> {
    fn read(item: &Item<'_>) -> Option<Vec<T>> {
        let Kind::List(nodes) = &item.node.kind else {
            return item.expected("a list: `[ … ]`");
        };
        let elements = nodes.iter().enumerate();
        // All of them, so that all mistakes are told.
        let read: Vec<Option<T>> = elements
            .map(|(n, node)| T::read(&item.element(n, node)))
            .collect();
        read.into_iter().collect()
    }
}

impl FromJson for BTreeMap<String, String> {
    fn read(item: &Item<'_>) -> Option<BTreeMap<String, String>> {
        let text = |item: &Item<'_>| match &item.node.kind {
            Kind::Text(text) => Some(text.clone()),
            _ => item.expected("a text: write numbers and switches in quotes"),
        };
        let entries = item.entries()?.into_iter();
        let read: Vec<Option<(String, String)>> = entries
            .map(|(key, item)| text(&item).map(|text| (key.to_owned(), text)))
            .collect();
        read.into_iter().collect()
    }
}

/// Up to here a floating-point number holds every whole one: 2^53.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// A whole number within bounds.
fn whole<T: TryFrom<i64>>(item: &Item<'_>, first: i64, last: i64) -> Option<T> {
    let number = match &item.node.kind {
        Kind::Number(number) => number.as_i64().or_else(|| {
            // JSON knows one kind of number: 5.0 is a whole one.
            let float = number.as_f64().filter(|it| it.fract() == 0.0);
            float.filter(|it| it.abs() <= EXACT).map(|it| it as i64)
        }),
        _ => None,
    };
    let fitting = number.filter(|it| (first..=last).contains(it));
    match fitting.and_then(|it| T::try_from(it).ok()) {
        Some(it) => Some(it),
        None => item.expected(&format!("a whole number from {first} to {last}")),
    }
}

/// A port: every number of this size is one here, and port 0 means any to the system.
impl FromJson for u16 {
    fn read(item: &Item<'_>) -> Option<u16> {
        whole(item, 1, u16::MAX.into())
    }
}

impl FromJson for u32 {
    fn read(item: &Item<'_>) -> Option<u32> {
        whole(item, 0, u32::MAX.into())
    }
}

/// As far as every JSON reader is exact.
impl FromJson for u64 {
    fn read(item: &Item<'_>) -> Option<u64> {
        whole(item, 0, 1 << 53)
    }
}

impl FromJson for i32 {
    fn read(item: &Item<'_>) -> Option<i32> {
        whole(item, i32::MIN.into(), i32::MAX.into())
    }
}

/// `250ms`, `5s`, `2m`.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(inline))]
pub(super) struct Time(
    #[cfg_attr(test, schemars(with = "String", regex(pattern = r"^[0-9]+(ms|s|m)$")))]
    pub(super)  Duration,
);

impl FromJson for Time {
    fn read(item: &Item<'_>) -> Option<Time> {
        let Kind::Text(text) = &item.node.kind else {
            return item.expected("a duration such as \"250ms\", \"5s\" or \"2m\"");
        };
        match parse_duration(text) {
            Ok(time) => Some(Time(time)),
            Err(e) => {
                item.say(e.to_string());
                None
            }
        }
    }
}

/// A file or folder.
#[derive(Debug, Clone)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(inline))]
pub(super) struct FilePath(
    #[cfg_attr(test, schemars(with = "String", regex(pattern = r"^[^\u0000]+$")))]
    pub(super)  PathBuf,
);

impl FromJson for FilePath {
    fn read(item: &Item<'_>) -> Option<FilePath> {
        match &item.node.kind {
            Kind::Text(text) if !text.is_empty() && !text.contains('\0') => {
                Some(FilePath(text.into()))
            }
            _ => item.expected("a path"),
        }
    }
}

impl FromJson for PortWish {
    fn read(item: &Item<'_>) -> Option<PortWish> {
        match &item.node.kind {
            Kind::Number(_) => u16::read(item).map(PortWish::Fixed),
            Kind::Text(text) => match text.parse() {
                Ok(wish) => Some(wish),
                Err(e) => {
                    item.say(e.to_string());
                    None
                }
            },
            _ => item.expected("a port, a range such as \"4000-4010\", or \"auto\""),
        }
    }
}

/// The first port and the last, both included.
#[derive(Debug, Clone, Copy)]
pub(super) struct PortRange(pub(super) PortWish);

impl FromJson for PortRange {
    fn read(item: &Item<'_>) -> Option<PortRange> {
        let Kind::Text(text) = &item.node.kind else {
            return item.expected("a range such as \"4000-4010\"");
        };
        match text.parse() {
            Ok(wish @ PortWish::Range(..)) => Some(PortRange(wish)),
            _ => item.expected("a range such as \"4000-4010\""),
        }
    }
}

/// A signal, by its name or number.
#[derive(Debug, Clone, Copy)]
pub(super) struct Signal(pub(super) i32);

/// Those that programs take as a wish to end.
pub(super) const SIGNALS: [&str; 9] = [
    "HUP", "INT", "QUIT", "KILL", "USR1", "USR2", "ALRM", "TERM", "WINCH",
];

impl FromJson for Signal {
    fn read(item: &Item<'_>) -> Option<Signal> {
        let Kind::Text(text) = &item.node.kind else {
            return whole(item, 1, 64).map(Signal);
        };
        let name = text.strip_prefix("SIG").unwrap_or(text);
        let known = SIGNALS.iter().find(|known| **known == name);
        match known.and_then(|name| signal_named(name)) {
            Some(signal) => Some(Signal(signal)),
            None => unknown(item, name, &SIGNALS),
        }
    }
}

/// One of some words.
fn choice<T: Copy>(item: &Item<'_>, choices: &[(&str, T)]) -> Option<T> {
    let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
    let Kind::Text(text) = &item.node.kind else {
        return item.expected(&format!("one of {}", words.join(", ")));
    };
    match choices.iter().find(|(word, _)| word == text) {
        Some((_, value)) => Some(*value),
        None => unknown(item, text, &words),
    }
}

/// Reports a word that is none of those that are known.
pub(super) fn unknown<T>(item: &Item<'_>, word: &str, known: &[&str]) -> Option<T> {
    match nearest(word, known.iter().copied()) {
        Some(near) => item.say(format!("there is no such value; did you mean `{near}`?")),
        None => item.say(format!(
            "there is no such value; the values are {}",
            known.join(", ")
        )),
    }
    None
}

impl FromJson for Restart {
    fn read(item: &Item<'_>) -> Option<Restart> {
        let choices = [
            ("never", Restart::Never),
            ("on-failure", Restart::OnFailure),
            ("always", Restart::Always),
        ];
        choice(item, &choices)
    }
}

impl FromJson for OnDependencyRestart {
    fn read(item: &Item<'_>) -> Option<OnDependencyRestart> {
        let choices = [
            ("restart", OnDependencyRestart::Restart),
            ("ignore", OnDependencyRestart::Ignore),
        ];
        choice(item, &choices)
    }
}

impl FromJson for Condition {
    fn read(item: &Item<'_>) -> Option<Condition> {
        let choices = [
            ("started", Condition::Started),
            ("ready", Condition::Ready),
            ("completed", Condition::Completed),
        ];
        choice(item, &choices)
    }
}

impl FromJson for StdinMode {
    fn read(item: &Item<'_>) -> Option<StdinMode> {
        let choices = [
            ("silent", StdinMode::Silent),
            ("null", StdinMode::Null),
            ("piped", StdinMode::Piped),
        ];
        choice(item, &choices)
    }
}

impl FromJson for StdoutMode {
    fn read(item: &Item<'_>) -> Option<StdoutMode> {
        choice(
            item,
            &[("lines", StdoutMode::Lines), ("raw", StdoutMode::Raw)],
        )
    }
}

impl FromJson for Leftovers {
    fn read(item: &Item<'_>) -> Option<Leftovers> {
        let choices = [
            ("end", Leftovers::End),
            ("keep", Leftovers::Keep),
            ("adopt", Leftovers::Adopt),
        ];
        choice(item, &choices)
    }
}
