//! Values with rules of their own. A rule is checked while the parser still stands at the value,
//! so that an error has the value's line: one raised later would have that of the closing brace.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use serde::Deserialize;
use serde::de::{Deserializer, Error, Unexpected, Visitor};
use sidecar_lifecycle::config::parse_duration;

pub(super) fn port<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u16>, D::Error> {
    Ok(Option::<Port>::deserialize(deserializer)?.map(|Port(port)| port))
}

pub(super) fn path<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<Checked<StartPath>>::deserialize(deserializer)?.map(|path| path.0))
}

pub(super) fn duration<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Duration>, D::Error> {
    Ok(Option::<Checked<Time>>::deserialize(deserializer)?.map(|time| time.0))
}

pub(super) fn env<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, String>, D::Error> {
    let env = BTreeMap::<Checked<Name>, Checked<Value>>::deserialize(deserializer)?;
    Ok(env
        .into_iter()
        .map(|(name, value)| (name.0, value.0))
        .collect())
}

/// A port that can be asked for.
struct Port(u16);

impl<'de> Deserialize<'de> for Port {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Port, D::Error> {
        struct PortVisitor;
        impl Visitor<'_> for PortVisitor {
            type Value = Port;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a port from 1 to 65535")
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Port, E> {
                let port = u16::try_from(number).ok().filter(|port| *port > 0);
                port.map(Port)
                    .ok_or_else(|| E::invalid_value(Unexpected::Unsigned(number), &self))
            }
        }
        deserializer.deserialize_u64(PortVisitor)
    }
}

/// A rule for a text.
trait Rule {
    type Output;
    const EXPECTED: &str;
    fn check(text: &str) -> Result<Self::Output, String>;
}

/// A text that keeps to a rule.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Checked<R: Rule>(R::Output);

impl<'de, R: Rule> Deserialize<'de> for Checked<R> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor<R>(PhantomData<R>);
        impl<R: Rule> Visitor<'_> for TextVisitor<R> {
            type Value = Checked<R>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(R::EXPECTED)
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Checked<R>, E> {
                R::check(text).map(Checked).map_err(E::custom)
            }
        }
        deserializer.deserialize_str(TextVisitor(PhantomData))
    }
}

/// A path that stays on the project's own origin: `//host` and `/\host` are other hosts.
struct StartPath;

impl Rule for StartPath {
    type Output = String;
    const EXPECTED: &str = "a path like /admin";

    fn check(path: &str) -> Result<String, String> {
        if !path.starts_with('/') || matches!(path.as_bytes().get(1), Some(b'/' | b'\\')) {
            return Err("a path begins with one `/`, like /admin".into());
        }
        // URL parsers drop tabs and line ends, which would make `/\t/host` another host.
        if path.chars().any(char::is_control) {
            return Err("a path has no control characters in it".into());
        }
        Ok(path.into())
    }
}

/// A duration.
struct Time;

impl Rule for Time {
    type Output = Duration;
    const EXPECTED: &str = "a duration like 250ms, 5s or 2m";

    fn check(text: &str) -> Result<Duration, String> {
        parse_duration(text).map_err(|error| error.to_string())
    }
}

/// A variable's name.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Name;

impl Rule for Name {
    type Output = String;
    const EXPECTED: &str = "a variable's name";

    fn check(name: &str) -> Result<String, String> {
        if name.is_empty() || name.contains(['=', '\0']) {
            let name = name.escape_debug();
            return Err(format!(
                "`{name}` is no variable's name: one has no `=` and is not empty"
            ));
        }
        Ok(name.into())
    }
}

/// A variable's value.
struct Value;

impl Rule for Value {
    type Output = String;
    const EXPECTED: &str = "a string; write numbers and switches in quotes";

    fn check(value: &str) -> Result<String, String> {
        if value.contains('\0') {
            return Err("a variable's value has no NUL in it".into());
        }
        Ok(value.into())
    }
}

/// How the schema describes a duration.
#[cfg(test)]
#[derive(schemars::JsonSchema)]
#[schemars(transparent, inline)]
#[expect(dead_code, reason = "only its schema is used")]
pub(super) struct DurationText(#[schemars(regex(pattern = r"^[0-9]+(ms|s|m)$"))] String);
