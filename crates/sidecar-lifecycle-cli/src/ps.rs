//! `sidecar ps`: every sidecar of this user on this machine.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::process::ExitCode;

use serde::Serialize;
use sidecar_lifecycle::census::{Census, Instance, Status, Tree};
use sidecar_lifecycle::{Leftovers, Phase, Protection};

use crate::paint::{BOLD, CYAN, DIM, GREEN, Paint, RED, YELLOW, complain, say};
use crate::table;
use crate::words::{age, bytes, processes, shorten, wrap};

/// What `sidecar ps` takes.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Shown are the sidecars of every app that uses the engine: those of \
`sidecar run`, of Berth, and of others. What an app that was killed together with its guardian has \
left is shown as left behind, what is to outlive its app as kept or adoptable. Nothing is ever \
ended by this command.

Exit code: 0 also when nothing runs; 2 when it cannot be found out."
)]
pub(crate) struct Args {
    /// Print an array with one object for each sidecar.
    #[arg(long)]
    json: bool,
}

/// One object of `--json`.
#[derive(Serialize)]
struct Record<'a> {
    app_id: &'a str,
    instance: &'a str,
    status: Status,
    host: Option<u32>,
    protection: Protection,
    #[serde(flatten)]
    tree: &'a Tree,
    processes: usize,
    memory_bytes: Option<u64>,
}

/// Prints who runs.
pub(crate) fn ps(args: &Args) -> ExitCode {
    let census = match Census::take() {
        Ok(census) => census,
        Err(e) => {
            complain(&format!("cannot find out what runs: {e}"));
            return ExitCode::from(2);
        }
    };
    if args.json {
        match json(&census) {
            Ok(text) => say(&(text + "\n")),
            Err(e) => {
                complain(&format!("cannot write it as JSON: {e}"));
                return ExitCode::from(2);
            }
        }
    } else {
        say(&readable(&census, Paint::of_stdout()));
    }
    ExitCode::SUCCESS
}

/// By app, the oldest first.
fn all(census: &Census) -> Vec<(&Instance, &Tree)> {
    let mut all = Vec::new();
    for instance in &census.instances {
        all.extend(instance.sidecars.iter().map(|tree| (instance, tree)));
    }
    all.sort_by_key(|(instance, tree)| (&instance.app_id, tree.started));
    all
}

fn json(census: &Census) -> serde_json::Result<String> {
    let records = all(census).into_iter().map(|(instance, tree)| Record {
        app_id: &instance.app_id,
        instance: &instance.instance,
        status: instance.status,
        host: instance.host,
        protection: instance.protection,
        tree,
        processes: tree.pids.len(),
        memory_bytes: tree.memory(),
    });
    let records: Vec<Record> = records.collect();
    serde_json::to_string_pretty(&records)
}

fn readable(census: &Census, paint: Paint) -> String {
    let all = all(census);
    if all.is_empty() {
        return "No sidecars are running.\n".to_owned();
    }
    let rows: Vec<Vec<table::Cell>> = all.iter().map(|(i, t)| row(i, t)).collect();
    let head = [
        "APP",
        "SIDECAR",
        "RUN",
        "PID",
        "PHASE",
        "PORT",
        "SINCE",
        "PROTECTION",
        "PROCS",
        "MEMORY",
        "COMMAND",
    ];
    let mut text = table::lines(&head, &rows, paint)
        .unwrap_or_else(|| all.iter().map(|(i, t)| block(i, t, paint)).collect());
    text.push_str(&notes(census, paint));
    text
}

fn row(instance: &Instance, tree: &Tree) -> Vec<table::Cell> {
    let (colour, phase) = phase(instance, tree);
    vec![
        ("", instance.app_id.clone()),
        (CYAN, tree.sidecar.clone()),
        ("", tree.run.to_string()),
        ("", tree.leader.pid.to_string()),
        (colour, phase.to_owned()),
        ("", or_dash(ports(tree))),
        ("", or_dash(tree.started.map(age).unwrap_or_default())),
        ("", or_dash(protection(instance).to_owned())),
        ("", tree.pids.len().to_string()),
        ("", or_dash(tree.memory().map(bytes).unwrap_or_default())),
        (DIM, tree.command.clone()),
    ]
}

