//! Requests to end this program: Ctrl+C, `kill`, a closed terminal.

use std::io;

/// Why the program was asked to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Termination {
    /// The signal's number.
    pub signal: i32,
    /// 1 for the first request. A second one means: now.
    pub count: u32,
}

impl Termination {
    /// The signal's name, for people.
    pub fn name(&self) -> &'static str {
        crate::sys::signal_name(self.signal)
    }
}

/// Calls `on` for every request to end, on a thread of its own. The program no longer ends by
/// itself then: `on` has to see to it.
///
/// Call it once, and after [`guardian::start`](crate::guardian::start): it starts a thread.
///
/// # Errors
/// The system's answer, if the signals cannot be caught.
pub fn on_termination(on: impl FnMut(Termination) + Send + 'static) -> io::Result<()> {
    crate::sys::on_termination(on)
}
