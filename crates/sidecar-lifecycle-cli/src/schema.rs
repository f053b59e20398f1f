//! `sidecar schema`: what configuration files may say, for editors and checkers.

use std::process::ExitCode;

use clap::ValueEnum;
use sidecar_lifecycle::ConfigFile;

use crate::paint::say;

/// What `sidecar schema` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  sidecar schema > sidecar.schema.json    and \"$schema\": \"./sidecar.schema.json\" in the file")]
pub(crate) struct Args {
    /// Which file it is about.
    #[arg(value_enum, default_value_t = Which::Run)]
    which: Which,
}

/// A file that has a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Which {
    /// The file of `sidecar run --config`.
    Run,
}

/// Prints it.
pub(crate) fn schema(args: &Args) -> ExitCode {
    match args.which {
        Which::Run => say(ConfigFile::SCHEMA),
    }
    ExitCode::SUCCESS
}