/// The same for a narrow terminal: three lines for each.
fn block(instance: &Instance, tree: &Tree, paint: Paint) -> String {
    let width = paint.width.unwrap_or(usize::MAX);
    let (colour, phase) = phase(instance, tree);
    let ports = match ports(tree) {
        none if none.is_empty() => none,
        ports => format!(" on {ports}"),
    };
    let since = tree
        .started
        .map(|at| format!(", {}", age(at)))
        .unwrap_or_default();
    let mut facts = vec![
        instance.app_id.clone(),
        format!("run {}", tree.run),
        format!("pid {}", tree.leader.pid),
        processes(tree.pids.len()),
    ];
    facts.extend(tree.memory().map(bytes));
    facts.push(protection(instance).to_owned());
    facts.retain(|fact| !fact.is_empty());
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "{}  {}{ports}{since}",
        paint.paint(BOLD, &tree.sidecar),
        paint.paint(colour, phase),
    );
    for line in [facts.join(", "), tree.command.clone()] {
        let line = shorten(&line, width.saturating_sub(2));
        let _ = writeln!(text, "  {}", paint.paint(DIM, &line)); // As above.
    }
    text
}

fn phase(instance: &Instance, tree: &Tree) -> (&'static str, &'static str) {
    match (instance.status, tree.phase) {
        (Status::LeftBehind, _) => match tree.leftovers {
            Leftovers::End => (RED, "left behind"),
            Leftovers::Keep => (YELLOW, "kept"),
            Leftovers::Adopt => (YELLOW, "adoptable"),
        },
        (Status::Running, Some(phase)) => match phase {
            Phase::Ready => (GREEN, "ready"),
            Phase::Unhealthy => (RED, "unhealthy"),
            Phase::Stopping => (YELLOW, "stopping"),
            Phase::Starting | Phase::Preparing | Phase::Waiting | Phase::Idle | Phase::Failed => {
                (YELLOW, "starting")
            }
        },
        (Status::Running, None) => ("", "-"),
        _ => (YELLOW, "ending"),
    }
}

fn protection(instance: &Instance) -> &'static str {
    match (instance.status, instance.protection) {
        (Status::Running, Protection::GuardianWithStandby) => "two guardians",
        (Status::Running, Protection::Guardian) => "guardian",
        (Status::Running, Protection::Kernel) => "kernel",
        (Status::Running, _) => "best effort",
        _ => "",
    }
}

fn ports(tree: &Tree) -> String {
    let ports = tree.ports.iter().map(ToString::to_string);
    ports.collect::<Vec<_>>().join(",")
}

fn or_dash(text: String) -> String {
    if text.is_empty() {
        "-".to_owned()
    } else {
        text
    }
}

/// What becomes of what dead instances have left, once for each app.
fn notes(census: &Census, paint: Paint) -> String {
    let width = paint.width.unwrap_or(usize::MAX);
    let mut text = String::new();
    let left = all(census)
        .into_iter()
        .filter(|(instance, _)| instance.status == Status::LeftBehind);
    let left = left.map(|(instance, tree)| note(&instance.app_id, tree.leftovers));
    for (colour, note) in left.collect::<BTreeSet<_>>() {
        for line in wrap(&note, width) {
            text += &paint.paint(colour, &line);
            text.push('\n');
        }
    }
    text
}

