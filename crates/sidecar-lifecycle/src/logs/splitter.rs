//! Bytes into lines.

use crate::sys::text_of;

/// A line that never ends is cut here, so that it cannot fill the memory.
const MAX_LINE: usize = 64 * 1024;

/// Collects the bytes of one stream until a line is whole.
#[derive(Debug, Default)]
pub(crate) struct Splitter {
    partial: Vec<u8>,
}

impl Splitter {
    /// Takes bytes and hands back the lines that they complete as they are, line ends included, for
    /// [`lines`] to take apart when somebody wants to see them. `None`, and nothing taken: they
    /// complete no line, or one that is to be cut.
    pub(crate) fn whole_lines(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        let first = memchr::memchr(b'\n', bytes)?;
        if self.partial.len() + first > MAX_LINE || bytes.len() > MAX_LINE {
            return None;
        }
        let last = memchr::memrchr(b'\n', bytes).unwrap_or(first);
        let (whole, begun) = bytes.split_at(last + 1);
        let lines = [self.partial.as_slice(), whole].concat();
        self.partial.clear();
        self.partial.extend_from_slice(begun);
        Some(lines)
    }

    /// Takes bytes and hands out each line that they complete, without its line end and fit to be
    /// shown (see [`shown`]). The log file keeps the bytes as they were.
    pub(crate) fn push(&mut self, bytes: &[u8], mut line: impl FnMut(String)) {
        let mut begin = 0;
        for end in memchr::memchr_iter(b'\n', bytes) {
            let head = &bytes[begin..end];
            begin = end + 1;
            if self.partial.is_empty() {
                hand_out(head, &mut line); // Nearly every line arrives whole.
            } else {
                self.partial.extend_from_slice(head);
                self.flush(&mut line);
            }
        }
        self.partial.extend_from_slice(&bytes[begin..]);
        while self.partial.len() > MAX_LINE {
            let (head, rest) = cut(&self.partial);
            line(shown(head));
            self.partial = rest.to_vec();
        }
    }

    /// Hands out what is there as a last line: no more bytes will come.
    pub(crate) fn finish(&mut self, mut line: impl FnMut(String)) {
        if !self.partial.is_empty() {
            self.flush(&mut line);
        }
    }

    fn flush(&mut self, line: &mut impl FnMut(String)) {
        hand_out(&self.partial, line);
        self.partial.clear();
    }
}

/// The lines in what [`Splitter::whole_lines`] handed back, fit to be shown.
pub(crate) fn lines(whole: &[u8]) -> impl Iterator<Item = String> {
    let mut begin = 0;
    memchr::memchr_iter(b'\n', whole).map(move |end| {
        let line = &whole[begin..end];
        begin = end + 1;
        shown(without_return(line))
    })
}

/// The line of these around the byte at `at`, and where the next one begins.
pub(crate) fn line_at(whole: &[u8], at: usize) -> (String, usize) {
    let begin = memchr::memrchr(b'\n', &whole[..at]).map_or(0, |end| end + 1);
    let end = memchr::memchr(b'\n', &whole[at..]).map_or(whole.len(), |n| at + n);
    (shown(without_return(&whole[begin..end])), end + 1)
}

