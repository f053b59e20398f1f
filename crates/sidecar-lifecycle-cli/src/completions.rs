//! `sidecar completions`: made from the definition of the arguments.

use std::process::ExitCode;

use clap::CommandFactory;
use clap_complete::Shell;

use crate::paint::say;

/// What `sidecar completions` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  bash        source <(sidecar completions bash)
  zsh         sidecar completions zsh > \"${fpath[1]}/_sidecar\"
  fish        sidecar completions fish > ~/.config/fish/completions/sidecar.fish
  elvish      eval (sidecar completions elvish | slurp)
  powershell  sidecar completions powershell | Out-String | Invoke-Expression")]
pub(crate) struct Args {
    /// The shell.
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints the script.
pub(crate) fn completions(args: &Args) -> ExitCode {
    let mut script = Vec::new();
    let mut command = crate::args::Args::command();
    clap_complete::generate(args.shell, &mut command, "sidecar", &mut script);
    say(&String::from_utf8_lossy(&script));
    ExitCode::SUCCESS
}
