//! JSON with the line of every value.
//!
//! serde stops at the first mistake and forgets where the others stand; a reader that is to tell
//! all of them at once needs the whole document first.

use std::cell::Cell;
use std::fmt;
use std::io::{self, Read};

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value};

use crate::config::Problem;

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    /// Counted from 1; that of its key if it has one. `None` if there was no text.
    pub(super) line: Option<usize>,
    pub(super) kind: Kind,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Node>),
    /// In the order of the document, keys that stand twice included.
    Object(Vec<(String, Node)>),
}

impl Node {
    /// Reads a document.
    pub(super) fn parse(text: &str) -> Result<Node, Problem> {
        // Editors on Windows like to write a byte order mark.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let line = Cell::new(1);
        let counted = Counted {
            rest: text.as_bytes(),
            line: &line,
        };
        let mut json = serde_json::Deserializer::from_reader(counted);
        let root = Seed(&line).deserialize(&mut json);
        let whole = root.and_then(|root| json.end().map(|()| root));
        whole.map_err(|e| syntax(text, &e))
    }

    /// The innermost value on the way along `path` that is there: where a problem with it is best
    /// looked for.
    pub(super) fn nearest(&self, path: &str) -> &Node {
        let mut node = self;
        for step in path.split(['.', '[']) {
            let step = step.trim_end_matches(']');
            let next = match &node.kind {
                Kind::Object(entries) => entries.iter().find(|(key, _)| key == step),
                Kind::List(items) => {
                    let item = step.parse().ok().and_then(|n: usize| items.get(n));
                    match item {
                        Some(item) => {
                            node = item;
                            continue;
                        }
                        None => None,
                    }
                }
                Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::Text(_) => None,
            };
            match next {
                Some((_, value)) => node = value,
                None => break,
            }
        }
        node
    }
}

impl From<&Value> for Node {
    fn from(value: &Value) -> Node {
        let kind = match value {
            Value::Null => Kind::Null,
            Value::Bool(it) => Kind::Bool(*it),
            Value::Number(it) => Kind::Number(it.clone()),
            Value::String(it) => Kind::Text(it.clone()),
            Value::Array(items) => Kind::List(items.iter().map(Node::from).collect()),
            Value::Object(entries) => {
                let entry = |(key, value): (&String, &Value)| (key.clone(), Node::from(value));
                Kind::Object(entries.iter().map(entry).collect())
            }
        };
        Node { line: None, kind }
    }
}

/// Says what is no JSON, and on which line.
fn syntax(text: &str, error: &serde_json::Error) -> Problem {
    let message = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let message = message.strip_suffix(&place).unwrap_or(&message);
    let line = text.lines().nth(error.line().saturating_sub(1));
    let at = error.column().saturating_sub(1);
    let help = match line.and_then(|line| line.as_bytes().get(at)) {
        Some(b'/') => "; comments are not allowed here",
        _ => "",
    };
    let mut problem = Problem::new("", format!("it is not valid JSON: {message}{help}"));
    problem.line = Some(error.line().max(1));
    problem
}

/// Hands out a text byte by byte, as the parser asks for it, and counts the lines. The parser reads
/// one byte ahead at the most, and none ahead of a value.
struct Counted<'a> {
    rest: &'a [u8],
    line: &'a Cell<usize>,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let (Some(slot), Some((&byte, rest))) = (buffer.first_mut(), self.rest.split_first())
        else {
            return Ok(0);
        };
        *slot = byte;
        self.rest = rest;
        self.line.set(self.line.get() + usize::from(byte == b'\n'));
        Ok(1)
    }
}

/// Builds a node, and notes the line on which the parser stands when it comes to it.
#[derive(Clone, Copy)]
struct Seed<'a>(&'a Cell<usize>);

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        let line = Some(self.0.get());
        let kind = deserializer.deserialize_any(self)?;
        Ok(Node { line, kind })
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Kind;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Kind, E> {
        Ok(Kind::Null)
    }

    fn visit_bool<E: Error>(self, it: bool) -> Result<Kind, E> {
        Ok(Kind::Bool(it))
    }

    fn visit_i64<E: Error>(self, it: i64) -> Result<Kind, E> {
        Ok(Kind::Number(it.into()))
    }

    fn visit_u64<E: Error>(self, it: u64) -> Result<Kind, E> {
        Ok(Kind::Number(it.into()))
    }

    fn visit_f64<E: Error>(self, it: f64) -> Result<Kind, E> {
        // The parser refuses what is not finite.
        Ok(Number::from_f64(it).map_or(Kind::Null, Kind::Number))
    }

    fn visit_str<E: Error>(self, it: &str) -> Result<Kind, E> {
        Ok(Kind::Text(it.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Kind, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(self)? {
            items.push(item);
        }
        Ok(Kind::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Kind, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = map.next_key()? {
            entries.push((key, map.next_value_seed(self)?));
        }
        Ok(Kind::Object(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_knows_its_line() {
        let text = "{\n \"a\": 1,\n \"b\": {\n  \"c\":\n   [1,\n    2\n   ]\n }, \"d\": null\n}\n";
        let root = Node::parse(text).expect("it is JSON");
        for (path, line) in [
            ("", 1),
            ("a", 2),
            ("b", 3),
            ("b.c", 4),
            ("b.c[0]", 5),
            ("b.c[1]", 6),
            ("d", 8),
            ("b.missing", 3),
            ("b.c[7].x", 4),
        ] {
            assert_eq!(root.nearest(path).line, Some(line), "{path}");
        }
    }

    #[test]
    fn a_key_that_stands_twice_is_not_lost() {
        let root = Node::parse(r#"{"a": 1, "a": 2}"#).expect("it is JSON");
        assert!(matches!(root.kind, Kind::Object(entries) if entries.len() == 2));
    }

    #[test]
    fn what_is_no_json_is_told_with_its_line() {
        for (text, line, words) in [
            ("", 1, "EOF"),
            ("{\n // mine\n}", 2, "comments are not allowed"),
            ("{}\n{}", 2, "trailing"),
            ("{\"a\":\n 1e999}", 2, "number out of range"),
            (&"[".repeat(100_000), 1, "recursion limit"),
        ] {
            let problem = Node::parse(text).expect_err("it is not JSON");
            assert_eq!(problem.line, Some(line), "{problem}");
            assert!(problem.message.contains(words), "{problem}");
        }
    }

    #[test]
    fn a_byte_order_mark_is_no_mistake() {
        Node::parse("\u{feff}{}").expect("it is JSON");
    }
}
