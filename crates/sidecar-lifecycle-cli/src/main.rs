//! `sidecar`: run a command as a supervised sidecar from a terminal or a script.

mod args;
mod configuration;
mod file;
mod outcome;
mod print;
mod printer;
mod reader;
mod run;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    // First of all: it forks, and nothing else may run yet. Why it failed is told by the first
    // event's `protection` and by the engine's log.
    let _ = sidecar_lifecycle::guardian::start();
    match args::Args::parse().command {
        args::Command::Run(run) => run::run(*run),
    }
}
