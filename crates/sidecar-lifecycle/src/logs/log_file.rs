//! The log file of a sidecar as its writer sees it: rotated at line ends, and never a reason for
//! the sidecar to stand still.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};

use super::boundary::{PATIENCE, boundary};
use super::feed::Feed;
use super::rotation::Rotation;
use crate::sys;

/// Bytes of a torn line that are left out before writing goes on in the middle of it.
const MAX_TORN: usize = 64 * 1024;

/// Bytes until a rotation that had to wait for somebody else's is tried again.
const SOON: u64 = 4 * 1024;

/// A log file that is written. Two runs of one sidecar can write into it side by side.
#[derive(Debug)]
pub(crate) struct LogFile {
    path: PathBuf,
    rotation: Rotation,
    file: Arc<File>,
    end: u64,
    /// From here on the file is rotated at the next line end.
    due: u64,
    /// Writing fails, and somebody was told.
    outage: bool,
    /// The last line in the file may lack its end for good.
    torn: bool,
    /// Rotating fails, and somebody was told.
    stuck: bool,
    writers: Vec<(Weak<()>, Line)>,
}

/// One stream of one run that writes into a log. It leaves when it is dropped.
#[derive(Debug)]
pub(crate) struct Writer(Arc<()>);

/// How a stream's last line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    /// It has ended.
    Whole,
    /// It has not.
    Begun,
    /// The byte before this offset tells. It did not pass through our memory.
    Before(u64),
    /// Its beginning was thrown away, and this many bytes of its rest.
    Torn(usize),
}

/// What the log cannot do. Told once, until it could again.
#[derive(Debug)]
pub(crate) struct Trouble {
    pub(crate) kind: TroubleKind,
    pub(crate) error: io::Error,
}

/// What exactly it cannot do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TroubleKind {
    /// Write: output is thrown away.
    Write,
    /// Rotate: the file goes on growing.
    Rotate,
    /// Keep the last launch's file under another name: it is written on.
    Begin,
    /// Begin at all, for lack of room.
    Open,
}

impl TroubleKind {
    /// For the user.
    pub(crate) fn reason(self, error: &io::Error) -> String {
        match self {
            TroubleKind::Write => {
                format!("it cannot be written, and output is lost until it can: {error}")
            }
            TroubleKind::Rotate => {
                format!("it cannot be rotated and goes on growing for now: {error}")
            }
            TroubleKind::Begin => {
                format!("the last launch's cannot be kept aside, so it goes on in there: {error}")
            }
            TroubleKind::Open => {
                format!("it cannot be begun, so the output is shown and not kept: {error}")
            }
        }
    }
}

