//! What Berth says to whoever started it from a terminal or a script.
//!
//! `println!` panics when nobody reads any more: after `berth | head -n 1`, or once the terminal is
//! closed. What Berth has to say there is never worth its end.

use std::io::{self, Write};

/// A line on stdout: scripts wait for these.
pub(crate) fn say(line: &str) {
    write(io::stdout().lock(), line);
}

/// A line on stderr, where there is no window to show it in.
pub(crate) fn complain(why: &str) {
    write(io::stderr().lock(), &format!("berth: {why}"));
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
