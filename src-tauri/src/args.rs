//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use berth_project::{CommandLine, Config};
use clap::Parser;

/// Opens a local web project as a desktop app: finds its dev server, starts it, watches it, shows
/// it, and leaves nothing behind. Options win over the project's berth.json.
#[derive(Debug, Default, Parser)]
#[command(name = "berth", version)]
pub(crate) struct Args {
    /// The project's folder [default: the current one].
    pub(crate) project: Option<PathBuf>,
    /// Do not ask whether the project may run its code: whoever starts it has decided.
    #[arg(long)]
    pub(crate) trust: bool,
    /// The script in package.json that starts the server [default: dev].
    #[arg(long, value_name = "NAME")]
    pub(crate) script: Option<String>,
    /// A shell command that starts the server, instead of a script.
    #[arg(long, value_name = "COMMAND")]
    pub(crate) command: Option<String>,
    /// The port that the server shall use.
    #[arg(long, value_name = "N")]
    pub(crate) port: Option<u16>,
    /// The page to open first.
    #[arg(long, value_name = "ROUTE")]
    pub(crate) path: Option<String>,
    /// How long the server may take to become ready: 250ms, 5s, 2m.
    #[arg(long, value_name = "D", value_parser = berth_project::parse_duration)]
    pub(crate) ready_timeout: Option<Duration>,
    /// The folder for the log files.
    #[arg(long, value_name = "DIR")]
    pub(crate) log_dir: Option<PathBuf>,
}

impl Args {
    /// The options as configuration, to win over everything else.
    pub(crate) fn config(&self) -> Config {
        Config {
            script: self.script.clone(),
            command: self.command.clone().map(CommandLine::Line),
            port: self.port,
            path: self.path.clone(),
            ready_timeout: self.ready_timeout,
            log_dir: self.log_dir.clone(),
            ..Config::default()
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
