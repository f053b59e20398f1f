//! Bytes into lines.

/// A line that never ends is cut here, so that it cannot fill the memory.
const MAX_LINE: usize = 64 * 1024;

/// Collects the bytes of one stream until a line is whole.
#[derive(Debug, Default)]
pub(crate) struct Splitter {
    partial: Vec<u8>,
}

impl Splitter {
    /// Takes bytes and hands out each line that they complete, without its line end. Bytes that
    /// are not UTF-8 are shown as U+FFFD; the log file keeps them as they were.
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
            let rest = self.partial.split_off(MAX_LINE);
            self.flush(&mut line);
            self.partial = rest;
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

/// One line, in pieces of a bounded length.
fn hand_out(bytes: &[u8], line: &mut impl FnMut(String)) {
    let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
    if bytes.is_empty() {
        line(String::new());
    }
    for piece in bytes.chunks(MAX_LINE) {
        line(String::from_utf8_lossy(piece).into_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn bytes_that_are_no_text_are_shown_and_not_dropped() {
        assert_eq!(lines(&[b"a\xff\xfeb\n"]), ["a\u{fffd}\u{fffd}b"]);
    }
}