fn without_return(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// One line, in pieces of a bounded length.
fn hand_out(bytes: &[u8], line: &mut impl FnMut(String)) {
    let mut rest = without_return(bytes);
    loop {
        let (head, tail) = cut(rest);
        line(shown(head));
        rest = tail;
        if rest.is_empty() {
            return;
        }
    }
}

/// As much as one line may hold, and the rest: cut between characters.
fn cut(bytes: &[u8]) -> (&[u8], &[u8]) {
    if bytes.len() <= MAX_LINE {
        return (bytes, &[]);
    }
    let is_inside = |at: &usize| bytes[*at] & 0b1100_0000 == 0b1000_0000;
    let before = (MAX_LINE - 3..=MAX_LINE).rev().find(|at| !is_inside(at));
    bytes.split_at(before.unwrap_or(MAX_LINE)) // Else it is no text anyway.
}

/// A line as it is shown. Bytes that are no UTF-8 become U+FFFD; on Windows the whole line is then
/// read in the code page of the system's consoles. Control characters, which would
/// ring a terminal's bell, delete, or say what is not there, become their pictures (`␀`, `␇`, `␈`);
/// but for tabs, for the escapes that colours begin with, and for carriage returns, with which
/// progress is drawn. The second set of them (U+0080 to U+009F, where terminals find escapes too)
/// has no pictures and becomes U+FFFD.
fn shown(bytes: &[u8]) -> String {
    let harmless = |b: u8| matches!(b, b'\t' | b'\r' | 0x1b | 0x20..=0x7e | 0x80..=0xc1 | 0xc3..);
    // 0xC2 begins the second set. All bytes are looked at, since that can be done many at a time.
    let is_harmless = bytes.iter().fold(true, |all, &b| all & harmless(b));
    if is_harmless && let Ok(text) = str::from_utf8(bytes) {
        return text.to_owned(); // Nearly every line: three times faster than a lossy look.
    }
    let text = text_of(bytes);
    let picture = |c: char| match c {
        '\t' | '\r' | '\u{1b}' => c,
        '\0'..='\u{1f}' => {
            char::from_u32(0x2400 + u32::from(c)).unwrap_or(char::REPLACEMENT_CHARACTER)
        }
        '\u{7f}' => '\u{2421}',
        '\u{80}'..='\u{9f}' => char::REPLACEMENT_CHARACTER,
        _ => c,
    };
    text.chars().map(picture).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lines(chunks: &[&[u8]]) -> Vec<String> {
        let mut splitter = Splitter::default();
        let mut out = Vec::new();
        for chunk in chunks {
            splitter.push(chunk, |l| out.push(l));
        }
        splitter.finish(|l| out.push(l));
        out
    }

    #[test]
    fn lines_are_whole_wherever_the_chunks_are_cut() {
        let text = b"one\r\ntwo\n\nthree \xf0\x9f\xa6\x80 crab\nlast";
        for cut in 0..text.len() {
            let (a, b) = text.split_at(cut);
            assert_eq!(
                lines(&[a, b]),
                ["one", "two", "", "three 🦀 crab", "last"],
                "cut {cut}"
            );
        }
    }

    #[test]
    fn an_endless_line_is_cut_and_not_kept() {
        let mut splitter = Splitter::default();
        let mut total = 0;
        for _ in 0..100 {
            splitter.push(&[b'x'; 10_000], |l| {
                assert!(l.len() <= MAX_LINE);
                total += l.len();
            });
            assert!(splitter.partial.len() <= MAX_LINE);
        }
        splitter.finish(|l| total += l.len());
        assert_eq!(total, 1_000_000);
    }

    /// Two halves of a character were shown as two that are none.
    #[test]
    fn a_long_line_is_cut_between_characters() {
        let text = "🦀".repeat(MAX_LINE / 2);
        for shift in 0..4 {
            let line = format!("{}{text}\n", "x".repeat(shift));
            for chunk in [7_919, MAX_LINE, usize::MAX] {
                let chunks: Vec<_> = line.as_bytes().chunks(chunk.min(line.len())).collect();
                let got = lines(&chunks);
                assert!(got.len() > 1);
                assert_eq!(got.concat(), line.trim_end());
            }
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_shown_and_not_dropped() {
        let shown = lines(&[b"a\xff\xfeb\n"]).concat();
        if cfg!(windows) {
            // As what they are in the code page of the consoles, which differs by country.
            let inside = shown
                .strip_prefix('a')
                .and_then(|rest| rest.strip_suffix('b'));
            assert!(inside.is_some_and(|inside| !inside.is_empty()), "{shown}");
        } else {
            assert_eq!(shown, "a\u{fffd}\u{fffd}b");
        }
    }

    #[test]
    fn control_characters_are_shown_and_not_obeyed() {
        assert_eq!(lines(&[b"a\0b\x07c\x08d\x7f\n"]), ["a␀b␇c␈d␡"]);
        assert_eq!(lines(&["x\u{9b}2J".as_bytes()]), ["x\u{fffd}2J"]);
        let harmless = "\t\u{1b}[32mok\u{1b}[0m 1%\r2% \u{a0}é";
        assert_eq!(lines(&[harmless.as_bytes()]), [harmless]);
    }

    proptest! {
        #[test]
        fn the_chunks_make_no_difference_to_the_lines(
            bytes in proptest::collection::vec(
                prop_oneof![4 => Just(b'x'), 1 => Just(b'\n'), 1 => Just(b'\r'), 2 => any::<u8>()],
                0..300,
            ),
            cuts in proptest::collection::vec(0_usize..300, 0..10),
        ) {
            let mut cuts: Vec<usize> = cuts.into_iter().map(|c| c.min(bytes.len())).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let chunks: Vec<&[u8]> = cuts.windows(2).map(|w| &bytes[w[0]..w[1]]).collect();
            prop_assert_eq!(lines(&chunks), lines(&[&bytes]));
        }
    }
}
