//! Reading a document so that every mistake in it is told, and not only the first.

use std::cell::RefCell;
use std::collections::BTreeSet;

use super::nearest::nearest;
use super::node::{Kind, Node};
use crate::config::Problem;

/// What was found to be wrong so far.
#[derive(Debug, Default)]
pub(super) struct Report {
    problems: RefCell<Vec<Problem>>,
    /// Places that were meant by a key that does not exist.
    meant: RefCell<Vec<String>>,
}

impl Report {
    pub(super) fn push(&self, place: &str, line: Option<usize>, message: impl Into<String>) {
        let mut problem = Problem::new(place, message);
        problem.line = line;
        self.problems.borrow_mut().push(problem);
    }

    /// Whether something was said about this very place, or about one around it.
    pub(super) fn covers(&self, place: &str) -> bool {
        let problems = self.problems.borrow();
        problems.iter().any(|p| is_within(place, &p.path))
    }

    /// Whether what was meant to stand at this place could not be read: what is missing there is
    /// no mistake of its own.
    pub(super) fn is_spoilt(&self, place: &str) -> bool {
        let problems = self.problems.borrow();
        problems.iter().any(|p| is_within(&p.path, place))
            || self.meant.borrow().iter().any(|meant| meant == place)
    }

    /// All problems, from the top of the document to its end.
    pub(super) fn into_problems(self) -> Vec<Problem> {
        let mut problems = self.problems.into_inner();
        problems.sort_by_key(|problem| problem.line);
        problems
    }
}

fn is_within(inner: &str, outer: &str) -> bool {
    let rest = inner.strip_prefix(outer);
    outer.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// A value, its place and where to report.
#[derive(Debug, Clone)]
pub(super) struct Item<'a> {
    pub(super) node: &'a Node,
    pub(super) place: String,
    pub(super) report: &'a Report,
}

/// What can be read from a value.
pub(super) trait FromJson: Sized {
    /// `None` if it cannot, and then the report says why.
    fn read(item: &Item<'_>) -> Option<Self>;
}

impl<'a> Item<'a> {
    pub(super) fn root(node: &'a Node, report: &'a Report) -> Item<'a> {
        let place = String::new();
        Item {
            node,
            place,
            report,
        }
    }

    /// Reports something about this value.
    pub(super) fn say(&self, message: impl Into<String>) {
        self.report.push(&self.place, self.node.line, message);
    }

    /// Reports that something else was expected here.
    pub(super) fn expected<T>(&self, what: &str) -> Option<T> {
        let found = match &self.node.kind {
            Kind::Null => "null".to_owned(),
            Kind::Bool(it) => it.to_string(),
            Kind::Number(it) => format!("the number {it}"),
            Kind::Text(it) => format!("the text {}", shortened(it)),
            Kind::List(_) => "a list".to_owned(),
            Kind::Object(_) => "an object".to_owned(),
        };
        self.say(format!("expected {what}, found {found}"));
        None
    }

    /// What stands under a key of this object.
    pub(super) fn entry(&self, key: &str, node: &'a Node) -> Item<'a> {
        Item {
            node,
            place: join(&self.place, key),
            report: self.report,
        }
    }

    /// What stands at a place in this list.
    pub(super) fn element(&self, n: usize, node: &'a Node) -> Item<'a> {
        Item {
            node,
            place: format!("{}[{n}]", self.place),
            report: self.report,
        }
    }

    /// Its entries, each key once; `None` if it is no object.
    pub(super) fn entries(&self) -> Option<Vec<(&'a str, Item<'a>)>> {
        let Kind::Object(entries) = &self.node.kind else {
            return self.expected("an object: `{ … }`");
        };
        let mut seen = BTreeSet::new();
        let mut found = Vec::new();
        for (key, node) in entries {
            let item = self.entry(key, node);
            if seen.insert(key) {
                found.push((key.as_str(), item));
            } else {
                item.say("it stands here twice: leave one of them out");
            }
        }
        Some(found)
    }

    /// Its entries, to be taken by their keys.
    pub(super) fn fields(&self) -> Option<Fields<'a>> {
        Some(Fields {
            place: self.place.clone(),
            line: self.node.line,
            entries: self.entries()?,
            known: Vec::new(),
            report: self.report,
        })
    }
}

/// The place of a key: as in JavaScript, so that an id with a dot in it is told apart.
pub(super) fn join(place: &str, key: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '$');
    if key.is_empty() || !key.chars().all(plain) {
        format!("{place}[{}]", shortened(key))
    } else if place.is_empty() {
        key.to_owned()
    } else {
        format!("{place}.{key}")
    }
}

/// A text in quotes, on one line, and not all of a long one.
fn shortened(text: &str) -> String {
    const MOST: usize = 60;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}

/// The entries of an object while they are read.
#[derive(Debug)]
pub(super) struct Fields<'a> {
    place: String,
    line: Option<usize>,
    entries: Vec<(&'a str, Item<'a>)>,
    known: Vec<&'static str>,
    report: &'a Report,
}

impl<'a> Fields<'a> {
    /// What stands under this key. `None` if nothing or null does, or nothing that can be read.
    pub(super) fn take<T: FromJson>(&mut self, key: &'static str) -> Option<T> {
        self.item(key).and_then(|item| T::read(&item))
    }

    /// What stands under this key, unread.
    pub(super) fn item(&mut self, key: &'static str) -> Option<Item<'a>> {
        self.known.push(key);
        let at = self.entries.iter().position(|(name, _)| *name == key)?;
        let (_, item) = self.entries.remove(at);
        (item.node.kind != Kind::Null).then_some(item)
    }

    /// What stands under this key, which has to be there.
    pub(super) fn required<T: FromJson>(&mut self, key: &'static str, what: &str) -> Option<T> {
        if !self.has(key) {
            let place = join(&self.place, key);
            self.report
                .push(&place, self.line, format!("it is missing: {what}"));
        }
        self.take(key)
    }

    /// Whether something stands under this key.
    pub(super) fn has(&self, key: &str) -> bool {
        self.peek(key).is_some()
    }

    /// What stands under this key, to be looked at only.
    pub(super) fn peek(&self, key: &str) -> Option<&Item<'a>> {
        let found = self.entries.iter().find(|(name, _)| *name == key);
        let item = found.map(|(_, item)| item);
        item.filter(|item| item.node.kind != Kind::Null)
    }

    /// Reports what was not taken: there are no such keys.
    pub(super) fn finish(self) {
        for (key, item) in self.entries {
            let near = nearest(key, self.known.iter().copied());
            let message = match near {
                Some(near) => format!("there is no such key; did you mean `{near}`?"),
                None if self.known.len() <= 6 => {
                    format!(
                        "there is no such key; the keys are {}",
                        self.known.join(", ")
                    )
                }
                None => "there is no such key".to_owned(),
            };
            if let Some(near) = near {
                let mut meant = self.report.meant.borrow_mut();
                meant.push(join(&self.place, near));
            }
            item.say(message);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_written_as_in_javascript() {
        assert_eq!(join("", "sidecars"), "sidecars");
        assert_eq!(join("sidecars", "api-2"), "sidecars.api-2");
        assert_eq!(join("sidecars", "my.api"), r#"sidecars["my.api"]"#);
        assert_eq!(join("env", ""), r#"env[""]"#);
    }

    #[test]
    fn a_place_lies_within_itself_and_those_around_it() {
        assert!(is_within("a.b[0].c", "a.b"));
        assert!(is_within("a.b", "a.b"));
        assert!(is_within("a", ""));
        assert!(!is_within("a.bc", "a.b"));
    }
}
