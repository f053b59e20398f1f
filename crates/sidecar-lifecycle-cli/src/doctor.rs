//! `sidecar doctor`: what a project in this folder would meet.

mod machine;
mod project;
mod report;
mod tools;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use sidecar_lifecycle::config::parse_duration;
use sidecar_lifecycle::environ::{EnvMap, capture_login_env, current_env};
use sidecar_lifecycle::guardian::NoGuardian;

use self::project::Project;
use self::report::{Check, Level, Report};
use self::tools::Place;
use crate::paint::{Paint, complain, say};

/// What `sidecar doctor` takes.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Looks at the project's files, asks the login shell for its environment and \
the tools for their versions. Nothing is installed, changed or downloaded.

Exit code: 0 when nothing would keep the project from starting, 1 when something would, 2 for bad \
usage."
)]
pub(crate) struct Args {
    /// The project's folder [default: this one].
    #[arg(value_name = "FOLDER")]
    folder: Option<PathBuf>,
    /// Print one object.
    #[arg(long)]
    json: bool,
    /// How long the login shell and each tool may take to answer.
    #[arg(long, value_name = "D", default_value = "10s", value_parser = parse_duration)]
    timeout: Duration,
}

/// Looks and tells. `guardian` is what came of starting one for this very process.
pub(crate) fn doctor(args: &Args, guardian: Result<(), NoGuardian>) -> ExitCode {
    let folder = args.folder.clone().unwrap_or_else(|| PathBuf::from("."));
    let folder = match berth_project::real_folder(&folder) {
        Ok(folder) if folder.is_dir() => folder,
        Ok(file) => return refuse(&format!("{} is not a folder", file.display())),
        Err(e) => return refuse(&format!("cannot look into {}: {e}", folder.display())),
    };
    let report = examine(&folder, args.timeout, guardian);
    if args.json {
        match serde_json::to_string_pretty(&report) {
            Ok(text) => say(&(text + "\n")),
            Err(e) => return refuse(&format!("cannot write it as JSON: {e}")),
        }
    } else {
        say(&report.readable(Paint::of_stdout()));
    }
    ExitCode::from(u8::from(!report.ok))
}

fn refuse(why: &str) -> ExitCode {
    complain(why);
    ExitCode::from(2)
}

fn examine(folder: &Path, limit: Duration, guardian: Result<(), NoGuardian>) -> Report {
    let own = current_env();
    let home = dirs::home_dir().unwrap_or_default();
    let (login, shell) = ask_shell(&own, folder, limit);
    let place = |env| Place {
        env,
        home: &home,
        folder,
        limit,
    };
    let tools = tools::look(&place(&own), login.as_ref().map(place).as_ref());

    let (project, first) = Project::read(folder);
    let mut checks = vec![first, shell];
    let mut missing = Vec::new();
    for tool in &tools {
        match tool.check(project.needs(tool.name)) {
            Some(check) => checks.push(check),
            None => missing.push(tool.name),
        }
    }
    if !missing.is_empty() {
        let says = format!("not found, and not needed: {}", missing.join(", "));
        checks.push(Check::new("other tools", Level::Note, says));
    }
    checks.extend(project.check_versions(folder, &tools));
    checks.extend(machine::checks(guardian));
    Report::new(folder.display().to_string(), checks)
}

/// What a double-clicked app would be given.
fn ask_shell(own: &EnvMap, folder: &Path, limit: Duration) -> (Option<EnvMap>, Check) {
    const ID: &str = "login shell";
    if cfg!(windows) {
        let says = "there is none, and none is needed: every program has the user's environment";
        return (None, Check::new(ID, Level::Ok, says));
    }
    let shell = own.get(std::ffi::OsStr::new("SHELL")).map(PathBuf::from);
    let Some(shell) = shell.filter(|shell| shell.is_absolute()) else {
        let check = Check::new(ID, Level::Warning, "SHELL names none, so none was asked");
        return (None, check.helped_by("set SHELL to the path of your shell"));
    };
    let began = Instant::now();
    match capture_login_env(&shell, folder, limit) {
        Ok(env) => {
            let took = began.elapsed();
            let says = format!("{} answered in {} ms", shell.display(), took.as_millis());
            let check = if took > SLOW {
                Check::new(ID, Level::Warning, says)
                    .helped_by("a first start waits for that; later ones use the last answer")
            } else {
                Check::new(ID, Level::Ok, says)
            };
            (Some(env), check)
        }
        Err(e) => {
            let help = "a double-clicked app goes on with the desktop's environment";
            (
                None,
                Check::new(ID, Level::Warning, e.to_string()).helped_by(help),
            )
        }
    }
}

/// Longer than anybody likes to wait for a window.
const SLOW: Duration = Duration::from_secs(3);
