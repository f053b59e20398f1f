//! The other processes: plain children, and escapees by double fork.
//!
//! Each is this program run again with another role, so that one with an empty
//! environment works like the rest. A new process says that it is set up by one
//! byte on its descriptor 0, which is the writing end of a pipe; its maker waits
//! for that byte, so the family stands before the leader goes on.

use std::io::{self, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::args::{Cli, Role};
use crate::{pidfile, sys};

/// Makes all children and escapees that were asked for. Answers the middle
/// process, whose end is the leader's.
pub(crate) fn raise(cli: &Cli) -> io::Result<Option<Child>> {
    let family = &cli.family;
    let middle = family.middle.then(|| make_middle(cli)).transpose()?;
    for _ in 0..family.fork {
        let mut child = again(cli, Role::Child)?;
        if cli.end.ignore_term {
            child.arg("--ignore-term");
        }
        spawn_and_wait_until_up(child)?;
    }
    if let Some(program) = &family.helper {
        spawn_and_wait_until_up(under_name(program, cli, Role::Child))?;
    }
    if family.setsid {
        launch(cli, &["--setsid"])?;
    }
    if family.double_fork {
        launch(cli, &["--double-fork"])?;
    }
    if family.hold_stdout {
        launch(cli, &["--setsid", "--hold-stdout"])?;
    }
    if family.fork_storm {
        let mut storm = again(cli, Role::Storm)?;
        if family.escapee_ignores_term {
            storm.arg("--ignore-term");
        }
        spawn_and_wait_until_up(storm)?;
    }
    Ok(middle)
}

fn make_middle(cli: &Cli) -> io::Result<Child> {
    let mut middle = again(cli, Role::Middle)?;
    middle.args(["--fork", "1"]);
    if cli.end.ignore_term {
        middle.arg("--ignore-term");
    }
    spawn_and_wait_until_up(middle)
}

/// Runs this program again and again. Deaf by a handler: a child would inherit that a signal is
/// ignored.
pub(crate) fn respawn(cli: &Cli, words: &str) -> io::Result<()> {
    // Its reading end is kept for the handler's sake; nobody reads.
    let (_asked, pipe) = io::pipe()?;
    sys::catch_asking_signals(&pipe)?;
    loop {
        let mut child = Command::new(std::env::current_exe()?);
        child.arg("--max-life").arg(max_life(cli));
        child.args(words.split_whitespace()).stdin(Stdio::null());
        child.status()?;
    }
}

/// Starts the middle process of a double fork and waits until it has ended.
fn launch(cli: &Cli, kind: &[&str]) -> io::Result<()> {
    let mut launcher = again(cli, Role::Launcher)?;
    launcher.args(kind).stdin(Stdio::null());
    for (asked, flag) in [
        (cli.family.escapee_ignores_term, "--escapee-ignores-term"),
        (
            cli.family.close_fds && !kind.contains(&"--hold-stdout"),
            "--close-fds",
        ),
        (cli.family.wipe_env, "--wipe-env"),
    ] {
        if asked {
            launcher.arg(flag);
        }
    }
    let status = launcher.status()?;
    if status.success() {
        Ok(())
    } else {
        Err(io::Error::other(format!(
            "making an escapee failed: its launcher ended with {status}"
        )))
    }
}

/// The launcher's life: a session if asked for, the escapee, the end.
pub(crate) fn launcher(cli: &Cli) -> io::Result<()> {
    if cli.family.setsid {
        sys::new_session()?;
    }
    let mut escapee = again(cli, Role::Escapee)?;
    if cli.family.escapee_ignores_term {
        escapee.arg("--ignore-term");
    }
    if cli.family.close_fds {
        escapee.arg("--close-fds");
    }
    if cli.family.wipe_env {
        escapee.env_clear();
    }
    if !cli.family.hold_stdout {
        escapee.stdout(Stdio::null());
    }
    escapee.stderr(Stdio::null());
    let spawn = if cli.family.setsid {
        sys::spawn_away
    } else {
        Command::spawn
    };
    wait_until_up(escapee, spawn).map(drop)
}

/// The life of a child or an escapee: set up, say so, live on.
pub(crate) fn live_on(cli: &Cli) -> io::Result<()> {
    // As in the leader: they would inherit its deafness.
    raise(cli)?;
    if cli.end.ignore_term {
        sys::ignore_asking_signals();
    }
    pidfile::append(cli.pidfile.as_deref(), name(cli.role))?;
    say_that_it_is_up()?;
    if cli.family.close_fds {
        sys::close_all_descriptors();
    }
    loop {
        std::thread::park();
    }
}

/// Lets its maker go on.
pub(crate) fn say_that_it_is_up() -> io::Result<()> {
    let mut maker = sys::own(&io::stdin())?;
    maker.write_all(b"!")?;
    drop(maker);
    sys::forget_stdin()
}

fn name(role: Role) -> &'static str {
    match role {
        Role::Leader => "leader",
        Role::Child => "child",
        Role::Middle => "middle",
        Role::Storm => "storm",
        Role::Launcher => "launcher",
        Role::Escapee => "escapee",
    }
}

/// This program again, with the arguments that every role needs.
fn again(cli: &Cli, role: Role) -> io::Result<Command> {
    Ok(under_name(&std::env::current_exe()?, cli, role))
}

/// The same from another file.
fn under_name(program: &Path, cli: &Cli, role: Role) -> Command {
    let mut command = Command::new(program);
    command.args(["--role", name(role)]);
    command.arg("--max-life").arg(max_life(cli));
    if let Some(pidfile) = &cli.pidfile {
        command.arg("--pidfile").arg(pidfile);
    }
    command
}

fn max_life(cli: &Cli) -> String {
    format!("{}ms", cli.max_life.as_millis())
}

/// The handle may be dropped: the process outlives it.
fn spawn_and_wait_until_up(command: Command) -> io::Result<Child> {
    wait_until_up(command, Command::spawn)
}

fn wait_until_up(
    mut command: Command,
    spawn: fn(&mut Command) -> io::Result<Child>,
) -> io::Result<Child> {
    let (mut up, announce) = io::pipe()?;
    command.stdin(announce);
    let child = spawn(&mut command)?;
    // Our copy of the writing end goes with the command; else EOF never came.
    drop(command);
    up.read_exact(&mut [0])
        .map_err(|error| io::Error::new(error.kind(), "a new process ended before it was up"))?;
    Ok(child)
}
