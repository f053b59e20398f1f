//! `--config FILE`: one sidecar, or a fleet of them.

use std::fs;
use std::path::Path;

use sidecar_lifecycle::{ConfigFile, Problem};

use crate::args::Run;
use crate::configuration::{Problems, Sidecars, label, of_one, overlay};

/// What the file asks for, with the flags where they win.
pub(crate) fn load(path: &Path, args: &Run) -> Result<Sidecars, Problems> {
    let name = path.display();
    let text =
        fs::read_to_string(path).map_err(|e| vec![format!("{name}: it cannot be read: {e}")])?;
    let file = ConfigFile::from_json(&text, |builder| overlay(args, builder));
    let file = file.map_err(|error| {
        let problems = error.problems.iter();
        problems
            .map(|problem| line(path, problem))
            .collect::<Problems>()
    })?;
    let place = std::path::absolute(path).map_err(|e| vec![format!("{name}: {e}")])?;
    let folder = place.parent().unwrap_or(&place);
    match file {
        ConfigFile::One(mut config) => {
            config.resolve(folder);
            Ok(vec![(label(args, &config), *config)])
        }
        ConfigFile::Fleet(mut fleet) => {
            let flags = of_one(args);
            if !flags.is_empty() {
                let flags = flags.join(", ");
                return Err(vec![format!(
                    "{name} holds a fleet, and this is about one sidecar: {flags}; say it in the file"
                )]);
            }
            fleet.resolve(folder);
            let ordered = fleet.in_start_order().into_iter();
            Ok(ordered
                .map(|(id, config)| (id.to_owned(), config.clone()))
                .collect())
        }
        _ => Err(vec![format!(
            "{name}: this version cannot run what it holds"
        )]),
    }
}

/// A problem as one line for people.
fn line(file: &Path, problem: &Problem) -> String {
    let line = problem
        .line
        .map_or(String::new(), |n| format!(", line {n}"));
    let key = match problem.path.as_str() {
        "" => String::new(),
        path => format!(", key `{path}`"),
    };
    format!("{}{line}{key}: {}", file.display(), problem.message)
}
