//! What Berth says to whoever started it from a terminal or a script.
//!
//! `println!` panics when nobody reads any more: after `berth | head -n 1`, or once the terminal is
//! closed. What Berth has to say there is never worth its end.
//!
//! A release build for Windows has no terminal, and often nothing else that hears it: what must not
//! be missed is shown in a box of the system's then.

#[cfg(windows)]
mod message;

use std::io::{self, Write};
use std::process::ExitCode;

/// A line on stdout: scripts wait for these.
pub(crate) fn say(line: &str) {
    write(io::stdout().lock(), line);
}

/// A line on stderr, where there is no window to show it in.
pub(crate) fn complain(why: &str) {
    write(io::stderr().lock(), &format!("berth: {why}"));
    #[cfg(windows)]
    message::show_unless_heard(&io::stderr(), why, message::Kind::Error);
}

/// A line on stdout in the place of a window.
pub(crate) fn explain(line: &str) {
    say(line);
    #[cfg(windows)]
    message::show_unless_heard(&io::stdout(), line, message::Kind::Note);
}

/// What is wrong with the arguments, or what was asked about them, with the exit code for it.
pub(crate) fn answer(usage: &clap::Error) -> ExitCode {
    if let Err(e) = usage.print() {
        log::debug!("nobody reads how it is used: {e}");
    }
    #[cfg(windows)]
    {
        let text = usage.render().to_string();
        if usage.use_stderr() {
            message::show_unless_heard(&io::stderr(), &text, message::Kind::Error);
        } else {
            message::show_unless_heard(&io::stdout(), &text, message::Kind::Note);
        }
    }
    u8::try_from(usage.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
}

fn write(mut to: impl Write, line: &str) {
    // In one piece, so that nothing of another thread's comes between a line and its end.
    let written = to
        .write_all(format!("{line}\n").as_bytes())
        .and_then(|()| to.flush());
    if let Err(e) = written {
        log::debug!("nobody reads “{line}”: {e}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[test]
    fn arguments_keep_their_exit_codes() {
        let code = |words: &[&str]| {
            let wrong = crate::args::Args::try_parse_from(words).unwrap_err();
            format!("{:?}", answer(&wrong))
        };
        assert_eq!(
            code(&["berth", "--version"]),
            format!("{:?}", ExitCode::SUCCESS)
        );
        assert_eq!(
            code(&["berth", "--prot", "1"]),
            format!("{:?}", ExitCode::from(2))
        );
    }
}
