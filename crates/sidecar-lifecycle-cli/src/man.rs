//! `sidecar man`: made from the definition of the arguments.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Command, CommandFactory};

use crate::paint::{complain, say};

/// What `sidecar man` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  sidecar man run | man -l -
  sidecar man --output ~/.local/share/man/man1    then: man sidecar-run")]
pub(crate) struct Args {
    /// The command that the page is about [default: sidecar itself].
    #[arg(value_name = "COMMAND", conflicts_with = "output")]
    page: Option<String>,
    /// Write all pages to this folder, which is made if it is missing.
    #[arg(long, short, value_name = "DIR")]
    output: Option<PathBuf>,
}

/// Prints or writes.
pub(crate) fn man(args: &Args) -> ExitCode {
    let done = match &args.output {
        Some(folder) => write_all(folder),
        None => print(args.page.as_deref()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            complain(&why);
            ExitCode::from(2)
        }
    }
}

fn print(page: Option<&str>) -> Result<(), String> {
    let pages = pages();
    let name = page.map_or("sidecar".to_owned(), |page| format!("sidecar-{page}"));
    let Some(page) = pages.iter().find(|page| self::name(page) == name) else {
        let known = pages
            .iter()
            .filter_map(|p| self::name(p).strip_prefix("sidecar-"));
        let known = known.collect::<Vec<_>>().join(", ");
        return Err(format!("there is no page {name}: choose one of {known}"));
    };
    say(&String::from_utf8_lossy(
        &render(page).map_err(|e| e.to_string())?,
    ));
    Ok(())
}

fn write_all(folder: &Path) -> Result<(), String> {
    let failed = |path: &Path, e: io::Error| format!("cannot write {}: {e}", path.display());
    std::fs::create_dir_all(folder).map_err(|e| failed(folder, e))?;
    for page in pages() {
        let path = folder.join(format!("{}.1", name(&page)));
        let written = render(&page).and_then(|text| std::fs::write(&path, text));
        written.map_err(|e| failed(&path, e))?;
    }
    Ok(())
}

/// The command and its commands.
fn pages() -> Vec<Command> {
    let mut main = crate::args::Args::command().disable_help_subcommand(true);
    main.build(); // Else the commands do not know how they are called.
    let commands: Vec<Command> = main.get_subcommands().cloned().collect();
    std::iter::once(main).chain(commands).collect()
}

/// `sidecar`, `sidecar-run`: what `man` is asked for.
fn name(page: &Command) -> &str {
    page.get_display_name().unwrap_or(page.get_name())
}

fn render(page: &Command) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    clap_mangen::Man::new(page.clone()).render(&mut text)?;
    Ok(text)
}
