//! The log file of a run, and what the host has not been told of it yet.

use std::fs::File;
use std::io;
use std::os::windows::fs::FileExt;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Pieces remembered while the host is busy. Beyond that the last piece grows, whichever stream
/// its bytes came from: a host that is that far behind loses the streams apart, never a byte.
const MAX_PIECES: usize = 1024;

/// Written by the two threads that read a run's pipes.
pub(super) struct LogTail(Mutex<Tail>);

struct Tail {
    file: File,
    end: u64,
    reported: u64,
    pieces: Vec<(u8, u32)>,
    awaiting_read: bool,
    failing: bool,
    trouble: Option<String>,
}

/// The log file has grown.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Grown {
    pub(super) offset: u64,
    pub(super) pieces: Vec<(u8, u32)>,
}

impl LogTail {
    /// Goes on at the file's end.
    pub(super) fn new(file: File) -> io::Result<LogTail> {
        let end = file.metadata()?.len();
        Ok(LogTail(Mutex::new(Tail {
            file,
            end,
            reported: end,
            pieces: Vec::new(),
            awaiting_read: false,
            failing: false,
            trouble: None,
        })))
    }

    fn lock(&self) -> MutexGuard<'_, Tail> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes what a stream has brought. What cannot be written is thrown away, since the
    /// sidecar must live on; the next piece tries again. True if the host should hear of it.
    pub(super) fn append(&self, stream: u8, mut bytes: &[u8]) -> bool {
        let mut tail = self.lock();
        while !bytes.is_empty() {
            match tail.file.seek_write(bytes, tail.end) {
                Ok(n) if n > 0 => {
                    tail.failing = false;
                    tail.end += n as u64;
                    tail.note(stream, n as u32);
                    bytes = &bytes[n..];
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                failed => {
                    if !std::mem::replace(&mut tail.failing, true) {
                        let e = failed.err().unwrap_or(io::ErrorKind::WriteZero.into());
                        tail.trouble = Some(e.to_string());
                    }
                    break;
                }
            }
        }
        !tail.awaiting_read || tail.trouble.is_some()
    }

    /// What the host should be told now: nothing while it still reads what it was told before.
    pub(super) fn news(&self, regardless: bool) -> Option<Grown> {
        let mut tail = self.lock();
        if tail.pieces.is_empty() || (tail.awaiting_read && !regardless) {
            return None;
        }
        tail.awaiting_read = true;
        let offset = tail.reported;
        tail.reported = tail.end;
        Some(Grown {
            offset,
            pieces: std::mem::take(&mut tail.pieces),
        })
    }

    pub(super) fn host_has_read(&self) {
        self.lock().awaiting_read = false;
    }

    /// Why the file cannot be written, told once.
    pub(super) fn trouble(&self) -> Option<String> {
        self.lock().trouble.take()
    }
}

impl Tail {
    fn note(&mut self, stream: u8, n: u32) {
        let full = self.pieces.len() >= MAX_PIECES;
        match self.pieces.last_mut() {
            Some((s, len)) if full || *s == stream => *len = len.saturating_add(n),
            _ => self.pieces.push((stream, n)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_of_each_byte_once_and_only_when_the_host_has_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        std::fs::write(&path, "old ").unwrap();
        let log = LogTail::new(File::options().write(true).open(&path).unwrap()).unwrap();
        assert!(log.append(0, b"one"));
        assert!(log.append(0, b" two"));
        assert!(log.append(1, b"!"));
        assert_eq!(
            log.news(false),
            Some(Grown {
                offset: 4,
                pieces: vec![(0, 7), (1, 1)]
            })
        );
        assert!(!log.append(0, b"late"), "the host is busy");
        assert_eq!(log.news(false), None);
        log.host_has_read();
        assert_eq!(
            log.news(false),
            Some(Grown {
                offset: 12,
                pieces: vec![(0, 4)]
            })
        );
        assert!(!log.append(1, b"last"));
        assert_eq!(
            log.news(true),
            Some(Grown {
                offset: 16,
                pieces: vec![(1, 4)]
            })
        );
        assert_eq!(log.news(true), None);
        assert_eq!(std::fs::read(&path).unwrap(), b"old one two!latelast");
    }
}
