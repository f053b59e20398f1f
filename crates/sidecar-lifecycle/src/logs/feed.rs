//! What the host has not been told of a log yet.

use std::collections::VecDeque;
use std::fs::File;
use std::sync::Arc;

/// Pieces remembered while the host is busy. Beyond that the last piece grows, whichever stream
/// its bytes came from: a host that is that far behind loses the streams apart.
const MAX_PIECES: usize = 1024;
/// Files remembered while the host is busy, at the most: each one is an open descriptor and, once
/// it was rotated away for good, room on the disk. The lines of others are in the files that are
/// kept, and not in memory.
pub(crate) const MAX_FILES: usize = 8;

/// Something that the host learns of a run's output, in the order in which it was written.
#[derive(Debug, Clone)]
pub(crate) enum Piece {
    /// What follows lies in this file. `None`: in one that could not be handed over.
    File(Option<Arc<File>>),
    /// These bytes of the file came from this stream.
    Bytes { stream: u8, offset: u64, len: u64 },
    /// Something is missing here.
    Lost,
}

/// The news of one run's output.
#[derive(Debug)]
pub(crate) struct Feed {
    /// Files that are remembered.
    room: usize,
    pieces: VecDeque<Piece>,
    /// The file that the last of the pieces, told or not, lies in.
    file: Option<Arc<File>>,
    awaiting_read: bool,
}

impl Feed {
    /// Of a log of which so many files are kept besides the one that is written.
    pub(crate) fn new(kept: u32) -> Feed {
        let kept = usize::try_from(kept).unwrap_or(usize::MAX);
        Feed {
            room: kept.saturating_add(1).clamp(2, MAX_FILES),
            pieces: VecDeque::new(),
            file: None,
            awaiting_read: false,
        }
    }

    /// The file has grown at `offset`.
    pub(crate) fn grown(&mut self, file: &Arc<File>, stream: u8, offset: u64, len: u64) {
        if !self.file.as_ref().is_some_and(|f| Arc::ptr_eq(f, file)) {
            self.begin(file);
        }
        let full = self.pieces.len() >= MAX_PIECES;
        if let Some(Piece::Bytes {
            stream: last,
            offset: start,
            len: length,
        }) = self.pieces.back_mut()
            && *start + *length == offset
            && (full || *last == stream)
        {
            *length += len;
            return;
        }
        if full {
            // Pieces that cannot grow: another run writes into the same file.
            self.forget_oldest();
            if self.file.is_none() {
                self.begin(file);
            }
        }
        self.pieces.push_back(Piece::Bytes {
            stream,
            offset,
            len,
        });
    }

    fn begin(&mut self, file: &Arc<File>) {
        self.file = Some(Arc::clone(file));
        let is_file = |p: &&Piece| matches!(p, Piece::File(_));
        while self.pieces.iter().filter(is_file).count() >= self.room {
            self.forget_oldest();
        }
        self.pieces.push_back(Piece::File(Some(Arc::clone(file))));
    }

    /// Some output was thrown away.
    pub(crate) fn lost(&mut self) {
        if !matches!(self.pieces.back(), Some(Piece::Lost)) {
            self.pieces.push_back(Piece::Lost);
        }
    }

    /// Drops what comes before the second file.
    fn forget_oldest(&mut self) {
        let is_file = |p: &Piece| matches!(p, Piece::File(_));
        let mut files = self.pieces.iter().enumerate().filter(|(_, p)| is_file(p));
        let first_is_file = self.pieces.front().is_some_and(is_file)
            || matches!(self.pieces.front(), Some(Piece::Lost))
                && self.pieces.get(1).is_some_and(is_file);
        let next = files.nth(usize::from(first_is_file)).map(|(at, _)| at);
        if next.is_none() {
            self.file = None; // It has to be told anew.
        }
        self.pieces.drain(..next.unwrap_or(self.pieces.len()));
        self.pieces.push_front(Piece::Lost);
    }

    /// What the host should be told now: nothing while it still reads what it was told before.
    pub(crate) fn news(&mut self, regardless: bool) -> Option<Vec<Piece>> {
        if self.pieces.is_empty() || (self.awaiting_read && !regardless) {
            return None;
        }
        self.awaiting_read = true;
        Some(self.pieces.drain(..).collect())
    }

