//! Finding the program that a command is about, behind what merely leads to it.

use crate::words::{Word, assignment};

/// A command without its wrappers.
#[derive(Debug)]
pub(super) struct Bare<'a> {
    /// Variables that are set for it.
    pub(super) variables: Vec<(&'a str, &'a str)>,
    /// The program's name, without folders and endings.
    pub(super) program: &'a str,
    /// Its arguments.
    pub(super) args: &'a [Word],
    /// The package manager in front of it, if any.
    manager: Option<&'a str>,
    /// Whether that was asked for a script by `run`.
    by_run: bool,
}

impl<'a> Bare<'a> {
    /// The script that is called by name, and whether flags appended to the call reach it.
    pub(super) fn calls_script(&self) -> Option<(&'a str, bool)> {
        let manager = self.manager?;
        // npm knows scripts by `run` only (`npm start` aside); the others by their bare name too.
        let by_name = self.by_run || manager != "npm" || self.program == "start";
        by_name.then_some((self.program, manager != "npm"))
    }
}

/// Takes off assignments, `cross-env`, `npx`, `pnpm exec`, `dotenv --`, `node path/to/bin` and
/// their like, in any order.
pub(super) fn unwrap(words: &[Word]) -> Bare<'_> {
    let mut bare = Bare {
        variables: Vec::new(),
        program: "",
        args: words,
        manager: None,
        by_run: false,
    };
    while let Some((first, rest)) = bare.args.split_first() {
        if let Some(pair) = assignment(&first.text) {
            bare.variables.push(pair);
            bare.args = rest;
            continue;
        }
        let program = program_name(&first.text);
        bare.program = program;
        bare.args = rest;
        bare.args = match program {
            "cross-env" | "cross-env-shell" | "env" | "exec" | "time" => skip_flags(rest, &[]),
            "npx" | "pnpx" | "bunx" => skip_flags(rest, &["-p", "--package", "-c"]),
            "env-cmd" => skip_flags(rest, &["-f", "--file", "-e", "--environments", "-r"]),
            "dotenv" | "dotenvx" | "doppler" | "infisical" | "op" => match after_dashes(rest) {
                Some(inner) => inner,
                None => return bare,
            },
            "node" => {
                let script = skip_flags(rest, &["-r", "--require", "--import", "--loader"]);
                // Only a framework's own file; any other script is the user's.
                let own = script
                    .first()
                    .is_some_and(|word| word.text.contains("node_modules"));
                if !own {
                    return bare;
                }
                script
            }
            "npm" | "pnpm" | "yarn" | "bun" if !rest.is_empty() => {
                let Some((inner, by_run)) = behind_manager(rest) else {
                    return bare;
                };
                bare.manager = Some(program);
                bare.by_run = by_run;
                inner
            }
            _ => return bare,
        };
    }
    bare
}

/// What a package manager is asked to run; `None` if flags choose packages or folders.
fn behind_manager(words: &[Word]) -> Option<(&[Word], bool)> {
    // Flags that change nothing about what is run.
    const PLAIN: [&str; 6] = ["--silent", "-s", "--bun", "-y", "--yes", "--"];
    let mut words = words;
    let mut by_run = false;
    loop {
        match words.first()?.text.as_str() {
            "run" | "run-script" => by_run = true,
            "exec" | "x" | "dlx" => {}
            flag if PLAIN.contains(&flag) => {}
            flag if flag.starts_with('-') => return None,
            _ => return Some((words, by_run)),
        }
        words = &words[1..];
    }
}

fn skip_flags<'a>(words: &'a [Word], with_value: &[&str]) -> &'a [Word] {
    let mut words = words;
    while let Some(first) = words.first().filter(|word| word.text.starts_with('-')) {
        let takes = usize::from(with_value.contains(&first.text.as_str()));
        words = words.get(1 + takes..).unwrap_or_default();
    }
    words
}

fn after_dashes(words: &[Word]) -> Option<&[Word]> {
    let at = words.iter().position(|word| word.text == "--")?;
    Some(&words[at + 1..])
}

/// `./node_modules/.bin/vite`, `vite.cmd`, `node_modules/vite/bin/vite.js`, `next@latest`.
fn program_name(word: &str) -> &str {
    let name = word.rsplit(['/', '\\']).next().unwrap_or(word);
    let name = [".cmd", ".js", ".mjs", ".exe"]
        .iter()
        .find_map(|end| name.strip_suffix(end))
        .unwrap_or(name);
    name.split('@')
        .next()
        .filter(|name| !name.is_empty())
        .unwrap_or(name)
}
