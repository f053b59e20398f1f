//! Reads a log back from its files, in the order in which the spawner tells of it.

use std::collections::VecDeque;
use std::fs::File;
use std::sync::Arc;

use crate::logs::Piece;
use crate::sys::read_at;

/// Bytes that the host may be behind. A sidecar that writes faster than its lines can be looked
/// at for that long is followed from a later place on: else its end would be waited for as long.
const MAX_BEHIND: u64 = 64 << 20;
/// The same once its end was asked for: what it says last is wanted, and soon.
const MAX_BEHIND_AT_END: u64 = 1 << 20;

/// What is to be read.
#[derive(Debug)]
pub(crate) struct LogReader {
    /// The file that is read. It may have been renamed or deleted since.
    file: Option<Arc<File>>,
    pieces: VecDeque<Piece>,
    behind: u64,
    max_behind: u64,
}

impl Default for LogReader {
    fn default() -> LogReader {
        LogReader {
            file: None,
            pieces: VecDeque::new(),
            behind: 0,
            max_behind: MAX_BEHIND,
        }
    }
}

/// What was found next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// So many bytes of this stream.
    Bytes(u8, usize),
    /// Something is missing here.
    Gap,
}

impl LogReader {
    /// These are to be read, after those before.
    pub(crate) fn expect(&mut self, pieces: Vec<Piece>) {
        let grown: u64 = pieces.iter().map(length).sum();
        self.behind += grown;
        self.pieces.extend(pieces);
        self.catch_up();
    }

    /// The end was asked for.
    pub(crate) fn hurry(&mut self) {
        self.max_behind = MAX_BEHIND_AT_END;
        self.catch_up();
    }

    /// Gives up the oldest of what it is too far behind with.
    fn catch_up(&mut self) {
        let mut excess = self.behind.saturating_sub(self.max_behind);
        if excess == 0 {
            return;
        }
        self.behind -= excess;
        while excess > 0
            && let Some(piece) = self.pieces.pop_front()
        {
            match piece {
                Piece::File(file) => self.file = file,
                Piece::Bytes {
                    stream,
                    offset,
                    len,
                } => {
                    let cut = excess.min(len);
                    excess -= cut;
                    if cut < len {
                        self.pieces.push_front(Piece::Bytes {
                            stream,
                            offset: offset + cut,
                            len: len - cut,
                        });
                    }
                }
                Piece::Lost => {}
            }
        }
        self.pieces.push_front(Piece::Lost);
    }

    /// Reads the next bytes into `buf`. `None`: that was all.
    pub(crate) fn next(&mut self, buf: &mut [u8]) -> Option<Found> {
        loop {
            match self.pieces.pop_front()? {
                Piece::File(file) => self.file = file,
                Piece::Lost => return Some(Found::Gap),
                Piece::Bytes {
                    stream,
                    offset,
                    len,
                } => {
                    let want = usize::try_from(len).unwrap_or(usize::MAX).min(buf.len());
                    let file = self.file.as_ref();
                    let got = file.map_or(Ok(0), |f| read_at(f, &mut buf[..want], offset));
                    let Ok(n @ 1..) = got else {
                        // The file was truncated by somebody, or could not be handed over.
                        log::debug!("{len} bytes of a log cannot be read back: {got:?}");
                        self.behind -= len;
                        return Some(Found::Gap);
                    };
                    self.behind -= n as u64;
                    let rest = Piece::Bytes {
                        stream,
                        offset: offset + n as u64,
                        len: len - n as u64,
                    };
                    if length(&rest) > 0 {
                        self.pieces.push_front(rest);
                    }
                    return Some(Found::Bytes(stream, n));
                }
            }
        }
    }

    /// Whether there is nothing left to be read.
    pub(crate) fn is_done(&self) -> bool {
        self.pieces.is_empty()
    }
}

fn length(piece: &Piece) -> u64 {
    match piece {
        Piece::Bytes { len, .. } => *len,
        Piece::File(_) | Piece::Lost => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn file(text: &[u8]) -> Piece {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(text).unwrap();
        Piece::File(Some(Arc::new(file)))
    }

    fn bytes(stream: u8, offset: u64, len: u64) -> Piece {
        Piece::Bytes {
            stream,
            offset,
            len,
        }
    }

    fn all(reader: &mut LogReader) -> Vec<String> {
        let mut buf = [0; 4];
        let mut all = Vec::new();
        while let Some(found) = reader.next(&mut buf) {
            all.push(match found {
                Found::Bytes(stream, n) => {
                    format!("{stream}:{}", String::from_utf8_lossy(&buf[..n]))
                }
                Found::Gap => "gap".to_owned(),
            });
        }
        assert!(reader.is_done());
        assert_eq!(reader.behind, 0);
        all
    }

    #[test]
    fn reads_on_in_the_next_file_also_when_several_came_at_once() {
        let mut reader = LogReader::default();
        reader.expect(vec![
            file(b"abcdef"),
            bytes(0, 0, 6),
            file(b"g"),
            bytes(1, 0, 1),
            file(b"xyz"),
        ]);
        reader.expect(vec![bytes(0, 1, 2)]);
        assert_eq!(all(&mut reader), ["0:abcd", "0:ef", "1:g", "0:yz"]);
    }

    #[test]
    fn what_cannot_be_read_leaves_a_gap_and_the_rest_is_read() {
        let mut reader = LogReader::default();
        reader.expect(vec![
            file(b"ab"),
            bytes(0, 0, 100),
            Piece::File(None),
            bytes(0, 0, 5),
            file(b"cd"),
            bytes(0, 0, 2),
            Piece::Lost,
        ]);
        assert_eq!(all(&mut reader), ["0:ab", "gap", "gap", "0:cd", "gap"]);
    }

    #[test]
    fn who_is_too_far_behind_goes_on_at_a_later_place() {
        let mut reader = LogReader::default();
        reader.expect(vec![
            file(b"old"),
            bytes(0, 0, MAX_BEHIND + 3),
            file(b"abc"),
        ]);
        assert_eq!(reader.behind, MAX_BEHIND);
        assert_eq!(reader.pieces.len(), 3, "{:?}", reader.pieces);
        reader.expect(vec![bytes(1, 0, MAX_BEHIND), bytes(1, 1, 2)]);
        assert_eq!(reader.behind, MAX_BEHIND);
        let mut buf = [0; 8];
        assert_eq!(reader.next(&mut buf), Some(Found::Gap));
        assert_eq!(
            reader.next(&mut buf),
            Some(Found::Bytes(1, 1)),
            "the third byte"
        );
        assert_eq!(buf[0], b'c');
        reader.hurry();
        assert_eq!(reader.behind, MAX_BEHIND_AT_END);
        reader.expect(vec![bytes(1, 3, 5)]);
        assert_eq!(reader.behind, MAX_BEHIND_AT_END);
    }
}
