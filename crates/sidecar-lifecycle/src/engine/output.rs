//! A run's output, from its log file or its pipes into the ring.

use std::cell::RefCell;
use std::io::{self, Read};
use std::rc::Rc;

use memchr::memmem;

use super::log_reader::{Found, LogReader};
use super::spawner::OutputEnd;
use crate::logs::{LogRing, Piece, PrintedUrl, Splitter, Stream, line_at, printed_url};

/// Bytes read in one go, so that a flood leaves the loop its turns.
const CHUNK: usize = 64 * 1024;
/// Such reads before the loop has its turn.
const CHUNKS: usize = 4;
/// More than any server prints about itself; a flood of URLs is none.
const MAX_URLS: usize = 16;

/// Where the lines of a run come from and go to.
pub(crate) struct Output {
    ring: LogRing,
    source: Source,
    splitters: [Splitter; 2],
    /// URLs that it has printed, newest last.
    pub(crate) urls: Vec<PrintedUrl>,
}

/// Where the bytes are.
pub(crate) enum Source {
    /// The spawner writes them into this file and tells how far.
    Log(LogReader),
    /// They come through pipes.
    Pipes([Option<OutputEnd>; 2]),
}

impl Output {
    pub(crate) fn new(ring: LogRing, source: Source) -> Rc<RefCell<Output>> {
        let splitters = [Splitter::default(), Splitter::default()];
        Rc::new(RefCell::new(Output {
            ring,
            source,
            splitters,
            urls: Vec::new(),
        }))
    }

    /// More of the log is to be read.
    pub(crate) fn expect(&mut self, pieces: Vec<Piece>) {
        if let Source::Log(reader) = &mut self.source {
            reader.expect(pieces);
        }
    }

    /// Its end was asked for, and is not to wait for all that it writes.
    pub(crate) fn hurry(&mut self) {
        if let Source::Log(reader) = &mut self.source {
            reader.hurry();
        }
    }

    /// Reads some of what the log has grown by; true when there is more.
    pub(crate) fn read_some(&mut self) -> bool {
        let mut buf = vec![0; CHUNK];
        for _ in 0..CHUNKS {
            let Source::Log(reader) = &mut self.source else {
                return false;
            };
            match reader.next(&mut buf) {
                Some(Found::Bytes(stream, n)) => self.feed(usize::from(stream != 0), &buf[..n]),
                Some(Found::Gap) => self.gap(),
                None => return false,
            }
        }
        matches!(&self.source, Source::Log(reader) if !reader.is_done())
    }

    /// Something is missing: what comes next does not go on in the lines that were begun.
    fn gap(&mut self) {
        self.end_lines();
        self.ring.skip();
    }

    /// Reads a pipe until it is empty or closed, or the limit is reached.
    fn read_pipe(&mut self, stream: usize, limit: usize) {
        let mut buf = vec![0; CHUNK];
        let mut left = limit;
        while left > 0 {
            let Source::Pipes(pipes) = &mut self.source else {
                return;
            };
            let Some(pipe) = pipes[stream].as_mut() else {
                return;
            };
            match pipe.read(&mut buf) {
                Ok(n) if n > 0 => {
                    left = left.saturating_sub(n);
                    self.feed(stream, &buf[..n]);
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return,
                Ok(_) | Err(_) => pipes[stream] = None,
            }
        }
    }

    /// Reads what is there now, and does not wait for the end: a daemon may hold the pipes open.
    pub(crate) fn drain(&mut self) {
        /// Enough for two full pipes of the largest size, and no more than a blink.
        const LIMIT: usize = 4 << 20;
        while self.read_some() {}
        self.read_pipe(0, LIMIT);
        self.read_pipe(1, LIMIT);
    }

    /// No more output comes: what is left without a line end is a line.
    pub(crate) fn finish(&mut self) {
        self.drain();
        self.end_lines();
    }

    fn end_lines(&mut self) {
        for stream in 0..2 {
            let mut splitter = std::mem::take(&mut self.splitters[stream]);
            splitter.finish(|line| self.line(stream, line));
        }
    }

    /// Takes bytes that one of the streams has brought. Most lines of a flood are never looked at:
    /// whoever comes late to the ring wants the last ones.
    pub(crate) fn feed(&mut self, stream: usize, bytes: &[u8]) {
        if let Some(lines) = self.splitters[stream].whole_lines(bytes) {
            self.note_urls(&lines);
            self.ring.push_lines(which(stream), lines);
            return;
        }
        let mut splitter = std::mem::take(&mut self.splitters[stream]);
        splitter.push(bytes, |line| self.line(stream, line));
        self.splitters[stream] = splitter;
    }

    fn line(&mut self, stream: usize, line: String) {
        self.note_url(&line);
        self.ring.push(which(stream), line);
    }

    /// Looks for URLs in several lines at once.
    fn note_urls(&mut self, lines: &[u8]) {
        let mut from = 0;
        while self.urls.len() < MAX_URLS
            && let Some(rest) = lines.get(from..)
            && let Some(at) = memmem::find(rest, b"http")
        {
            let (line, next) = line_at(lines, from + at);
            self.note_url(&line);
            from = next;
        }
    }

    fn note_url(&mut self, line: &str) {
        if self.urls.len() < MAX_URLS
            && let Some(url) = printed_url(line)
            && !self.urls.contains(&url)
        {
            self.urls.push(url);
        }
    }
}

fn which(stream: usize) -> Stream {
    if stream == 0 {
        Stream::Stdout
    } else {
        Stream::Stderr
    }
}

#[cfg(test)]
#[path = "output_tests.rs"]
mod tests;