    pub(crate) fn host_has_read(&mut self) {
        self.awaiting_read = false;
    }

    #[cfg(any(windows, test))]
    pub(crate) fn is_awaited(&self) -> bool {
        self.awaiting_read
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> Arc<File> {
        Arc::new(tempfile::tempfile().unwrap())
    }

    /// The pieces in short: `F`, `0:offset+len`, `L`.
    fn short(pieces: Option<Vec<Piece>>) -> Vec<String> {
        let pieces = pieces.into_iter().flatten();
        pieces
            .map(|piece| match piece {
                Piece::File(_) => "F".to_owned(),
                Piece::Bytes {
                    stream,
                    offset,
                    len,
                } => format!("{stream}:{offset}+{len}"),
                Piece::Lost => "L".to_owned(),
            })
            .collect()
    }

    #[test]
    fn tells_of_each_byte_once_and_only_when_the_host_has_read() {
        let (log, mut feed) = (file(), Feed::new(99));
        feed.grown(&log, 0, 4, 3);
        feed.grown(&log, 0, 7, 4);
        feed.grown(&log, 1, 11, 1);
        assert_eq!(short(feed.news(false)), ["F", "0:4+7", "1:11+1"]);
        feed.grown(&log, 0, 12, 4);
        assert!(feed.is_awaited());
        assert!(feed.news(false).is_none(), "the host is busy");
        feed.host_has_read();
        assert_eq!(short(feed.news(false)), ["0:12+4"]);
        feed.grown(&log, 1, 16, 4);
        assert_eq!(short(feed.news(true)), ["1:16+4"]);
        assert!(feed.news(true).is_none());
    }

    #[test]
    fn a_busy_host_is_told_of_no_more_files_than_may_be_held() {
        let mut feed = Feed::new(99);
        for _ in 0..MAX_FILES + 3 {
            feed.grown(&file(), 0, 0, 9);
        }
        let told = short(feed.news(false));
        assert_eq!(told[..3], ["L", "F", "0:0+9"]);
        assert_eq!(told.iter().filter(|p| *p == "F").count(), MAX_FILES);
        assert_eq!(told.iter().filter(|p| *p == "L").count(), 1, "{told:?}");
    }

    #[test]
    fn files_that_are_not_kept_are_not_held_for_long() {
        for (kept, held) in [(0, 2), (3, 4), (u32::MAX, MAX_FILES)] {
            let mut feed = Feed::new(kept);
            for _ in 0..20 {
                feed.grown(&file(), 0, 0, 9);
            }
            let told = short(feed.news(false));
            assert_eq!(told.iter().filter(|p| *p == "F").count(), held);
        }
    }

    #[test]
    fn what_lies_in_a_file_that_the_host_has_is_forgotten_before_the_next_one() {
        let (log, mut feed) = (file(), Feed::new(99));
        feed.grown(&log, 0, 0, 1);
        assert!(feed.news(false).is_some());
        feed.grown(&log, 0, 1, 1);
        for _ in 0..=MAX_FILES {
            feed.grown(&file(), 0, 0, 9);
        }
        let told = short(feed.news(true));
        assert_eq!(told[..3], ["L", "F", "0:0+9"]);
        assert_eq!(told.iter().filter(|p| *p == "F").count(), MAX_FILES);
    }

    #[test]
    fn pieces_are_bounded_whether_they_can_grow_or_not() {
        let (log, mut feed) = (file(), Feed::new(99));
        for n in 0..5_000 {
            feed.grown(&log, (n % 2) as u8, n, 1);
        }
        let told = short(feed.news(false));
        assert_eq!(told.len(), MAX_PIECES);
        assert_eq!(told.last().unwrap(), &format!("0:1022+{}", 5_000 - 1022));
        for n in 0..5_000 {
            feed.grown(&log, 0, 5_000 + n * 2, 1); // Another run writes between.
        }
        let told = short(feed.news(true));
        assert!(told.len() <= MAX_PIECES, "{}", told.len());
        assert_eq!(told[..2], ["L", "F"]);
    }
}
