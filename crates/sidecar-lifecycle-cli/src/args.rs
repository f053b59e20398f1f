//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgGroup, Parser, Subcommand, ValueEnum};
use sidecar_lifecycle::Restart;
use sidecar_lifecycle::config::parse_duration;
use sidecar_lifecycle::ports::PortWish;

/// Run a command as a supervised sidecar: ready means ready, and nothing is left behind.
#[derive(Debug, Parser)]
#[command(name = "sidecar", version, arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a command, or the fleet of a file, in the foreground until interrupted, and leave
    /// nothing of it behind.
    Run(Box<Run>),
    /// List the sidecars of every app of yours on this machine.
    Ps(crate::ps::Args),
    /// Say who holds a port, and whether it is a sidecar.
    Port(crate::port::Args),
    /// Say what a project in a folder would meet: node, package managers, limits, protection.
    Doctor(crate::doctor::Args),
    /// Print the JSON Schema of a configuration file.
    Schema(crate::schema::Args),
    /// Print a completion script for a shell.
    Completions(crate::completions::Args),
    /// Print a man page, or write all of them to a folder.
    Man(crate::man::Args),
}

/// What `sidecar run` takes.
///
/// Exit code: 0 after an asked-for stop or when all ended well; 1 when one has failed for good,
/// which stops the others, or could not be ended; 2 for bad usage or configuration, or when it
/// cannot begin; 130 when forced by a second interrupt.
#[derive(Debug, Parser)]
#[command(group(ArgGroup::new("check").args(["http", "tcp", "check_cmd"])))]
pub(crate) struct Run {
    /// Read one sidecar or a fleet of them from a JSON file. Options win over what it says of one;
    /// those that describe one cannot be combined with a fleet.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Print each event as one line of JSON on stdout, and nothing else.
    #[arg(long)]
    pub(crate) json: bool,
    /// With --json, print the sidecar's output as `log` events too.
    #[arg(long, requires = "json")]
    pub(crate) json_log: bool,
    /// What the sidecar is called in the output.
    #[arg(long, value_name = "LABEL")]
    pub(crate) name: Option<String>,
    /// The folder to run it in.
    #[arg(long, value_name = "DIR")]
    pub(crate) cwd: Option<PathBuf>,
    /// The port it shall listen on: a number, an inclusive range, or auto.
    #[arg(long, value_name = "N|A-B|auto")]
    pub(crate) port: Option<PortWish>,
    /// The variable that tells it the port, beside PORT [default: PORT].
    #[arg(long, value_name = "VAR")]
    pub(crate) port_env: Option<String>,
    /// Ready when this path answers with a status below 500.
    #[arg(long, value_name = "PATH")]
    pub(crate) http: Option<String>,
    /// Ready when the port accepts connections.
    #[arg(long)]
    pub(crate) tcp: bool,
    /// Ready when this shell command (`sh`, on Windows `cmd`) ends with code 0.
    #[arg(long, value_name = "CMD")]
    pub(crate) check_cmd: Option<String>,
    /// How long it may take to become ready [default: 120s].
    #[arg(long, value_name = "D", value_parser = parse_duration)]
    pub(crate) ready_timeout: Option<Duration>,
    /// Repeat the check this often once it is ready; three failures in a row count as a crash.
    #[arg(long, value_name = "D", value_parser = parse_duration)]
    pub(crate) liveness: Option<Duration>,
    /// From the stop signal to force [default: 5s].
    #[arg(long, value_name = "D", value_parser = parse_duration)]
    pub(crate) grace: Option<Duration>,
    /// When a new run follows [default: never].
    #[arg(long, value_name = "WHEN")]
    pub(crate) restart: Option<When>,
    /// Give up after so many crashes within a minute; 0 counts as 1 [default: 5].
    #[arg(long, value_name = "N")]
    pub(crate) max_restarts: Option<u32>,
    /// The first delay before a new run; doubles with each crash [default: 250ms].
    #[arg(long, value_name = "D", value_parser = parse_duration)]
    pub(crate) backoff: Option<Duration>,
    /// Keep its output in this file. Beside it are kept what exceeds 10 MiB, as FILE.1 to FILE.3,
    /// and the last launch's as FILE.prev, FILE.prev.1 and so on.
    #[arg(long, value_name = "FILE")]
    pub(crate) log: Option<PathBuf>,
    /// Give it the environment of a login shell instead of this one's. Windows has no such shell:
    /// there it is given this one, without what agents and package managers put into it.
    #[arg(long)]
    pub(crate) login_env: bool,
    /// The command. `{port}` in an argument is replaced by the port, and so is `auto` after
    /// `--port`.
    #[arg(last = true, value_name = "COMMAND")]
    pub(crate) command: Vec<OsString>,
}

/// When a new run follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum When {
    /// Never.
    Never,
    /// After a crash.
    OnFailure,
    /// After every end that was not asked for.
    Always,
}

impl From<When> for Restart {
    fn from(when: When) -> Restart {
        match when {
            When::Never => Restart::Never,
            When::OnFailure => Restart::OnFailure,
            When::Always => Restart::Always,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_sound() {
        use clap::CommandFactory;
        Args::command().debug_assert();
    }
}
