//! Reading a script: which server does it start, and who decides on the port?

mod unwrap;

use std::collections::BTreeMap;

use crate::framework::{FRAMEWORKS, Framework};
use crate::words::{Line, Rules, Word, cut};
use unwrap::{Bare, unwrap};

/// Scripts that call scripts are followed this far.
const MAX_DEPTH: u32 = 5;

/// Programs that start other programs, each in its own way.
const RUNNERS: [&str; 14] = [
    "turbo",
    "nx",
    "lerna",
    "concurrently",
    "conc",
    "npm-run-all",
    "npm-run-all2",
    "run-p",
    "run-s",
    "wireit",
    "moon",
    "foreman",
    "nodemon",
    "wsrun",
];

/// Who decides on the port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ScriptPort {
    /// Whoever appends the framework's flag.
    Open,
    /// The variable `PORT`, as far as one can tell.
    Variable,
    /// The script: this number stands in it.
    Fixed(u16),
    /// The script, in a way that cannot be seen from outside.
    Unknown,
}

/// What a script starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reading {
    /// The framework whose server it is.
    pub(crate) framework: Option<&'static Framework>,
    /// Who decides on its port.
    pub(crate) port: ScriptPort,
}

/// Reads a line by a shell's rules. `scripts` are those that it may call by name.
pub(crate) fn read(line: &str, rules: Rules, scripts: &BTreeMap<String, String>) -> Reading {
    read_line(&cut(line, rules), rules, scripts, MAX_DEPTH)
}

/// Reads words that no shell has to take apart.
pub(crate) fn read_words(words: &[String]) -> Reading {
    let word = |text: &String| Word {
        text: text.clone(),
        expands: false,
    };
    let commands = vec![words.iter().map(word).collect()];
    read_line(
        &Line {
            commands,
            compound: false,
        },
        Rules::HERE,
        &BTreeMap::new(),
        MAX_DEPTH,
    )
}

fn read_line(line: &Line, rules: Rules, scripts: &BTreeMap<String, String>, depth: u32) -> Reading {
    let readings: Vec<Reading> = line
        .commands
        .iter()
        .map(|words| read_command(words, rules, scripts, depth))
        .collect();
    // In `build && serve` the last one is the server; a framework is a better sign than none.
    let known = readings
        .iter()
        .rev()
        .find(|reading| reading.framework.is_some());
    let fixed = readings
        .iter()
        .rev()
        .find(|it| matches!(it.port, ScriptPort::Fixed(_)));
    let nothing = Reading {
        framework: None,
        port: ScriptPort::Variable,
    };
    let best = known
        .or(fixed)
        .or(readings.last())
        .copied()
        .unwrap_or(nothing);
    if line.compound {
        best.behind_something()
    } else {
        best
    }
}

impl Reading {
    /// The same server where an appended flag would not reach it.
    fn behind_something(self) -> Reading {
        let port = match (self.port, self.framework) {
            (ScriptPort::Open, Some(framework)) if !framework.reads_port_variable => {
                ScriptPort::Unknown
            }
            (ScriptPort::Open, _) => ScriptPort::Variable,
            (port, _) => port,
        };
        Reading { port, ..self }
    }
}

fn read_command(
    words: &[Word],
    rules: Rules,
    scripts: &BTreeMap<String, String>,
    depth: u32,
) -> Reading {
    let bare = unwrap(words);
    let args: Vec<&str> = bare.args.iter().map(|word| word.text.as_str()).collect();
    if let Some((name, takes_flags)) = bare.calls_script()
        && depth > 0
        && let Some(script) = scripts.get(name)
    {
        let reading = read_line(&cut(script, rules), rules, scripts, depth - 1);
        return if takes_flags {
            reading
        } else {
            reading.behind_something()
        };
    }
    if RUNNERS.contains(&bare.program) {
        // `concurrently "vite" "node api.js"`: each quoted argument is a command line.
        let inner: Vec<Reading> = args
            .iter()
            .filter(|arg| !arg.starts_with('-'))
            .map(|arg| read_line(&cut(arg, rules), rules, scripts, depth.saturating_sub(1)))
            .filter(|reading| depth > 0 && reading.framework.is_some())
            .collect();
        let nothing = Reading {
            framework: None,
            port: ScriptPort::Variable,
        };
        return inner.first().copied().unwrap_or(nothing).behind_something();
    }

    let framework = FRAMEWORKS
        .iter()
        .find(|it| it.is_started_by(bare.program, &args));
    Reading {
        framework,
        port: port_of(&bare, framework),
    }
}

fn port_of(bare: &Bare<'_>, framework: Option<&'static Framework>) -> ScriptPort {
    let flags = framework.map_or(&["--port"][..], |framework| framework.port_flags);
    for (at, word) in bare.args.iter().enumerate() {
        let value = flags.iter().find_map(|flag| {
            let rest = word.text.strip_prefix(flag)?;
            match rest.strip_prefix('=') {
                Some(value) => Some(value),
                None if rest.is_empty() => bare.args.get(at + 1).map(|next| next.text.as_str()),
                // `-p3000`
                None if !flag.starts_with("--") => Some(rest),
                None => None,
            }
        });
        if let Some(value) = value {
            return decided_by(value);
        }
    }
    let variable = bare
        .variables
        .iter()
        .rev()
        .find(|(name, _)| *name == "PORT");
    match (variable, framework) {
        (Some((_, value)), None) => decided_by(value),
        (Some((_, value)), Some(framework)) if framework.reads_port_variable => decided_by(value),
        // What follows `--` is no flag any more.
        (_, Some(_)) if bare.args.iter().any(|word| word.text == "--") => {
            Reading {
                framework,
                port: ScriptPort::Open,
            }
            .behind_something()
            .port
        }
        (_, Some(_)) => ScriptPort::Open,
        (_, None) => ScriptPort::Variable,
    }
}

fn decided_by(value: &str) -> ScriptPort {
    match value.parse() {
        Ok(0) => ScriptPort::Unknown,
        Ok(port) => ScriptPort::Fixed(port),
        Err(_) if value.contains("PORT") || value == "{port}" => ScriptPort::Variable,
        Err(_) => ScriptPort::Unknown,
    }
}

#[cfg(test)]
mod tests;
