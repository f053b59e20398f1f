//! Writes a file of TypeScript types, and holds the committed one to it. The plugin's tests share it.

use std::fs;
use std::path::Path;

use ts_rs::{Config, TS};

/// JavaScript has no other number, and none of ours will pass 2^53.
pub(crate) fn config() -> Config {
    Config::new().with_large_int("number")
}

/// A file that grows by one type after the other.
pub(crate) struct File {
    text: String,
}

impl File {
    /// Begins with these lines.
    pub(crate) fn new(head: &str) -> File {
        File { text: head.into() }
    }

    /// Holds the committed file to this one. `BLESS=1` rewrites it.
    pub(crate) fn compare(&self, folder: &str, file: &str) {
        committed(folder, file, &self.text);
    }

    /// Appends a type with the first paragraph of its documentation and an example.
    pub(crate) fn declare<T: TS>(&mut self, example: &str) {
        let docs = T::docs().unwrap_or_default();
        let about = docs.split("\n *\n").next().unwrap_or_default();
        let about = about.trim_end().trim_end_matches("*/").trim_end();
        self.append(&T::ident(&config()), about, example, &T::decl(&config()));
    }

    /// Appends a type whose values are these names, each with what it means.
    pub(crate) fn declare_names(
        &mut self,
        name: &str,
        about: &str,
        names: &[(&str, &str)],
        example: &str,
    ) {
        let mut decl = format!("type {name} =");
        for (name, meaning) in names {
            decl.extend(["\n  /**", meaning, " */\n  | \"", name, "\""]);
        }
        decl.push(';');
        self.append(name, &format!("/**\n *{about}"), example, &decl);
    }

    fn append(&mut self, name: &str, about: &str, example: &str, decl: &str) {
        let import =
            format!(r#"import type {{ {name} }} from "tauri-plugin-sidecar-lifecycle-api";"#);
        let example = format!("{import}\n\n{example}").replace('\n', "\n * ");
        let example = example.replace("\n * \n", "\n *\n");
        let text = format!(
            "\n{about}\n *\n * @example\n * ```ts\n * {example}\n * ```\n */\nexport {decl}\n",
        );
        for line in in_typescript(&text).lines() {
            self.text += line.trim_end();
            self.text.push('\n');
        }
    }
}

/// Says in TypeScript's words what is said in Rust's.
fn in_typescript(text: &str) -> String {
    [
        (", see `Engine::info`", ""),
        (", part of `Metrics`", ""),
        ("`None`", "null"),
    ]
    .iter()
    .fold(without_links(text), |text, (rust, typescript)| {
        text.replace(rust, typescript)
    })
}

/// Rust's links to items are none in TypeScript: [`Engine::info`](crate::Engine::info).
fn without_links(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("[`") {
        let Some((word, after)) = after.split_once("`]") else {
            break;
        };
        out.extend([before, "`", word, "`"]);
        rest = match after.strip_prefix('(') {
            Some(target) => target.split_once(')').map_or(target, |(_, rest)| rest),
            None => after,
        };
    }
    out + rest
}

/// Compares a file with what it has to be; its folder counts from the crate's. `BLESS=1` rewrites it.
pub(crate) fn committed(folder: &str, file: &str, fresh: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join(folder)
        .join(file);
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, fresh).expect("it can be written");
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(found, fresh, "run this test with BLESS=1 and commit {file}");
}
