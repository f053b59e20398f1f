//! Prometheus' text format 0.0.4, read strictly.

use std::collections::{BTreeMap, BTreeSet};

/// One line with a value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sample {
    pub(crate) name: String,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) value: f64,
}

/// All samples of a page. Panics where the format or its rules are broken.
pub(crate) fn parse(page: &str) -> Vec<Sample> {
    assert!(page.ends_with('\n'), "the last line has an end");
    let mut samples: Vec<Sample> = Vec::new();
    let mut families = BTreeSet::new();
    let mut family: Option<(String, String)> = None;
    let mut helped = String::new();
    for line in page.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').expect("a name and a text");
            assert!(
                !help.is_empty() && families.insert(name.to_owned()),
                "{line}"
            );
            name.clone_into(&mut helped);
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').expect("a name and a type");
            assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
            assert_eq!(helped, name, "help and type stand together");
            assert_eq!(kind == "counter", name.ends_with("_total"), "{line}");
            family = Some((name.to_owned(), kind.to_owned()));
        } else {
            let sample = sample(line);
            let (name, kind) = family.as_ref().expect("a type comes first");
            let suffixes: &[&str] = match kind.as_str() {
                "histogram" => &["_bucket", "_sum", "_count"],
                _ => &[""],
            };
            let fits = |suffix: &&str| sample.name == format!("{name}{suffix}");
            assert!(suffixes.iter().any(fits), "{line} is not of {name}");
            let twice = |s: &Sample| s.name == sample.name && s.labels == sample.labels;
            assert!(!samples.iter().any(twice), "twice: {line}");
            samples.push(sample);
        }
    }
    samples
}

fn sample(line: &str) -> Sample {
    let (head, value) = line.rsplit_once(' ').expect("a value");
    let (name, labels) = match head.split_once('{') {
        None => (head, BTreeMap::new()),
        Some((name, rest)) => (name, labels(rest.strip_suffix('}').expect("closed"))),
    };
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    assert!(!name.is_empty() && name.chars().all(word), "{line}");
    let value = value.parse().expect("a number");
    Sample {
        name: name.to_owned(),
        labels,
        value,
    }
}

fn labels(text: &str) -> BTreeMap<String, String> {
    let mut labels = BTreeMap::new();
    let mut chars = text.chars().peekable();
    while chars.peek().is_some() {
        let name: String = chars.by_ref().take_while(|c| *c != '=').collect();
        assert_eq!(chars.next(), Some('"'), "{text}");
        let mut value = String::new();
        loop {
            match chars.next().expect("the value has an end") {
                '"' => break,
                '\\' => value.push(match chars.next() {
                    Some('n') => '\n',
                    Some(c @ ('"' | '\\')) => c,
                    other => panic!("no such escape: {other:?}"),
                }),
                c => value.push(c),
            }
        }
        assert!(labels.insert(name, value).is_none(), "{text}");
        assert!(matches!(chars.next(), None | Some(',')), "{text}");
    }
    labels
}
