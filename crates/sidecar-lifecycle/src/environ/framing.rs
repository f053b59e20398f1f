//! Finding the environment in what a login shell prints.
//!
//! Start-up files print greetings, prompts and escape codes before and after. Two random sentinels
//! enclose what counts; between them stand `NAME=value` entries, each ended by a NUL.

use std::ffi::OsString;
use std::iter;

use super::map::EnvMap;
use super::platform;

/// No environment is larger: the kernel refuses to start programs long before.
pub(super) const ANSWER_CAP: usize = 8 * 1024 * 1024;

/// What the bytes so far amount to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// The end sentinel has not come yet.
    More,
    /// Both sentinels were seen.
    Complete,
    /// More than [`ANSWER_CAP`] bytes without an end sentinel.
    TooLarge,
}

/// Takes output piece by piece and keeps no more of it than the answer.
#[derive(Debug)]
pub(super) struct Framing {
    begin: String,
    end: String,
    begun: bool,
    complete: bool,
    buffer: Vec<u8>,
}

impl Framing {
    /// Sentinels that no start-up file can have guessed.
    pub(super) fn new() -> Framing {
        let word = || -> String { iter::repeat_with(fastrand::alphanumeric).take(24).collect() };
        Framing {
            begin: format!("env-begin-{}", word()),
            end: format!("env-end-{}", word()),
            begun: false,
            complete: false,
            buffer: Vec::new(),
        }
    }

    /// Printed before the environment. Letters, digits and `-` only: safe in any shell's quotes.
    pub(super) fn begin(&self) -> &str {
        &self.begin
    }

    /// Printed after the environment.
    pub(super) fn end(&self) -> &str {
        &self.end
    }

    /// Takes the next piece of output.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Progress {
        if self.complete {
            return Progress::Complete;
        }
        // A sentinel may be cut in two by the pipe, so the search goes back by its length.
        let overlap = if self.begun {
            self.end.len()
        } else {
            self.begin.len()
        };
        let mut from = self.buffer.len().saturating_sub(overlap);
        self.buffer.extend_from_slice(bytes);

        if !self.begun {
            let Some(at) = find(&self.buffer[from..], self.begin.as_bytes()) else {
                let noise = self.buffer.len().saturating_sub(self.begin.len());
                self.buffer.drain(..noise);
                return Progress::More;
            };
            self.buffer.drain(..from + at + self.begin.len());
            self.begun = true;
            from = 0;
        }
        if let Some(at) = find(&self.buffer[from..], self.end.as_bytes()) {
            self.buffer.truncate(from + at);
            self.complete = true;
            return Progress::Complete;
        }
        if self.buffer.len() > ANSWER_CAP {
            Progress::TooLarge
        } else {
            Progress::More
        }
    }

    /// The environment between the sentinels; `None` if it is incomplete or is not one.
    pub(super) fn into_env(self) -> Option<EnvMap> {
        if !self.complete {
            return None;
        }
        let entries = self.buffer.strip_suffix(b"\0")?;
        entries.split(|byte| *byte == 0).map(entry).collect()
    }
}

fn entry(bytes: &[u8]) -> Option<(OsString, OsString)> {
    // The first byte belongs to the name even when it is `=`.
    let at = 1 + bytes.get(1..)?.iter().position(|byte| *byte == b'=')?;
    let text = |part: &[u8]| platform::os_string_from_bytes(part.to_vec());
    Some((text(&bytes[..at])?, text(&bytes[at + 1..])?))
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environ::map::of;

    const PIECE: usize = 8192;

    fn fed_in_pieces(output: &[u8], framing: &mut Framing, piece: usize) -> Progress {
        let mut progress = Progress::More;
        for bytes in output.chunks(piece) {
            progress = framing.feed(bytes);
        }
        progress
    }

    #[test]
    fn any_cut_of_the_output_gives_the_same_answer() {
        for piece in 1..80 {
            let mut framing = Framing::new();
            let output = format!(
                "Welcome!\n\u{1b}[0menv-begin-{}A=1\0LINES=a\nb=c\0EMPTY=\0{}bye",
                framing.begin(),
                framing.end()
            );
            assert_eq!(
                fed_in_pieces(output.as_bytes(), &mut framing, piece),
                Progress::Complete
            );
            let env = framing.into_env().expect("an answer");
            assert_eq!(env, of(&[("A", "1"), ("LINES", "a\nb=c"), ("EMPTY", "")]));
        }
    }

    #[test]
    fn noise_without_end_is_not_kept() {
        let mut framing = Framing::new();
        for _ in 0..64 {
            assert_eq!(framing.feed(&[b'x'; PIECE]), Progress::More);
            assert!(framing.buffer.len() < 100);
        }
    }

    #[test]
    fn an_answer_without_end_stops_at_the_cap() {
        let mut framing = Framing::new();
        framing.feed(framing.begin().to_owned().as_bytes());
        let pieces = (1..10_000).find(|_| framing.feed(&[b'x'; PIECE]) == Progress::TooLarge);
        assert_eq!(pieces, Some(ANSWER_CAP / PIECE + 1));
    }

    #[test]
    fn an_answer_that_is_no_environment_is_refused() {
        for answer in ["", "A=1", "usage: env [-i]\n\0", "A=1\0\0", "=\0"] {
            let mut framing = Framing::new();
            let output = format!("{}{answer}{}", framing.begin(), framing.end());
            assert_eq!(framing.feed(output.as_bytes()), Progress::Complete);
            assert_eq!(framing.into_env(), None, "{answer:?}");
        }
    }
}
