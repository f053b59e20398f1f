//! A command as a line or as a list.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};

/// What to run instead of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(untagged))]
pub enum CommandLine {
    /// As typed in a terminal. A shell runs it only if it has shell syntax in it.
    Line(#[cfg_attr(test, schemars(length(min = 1)))] String),
    /// A program and its arguments, taken literally.
    List(#[cfg_attr(test, schemars(length(min = 1)))] Vec<String>),
}

impl<'de> Deserialize<'de> for CommandLine {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CommandVisitor)
    }
}

/// By hand, because serde's untagged enums do not say what they expected, or where.
struct CommandVisitor;

impl<'de> Visitor<'de> for CommandVisitor {
    type Value = CommandLine;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a command line, or a list of program and arguments")
    }

    fn visit_str<E: Error>(self, line: &str) -> Result<CommandLine, E> {
        if line.trim().is_empty() {
            return Err(E::custom("the command is empty"));
        }
        Ok(CommandLine::Line(line.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<CommandLine, A::Error> {
        let mut list: Vec<String> = Vec::new();
        while let Some(word) = seq.next_element()? {
            list.push(word);
        }
        match list.first() {
            None => Err(A::Error::custom("the command is empty")),
            Some(program) if program.is_empty() => {
                Err(A::Error::custom("the command names no program"))
            }
            Some(_) => Ok(CommandLine::List(list)),
        }
    }
}
