//! `sidecar`: run a command as a supervised sidecar from a terminal or a script.

mod args;
mod completions;
mod configuration;
mod doctor;
mod file;
mod man;
mod outcome;
mod paint;
mod port;
mod print;
mod printer;
mod ps;
mod reader;
mod run;
mod schema;
mod table;
mod words;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    // First of all: it forks, and nothing else may run yet. Why it failed is told by the first
    // event's `protection`, by the engine's log, and by the doctor.
    let guardian = sidecar_lifecycle::guardian::start();
    match args::Args::parse().command {
        args::Command::Run(run) => run::run(&run),
        args::Command::Ps(args) => ps::ps(&args),
        args::Command::Port(args) => port::port(&args),
        args::Command::Doctor(args) => doctor::doctor(&args, guardian),
        args::Command::Schema(args) => schema::schema(&args),
        args::Command::Completions(args) => completions::completions(&args),
        args::Command::Man(args) => man::man(&args),
    }
}
