//! What the commands print: to stdout, in colour where a terminal shows it.

use std::io::{self, IsTerminal, Write};

pub(crate) const RED: &str = "31";
pub(crate) const GREEN: &str = "32";
pub(crate) const YELLOW: &str = "33";
pub(crate) const CYAN: &str = "36";
pub(crate) const BOLD: &str = "1";
pub(crate) const DIM: &str = "2";

/// Where text goes, and what it may look like there.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Paint {
    colour: bool,
    /// Columns of the terminal; nothing where the text goes elsewhere and is best left whole.
    pub(crate) width: Option<usize>,
}

impl Paint {
    /// For stdout: in colour when it is a terminal and nobody asked for none
    /// (<https://no-color.org>).
    pub(crate) fn of_stdout() -> Paint {
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
        let terminal = io::stdout().is_terminal();
        Paint {
            colour: wanted && terminal && knows_escapes(),
            width: terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| width.0.into()),
        }
    }

    /// As in a terminal of this width, or none, without colours.
    #[cfg(test)]
    pub(crate) fn plain(width: Option<usize>) -> Paint {
        Paint {
            colour: false,
            width,
        }
    }

    /// As in a terminal.
    #[cfg(test)]
    pub(crate) fn coloured() -> Paint {
        Paint {
            colour: true,
            width: None,
        }
    }

    /// Ends every colour that is on.
    pub(crate) fn reset(self) -> &'static str {
        if self.colour { "\u{1b}[0m" } else { "" }
    }

    pub(crate) fn paint(self, code: &str, text: &str) -> String {
        if self.colour && !text.is_empty() {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
}

/// Whether a terminal takes escapes for what they are.
#[cfg(not(windows))]
fn knows_escapes() -> bool {
    true
}

/// The consoles of Windows 10 print them unless each program asks for more. What is a terminal and no
/// console is one of MSYS's (Git Bash), which takes them.
#[cfg(windows)]
fn knows_escapes() -> bool {
    use windows_sys::Win32::System::Console::{
        ENABLE_VIRTUAL_TERMINAL_PROCESSING, GetConsoleMode, GetStdHandle, STD_OUTPUT_HANDLE,
        SetConsoleMode,
    };

    let mut mode = 0;
    // SAFETY: takes a number.
    let stdout = unsafe { GetStdHandle(STD_OUTPUT_HANDLE) };
    // SAFETY: whatever the handle is, `mode` is a place for the answer.
    if unsafe { GetConsoleMode(stdout, &raw mut mode) } == 0 {
        return true;
    }
    // SAFETY: the handle is a console's.
    unsafe { SetConsoleMode(stdout, mode | ENABLE_VIRTUAL_TERMINAL_PROCESSING) != 0 }
}

/// Prints to stdout. A reader that has gone (`sidecar ps | head -1`) has what it wanted.
pub(crate) fn say(text: &str) {
    let mut out = io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush()); // See above.
}

/// Says on stderr why there is no answer.
#[expect(clippy::print_stderr, reason = "stdout carries the answer")]
pub(crate) fn complain(why: &str) {
    eprintln!("sidecar: {why}");
}
