//! `berth.json` as nobody would write it: an answer or an error, and never a panic.

use std::path::Path;

use berth_project::{Config, PluginConfig};
use proptest::prelude::*;
use proptest::sample::Index;

const WHOLE: &str = r#"{
  "$schema": "../schemas/berth.schema.json", "name": "Shöp", "script": "dev:web",
  "command": ["pnpm", "--filter", "web", "dev"], "packageManager": "pnpm", "port": 4000,
  "path": "/admin?tab=1", "readyTimeout": "90s", "env": { "API_URL": "http://x:1" }, "logDir": "l"
}"#;
const SMALL: &str = r#"{ "command": "vite --port {port}", "readyTimeout": "250ms", "port": 1 }"#;

/// What matters to a parser of JSON, durations, ports and command lines.
const PIECES: [&str; 22] = [
    "{",
    "}",
    "[",
    "]",
    "\"",
    "\\",
    "\\u",
    "\\ud800",
    ":",
    ",",
    "null",
    "true",
    "-1",
    "1e999",
    "65536",
    "0",
    "99999999999999999999s",
    "ms",
    "\u{feff}",
    "\0",
    "'",
    "\u{1f600}",
];

/// One of the two, with a few pieces put in or taken out.
fn mangled() -> impl Strategy<Value = String> {
    let edit = (
        any::<Index>(),
        0..4usize,
        prop::option::of(prop::sample::select(&PIECES[..])),
    );
    let edits = prop::collection::vec(edit, 0..6);
    (prop::sample::select(vec![WHOLE, SMALL]), edits).prop_map(|(text, edits)| {
        let mut text: Vec<char> = text.chars().collect();
        for (at, removed, piece) in edits {
            let at = at.index(text.len() + 1);
            let end = (at + removed).min(text.len());
            drop(text.splice(at..end, piece.unwrap_or_default().chars()));
        }
        text.into_iter().collect()
    })
}

proptest! {
    #[test]
    fn a_mangled_file_is_read_or_its_fault_is_named(text in mangled()) {
        match Config::parse(&text, Path::new("/p/berth.json")) {
            Ok(config) => {
                prop_assert!(config.port != Some(0));
                prop_assert!(config.path.is_none_or(|path| path.starts_with('/')));
            }
            Err(error) => {
                let told = error.to_string();
                prop_assert!(told.contains("berth.json"), "{}", told);
            }
        }
    }

    #[test]
    fn so_is_garbage(text in any::<String>()) {
        let _ = Config::parse(&text, Path::new("/p/berth.json")); // Whatever it is, an answer.
    }

    /// What an app's own configuration holds under `plugins.berth` has been parsed already.
    #[test]
    fn so_is_a_plugins_part(text in mangled()) {
        if let Ok(value) = serde_json::from_str::<serde_json::Value>(&text) {
            let _ = PluginConfig::from_value(value); // As above.
        }
    }
}
