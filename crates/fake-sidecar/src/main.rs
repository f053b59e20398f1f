//! A test server that misbehaves on request.
//!
//! Tests of the engine run it as their sidecar: it listens late, ignores
//! SIGTERM, leaves escapees behind, floods its output, and so on. `--help`
//! lists all of it. It makes no promise that a test does not need, save one:
//! what it does is exactly what its flags say, at the moment they say.

mod args;
mod ending;
mod family;
mod listen;
mod output;
mod pidfile;
mod serve;
#[cfg(unix)]
mod storm;
mod sys;
mod values;

use std::io;
use std::process::ExitCode;
use std::thread;
use std::time::Instant;

use clap::Parser;

use args::{Cli, Role};

fn main() -> ExitCode {
    let start = Instant::now();
    // Threads share it until the process ends.
    let cli: &'static Cli = Box::leak(Box::new(Cli::parse()));
    sys::limit_life(cli.max_life);
    if cli.end.as_owner
        && let Err(error) = sys::become_owner()
    {
        output::complain(&format!("Error: {error}"));
        return ExitCode::FAILURE;
    }
    let outcome = match cli.role {
        Role::Leader => lead(cli, start),
        Role::Launcher => family::launcher(cli),
        Role::Child | Role::Middle | Role::Escapee => family::live_on(cli),
        #[cfg(unix)]
        Role::Storm => storm::rage(cli, start),
        #[cfg(windows)]
        Role::Storm => Err(io::ErrorKind::Unsupported.into()), // There is no fork.
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::complain(&format!("Error: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn lead(cli: &'static Cli, start: Instant) -> io::Result<()> {
    // The family first: it would inherit the leader's deafness.
    let middle = family::raise(cli)?;
    ending::prepare_for_signals(&cli.end)?;
    pidfile::append(cli.pidfile.as_deref(), "leader")?;

    if let Some(words) = &cli.family.respawn {
        return family::respawn(cli, words);
    }
    if let Some(middle) = middle {
        ending::end_with(&cli.end, middle);
    }
    if let Some(after) = cli.end.exit_after {
        ending::end_later(&cli.end, start, after);
    }
    #[cfg(windows)]
    if let Some(file) = &cli.output.tell_console {
        std::fs::write(file, sys::console())?;
    }
    let writer = output::begin(&cli.output, listen::wanted_port(&cli.listen));
    let ends_now = cli.end.abort && cli.end.exit_after.is_none() && cli.answer.crash_on.is_none();
    if cli.end.exit_early.is_some() || ends_now {
        // A writer that panicked has nothing more to say.
        let _ = writer.join();
        ending::end(&cli.end, cli.end.exit_early.unwrap_or_default());
    }
    if let Some(file) = &cli.output.chatter {
        thread::spawn(|| {
            output::chatter(file);
            ending::end(&cli.end, cli.end.exit_code);
        });
    }
    if cli.output.echo_stdin || cli.output.sink || cli.end.exit_on_stdin_eof {
        thread::spawn(|| {
            output::drain_stdin(&cli.output);
            if cli.end.exit_on_stdin_eof {
                ending::end(&cli.end, 0);
            }
        });
    }
    if cli.output.sip {
        thread::spawn(output::sip);
    }
    if cli.listen.no_listen {
        loop {
            thread::park();
        }
    }
    let listener = listen::listen(&cli.listen)?;
    let port = listener.local_addr()?.port();
    // In a thread: nobody may be reading, and answers must not wait for that.
    thread::spawn(move || {
        output::say(&format!(
            "listening on {}",
            listen::url(&cli.listen.host, port)
        ));
    });
    serve::serve(cli, &listener);
    Ok(())
}