fn note(app: &str, leftovers: Leftovers) -> (&'static str, String) {
    let (who, killed, next) = match app {
        "sidecar" => ("a `sidecar run`", " that was killed", "the next one"),
        app => (app, ", which was killed", "its next start"),
    };
    match leftovers {
        Leftovers::End => {
            let note = format!("left behind by {who}{killed}: {next} ends it");
            (RED, note)
        }
        Leftovers::Keep => {
            let note = format!("kept by {who}, as configured: nobody ends it");
            (YELLOW, note)
        }
        Leftovers::Adopt => {
            let note = format!("adoptable from {who}, as configured: {next} takes it over");
            (YELLOW, note)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use sidecar_lifecycle::RunId;
    use sidecar_lifecycle::identity::{BootId, Identity};

    use super::*;

    fn census(status: Status) -> Census {
        let leader = Identity {
            pid: 4_000_001,
            start: 1,
            boot: BootId("b".into()),
        };
        let mut tree = Tree::new("web", RunId(2), leader);
        tree.phase = Some(Phase::Ready);
        tree.command = "node server.js --a-rather-long-command-line --port 5173".into();
        tree.cwd = Some("/home/ana/shop".into());
        tree.started = Some(SystemTime::now() - Duration::from_mins(12));
        tree.pids = vec![4_000_001, 4_000_002];
        tree.ports = vec![5173, 5174];
        let mut instance = Instance::new("com.example.shop", "abc", status);
        instance.host = Some(4_000_000);
        instance.protection = Protection::Guardian;
        instance.sidecars = vec![tree];
        let mut census = Census::default();
        census.instances.push(instance);
        census
    }

    fn shown(census: &Census, width: Option<usize>) -> String {
        readable(census, Paint::plain(width))
    }

    #[test]
    fn when_nothing_runs_it_says_so() {
        assert_eq!(
            shown(&Census::default(), None),
            "No sidecars are running.\n"
        );
        assert_eq!(json(&Census::default()).unwrap(), "[]");
    }

    #[test]
    fn a_table_where_there_is_room_and_blocks_where_there_is_not() {
        assert_eq!(
            shown(&census(Status::Running), None),
            "APP               SIDECAR  RUN  PID      PHASE  PORT       SINCE   PROTECTION  PROCS  MEMORY  COMMAND\n\
             com.example.shop  web      2    4000001  ready  5173,5174  12 min  guardian    2      -       \
             node server.js --a-rather-long-command-line --port 5173\n"
        );
        let narrow = "web  ready on 5173,5174, 12 min\n  \
                      com.example.shop, run 2, pid 4000001, 2 processes, guard…\n  \
                      node server.js --a-rather-long-command-line --port 5173\n";
        assert_eq!(shown(&census(Status::Running), Some(59)), narrow);
        for width in 20..200 {
            let text = shown(&census(Status::Running), Some(width));
            let widest = text.lines().map(|line| line.chars().count()).max();
            assert!(width < 31 || widest <= Some(width), "{width}: {text}");
        }
    }

    #[test]
    fn what_was_left_behind_is_told_with_what_becomes_of_it() {
        let text = shown(&census(Status::LeftBehind), None);
        assert!(text.contains("  left behind  "), "{text}");
        assert!(
            !text.contains("ready") && !text.contains("guardian"),
            "{text}"
        );
        let note = "left behind by com.example.shop, which was killed: its next start ends it\n";
        assert!(text.ends_with(note), "{text}");
    }

    #[test]
    fn what_is_to_outlive_its_app_is_not_called_left_behind() {
        let mut census = census(Status::LeftBehind);
        for (leftovers, phase, note) in [
            (
                Leftovers::Keep,
                "  kept  ",
                "kept by com.example.shop, as configured: nobody ends it\n",
            ),
            (
                Leftovers::Adopt,
                "  adoptable  ",
                "adoptable from com.example.shop, as configured: its next start takes it over\n",
            ),
        ] {
            census.instances[0].sidecars[0].leftovers = leftovers;
            let text = shown(&census, None);
            assert!(text.contains(phase) && text.ends_with(note), "{text}");
            assert!(!text.contains("left behind"), "{text}");
        }
    }
}