impl LogFile {
    /// Goes on at the file's end.
    pub(crate) fn new(file: File, path: PathBuf, rotation: Rotation) -> io::Result<LogFile> {
        let end = file.metadata()?.len();
        Ok(LogFile {
            path,
            rotation,
            file: Arc::new(file),
            end,
            due: rotation.due(0),
            outage: false,
            torn: false,
            stuck: false,
            writers: Vec::new(),
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn rotation(&self) -> Rotation {
        self.rotation
    }

    /// The file that is written now.
    pub(crate) fn file(&self) -> &Arc<File> {
        &self.file
    }

    /// Where it is written to.
    pub(crate) fn end(&self) -> u64 {
        self.end
    }

    /// Adds a stream.
    pub(crate) fn join(&mut self) -> Writer {
        self.writers.retain(|(writer, _)| writer.strong_count() > 0);
        let writer = Arc::new(());
        self.writers.push((Arc::downgrade(&writer), Line::Whole));
        Writer(writer)
    }

    /// How many bytes may be moved to the end without a look at them: none where a line end has to
    /// be found, or where what cannot be written has to be thrown away.
    pub(crate) fn room(&mut self, writer: &Writer) -> u64 {
        let careful = self.torn || matches!(self.line(writer), Line::Torn(_));
        if careful {
            0
        } else {
            self.due.saturating_sub(self.end)
        }
    }

    /// So many bytes were moved to the end.
    pub(crate) fn moved(&mut self, writer: &Writer, stream: u8, n: u64, feed: &mut Feed) {
        feed.grown(&self.file, stream, self.end, n);
        self.end += n;
        *self.line(writer) = Line::Before(self.end);
    }

    /// Writes what a stream has brought, the file's end being where its lines end. What cannot be
    /// written is thrown away, since the sidecar must live on; the next bytes try again.
    pub(crate) fn append(
        &mut self,
        writer: &Writer,
        stream: u8,
        bytes: &[u8],
        feed: &mut Feed,
    ) -> Option<Trouble> {
        let mut bytes = self.skip_torn(writer, bytes);
        let mut told = None;
        while !bytes.is_empty() {
            let (take, turn) = self.plan(writer, bytes);
            let (head, rest) = bytes.split_at(take);
            if let Err(error) = self.write(writer, stream, head, feed) {
                let ends = bytes.ends_with(b"\n");
                *self.line(writer) = if ends { Line::Whole } else { Line::Torn(0) };
                feed.lost();
                return self.failed(error).or(told);
            }
            bytes = rest;
            // Not before there is more: the newest file is not left empty.
            if turn && !rest.is_empty() {
                told = self.turn().or(told);
            }
        }
        told
    }

    /// How many of the bytes go into this file, and whether it is rotated then.
    fn plan(&mut self, writer: &Writer, bytes: &[u8]) -> (usize, bool) {
        let Some(over) = self.end.checked_sub(self.due) else {
            let left = usize::try_from(self.due - self.end).unwrap_or(usize::MAX);
            return (bytes.len().min(left), false);
        };
        let others = over >= PATIENCE || self.are_whole(|other| other != writer);
        if others && self.are_whole(|own| own == writer) {
            return (0, true);
        }
        match boundary(bytes, over, others) {
            Some(at) => (at, true),
            None => (bytes.len(), false),
        }
    }

    fn write(
        &mut self,
        writer: &Writer,
        stream: u8,
        bytes: &[u8],
        feed: &mut Feed,
    ) -> io::Result<()> {
        let Some(&last) = bytes.last() else {
            return Ok(());
        };
        if self.torn {
            if self.end > 0 && self.byte_before(self.end) != Some(b'\n') {
                self.put(b"\n", |_, _| {})?;
            }
            self.torn = false;
        }
        let file = Arc::clone(&self.file);
        self.put(bytes, |offset, n| feed.grown(&file, stream, offset, n))?;
        self.outage = false;
        *self.line(writer) = if last == b'\n' {
            Line::Whole
        } else {
            Line::Begun
        };
        Ok(())
    }

    fn put(&mut self, mut bytes: &[u8], mut written: impl FnMut(u64, u64)) -> io::Result<()> {
        while !bytes.is_empty() {
            match sys::write_at(&self.file, bytes, self.end) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(n) => {
                    written(self.end, n as u64);
                    self.end += n as u64;
                    bytes = &bytes[n..];
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }

    /// Writing has failed. Answers what to tell, if it is news.
    pub(crate) fn failed(&mut self, error: io::Error) -> Option<Trouble> {
        self.torn = true;
        let known = std::mem::replace(&mut self.outage, true);
        let kind = TroubleKind::Write;
        (!known).then_some(Trouble { kind, error })
    }

    /// Leaves out the rest of a line whose beginning was thrown away.
    fn skip_torn<'a>(&mut self, writer: &Writer, bytes: &'a [u8]) -> &'a [u8] {
        let line = self.line(writer);
        let Line::Torn(skipped) = *line else {
            return bytes;
        };
        if skipped >= MAX_TORN {
            *line = Line::Begun; // No line: better in pieces than not at all.
            return bytes;
        }
        if let Some(at) = memchr::memchr(b'\n', bytes) {
            *line = Line::Whole;
            return &bytes[at + 1..];
        }
        *line = Line::Torn(skipped + bytes.len());
        &[]
    }

    fn turn(&mut self) -> Option<Trouble> {
        // What only the file can tell has to be asked while it is at hand.
        self.are_whole(|_| true);
        match self.rotation.turn(&self.path, &self.file) {
            Ok(file) => {
                self.file = Arc::new(file);
                self.end = 0;
                self.due = self.rotation.due(0);
                self.torn = false;
                self.stuck = false;
                None
            }
            // Somebody else's turn, for a moment. One who is stopped keeps it.
            Err(error)
                if error.kind() == io::ErrorKind::WouldBlock
                    && self.end < self.rotation.due(self.rotation.due(0)) =>
            {
                self.due = self.end.saturating_add(SOON);
                None
            }
            Err(error) => {
                self.due = self.rotation.due(self.end);
                let known = std::mem::replace(&mut self.stuck, true);
                let kind = TroubleKind::Rotate;
                (!known).then_some(Trouble { kind, error })
            }
        }
    }

    /// Whether the lines of those streams have ended.
    fn are_whole(&mut self, which: impl Fn(&Writer) -> bool) -> bool {
        let mut whole = true;
        for at in 0..self.writers.len() {
            let (writer, line) = &self.writers[at];
            let Some(writer) = writer.upgrade().map(Writer) else {
                continue;
            };
            let line = match *line {
                Line::Before(end) if self.byte_before(end) == Some(b'\n') => Line::Whole,
                Line::Before(_) => Line::Begun,
                line => line,
            };
            self.writers[at].1 = line;
            whole &= line != Line::Begun || !which(&writer);
        }
        whole
    }

    fn byte_before(&self, offset: u64) -> Option<u8> {
        let mut byte = [0];
        let got = sys::read_at(&self.file, &mut byte, offset.checked_sub(1)?);
        matches!(got, Ok(1)).then_some(byte[0])
    }

    fn line(&mut self, writer: &Writer) -> &mut Line {
        let is_it = |(known, _): &(Weak<()>, Line)| known.as_ptr() == Arc::as_ptr(&writer.0);
        let at = self.writers.iter().position(is_it).unwrap_or_else(|| {
            self.writers.push((Arc::downgrade(&writer.0), Line::Whole)); // Never: it has joined.
            self.writers.len() - 1
        });
        &mut self.writers[at].1
    }
}

impl PartialEq for Writer {
    fn eq(&self, other: &Writer) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

#[cfg(test)]
#[path = "log_file_tests.rs"]
mod tests;
