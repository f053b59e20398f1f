//! Requests to end this program: Ctrl+C, `kill`, a closed terminal.

use std::io;

/// Why the program was asked to end.
///
/// ```
/// use sidecar_lifecycle::Termination;
///
/// fn log(t: Termination) {
///     println!("{} (signal {}), for the {}. time", t.name(), t.signal, t.count);
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Termination {
    /// The signal's number.
    pub signal: i32,
    /// 1 for the first request. A second one means: now.
    pub count: u32,
}

impl Termination {
    /// The signal's name, for people: `SIGINT`, say.
    ///
    /// ```
    /// fn reason(t: sidecar_lifecycle::Termination) -> String {
    ///     format!("ended by {}", t.name())
    /// }
    /// ```
    pub fn name(&self) -> &'static str {
        crate::sys::signal_name(self.signal)
    }
}

/// Calls `on` for every request to end, on a thread of its own. The program no longer ends by
/// itself then: `on` has to see to it.
///
/// Call it once, and after [`guardian::start`](crate::guardian::start): it starts a thread.
///
/// ```no_run
/// # fn example(engine: &sidecar_lifecycle::Engine) -> std::io::Result<()> {
/// let engine = engine.clone();
/// sidecar_lifecycle::on_termination(move |t| match t.count {
///     1 => engine.begin_shutdown(t.name()),
///     _ => engine.force(),
/// })?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// The system's answer, if the signals cannot be caught.
pub fn on_termination(on: impl FnMut(Termination) + Send + 'static) -> io::Result<()> {
    crate::sys::on_termination(on)
}
