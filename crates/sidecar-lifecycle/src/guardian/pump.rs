//! Output: from the sidecar's pipes into its log file, without passing through our memory.
//!
//! The guardian does this and not the host, so that the log is complete when the host is killed:
//! a host that reads and writes lost up to 63 kB.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::rc::Rc;
use std::sync::Arc;

use crate::logs::{Feed, LogFile, Piece, Trouble, Writer};
use crate::sys::unix::fd::{grow_pipe, retry, set_nonblocking, splice};

/// Bytes moved in one round at the most: a flood must not keep a stop waiting.
const ROUND: usize = 4 << 20;
/// Bytes that pass through our memory in one go, where they have to.
const CHUNK: usize = 64 * 1024;

/// A log file, shared by the runs that write into it.
pub(crate) type SharedLog = Rc<RefCell<LogFile>>;

/// The pipes of one run and the file they end in.
pub(crate) struct Pump {
    streams: [Option<(File, Writer)>; 2],
    log: SharedLog,
    feed: Feed,
}

impl Pump {
    /// Takes the read ends of stdout and stderr. One that goes elsewhere is missing.
    pub(crate) fn new(ends: [Option<OwnedFd>; 2], log: SharedLog) -> io::Result<Pump> {
        let stream = |pipe: OwnedFd| {
            set_nonblocking(&pipe)?;
            // A full pipe stops the sidecar until we come round: a larger one means fewer stops.
            // The system may refuse, past a limit for each user.
            grow_pipe(&pipe);
            io::Result::Ok((File::from(pipe), log.borrow_mut().join()))
        };
        let files = log.borrow().rotation().files;
        let [stdout, stderr] = ends;
        Ok(Pump {
            streams: [
                stdout.map(stream).transpose()?,
                stderr.map(stream).transpose()?,
            ],
            feed: Feed::new(files),
            log,
        })
    }

    /// The file that it writes into.
    pub(crate) fn log(&self) -> &SharedLog {
        &self.log
    }

    /// The descriptors to wait for, with the stream that each belongs to.
    pub(crate) fn poll_fds(&self) -> impl Iterator<Item = (usize, RawFd)> {
        self.streams
            .iter()
            .enumerate()
            .filter_map(|(i, s)| s.as_ref().map(|(pipe, _)| (i, pipe.as_raw_fd())))
    }

    /// Moves what is there, up to a bound. Returns what the log begins to be unable to do: then
    /// the sidecar lives on, what cannot be written is thrown away, and each round tries again.
    pub(crate) fn pump(&mut self, stream: usize) -> Option<Trouble> {
        let file = Arc::clone(self.log.borrow().file());
        let mut left = ROUND;
        // A round ends with the file too: the host shall hear of each one while it is there.
        while left > 0 && Arc::ptr_eq(&file, self.log.borrow().file()) {
            let (n, trouble) = self.step(stream, left)?;
            if trouble.is_some() {
                return trouble;
            }
            left = left.saturating_sub(n);
        }
        None
    }

    /// Moves all that is in the pipes now, without waiting for their ends: a daemon may hold
    /// them open for ever. Bounded, since that daemon may also never stop writing.
    pub(crate) fn drain(&mut self) -> Option<Trouble> {
        let mut told = None;
        for stream in 0..self.streams.len() {
            let mut left = ROUND;
            while left > 0
                && let Some((n, trouble)) = self.step(stream, left)
            {
                told = told.or(trouble);
                left = left.saturating_sub(n);
            }
        }
        told
    }

    /// Moves some bytes, at most `limit`. `None`: there are none now.
    ///
    /// The kernel moves them without showing them to us, until the file is as long as it may
    /// become. Only there they are read and written, 64 KiB at a time, to find the line end at
    /// which the file is rotated. That is once in each file (of 10 MiB unless told otherwise), so
    /// that rotation leaves splice its advantage.
    fn step(&mut self, stream: usize, limit: usize) -> Option<(usize, Option<Trouble>)> {
        let mut log = self.log.borrow_mut();
        let (pipe, writer) = self.streams[stream].as_mut()?;
        let room = usize::try_from(log.room(writer)).unwrap_or(usize::MAX);
        let spliced = if room > 0 {
            splice(pipe, log.file(), log.end(), room.min(limit)).transpose()
        } else {
            None
        };
        let moved = match spliced {
            Some(Err(e)) if e.kind() != io::ErrorKind::WouldBlock => {
                // Nothing is lost yet: the next attempt goes through our memory.
                return Some((0, log.failed(e)));
            }
            Some(Ok(n)) => {
                if n > 0 {
                    log.moved(writer, stream as u8, n as u64, &mut self.feed);
                }
                Ok((n, None))
            }
            Some(Err(e)) => Err(e),
            None => {
                let mut buf = vec![0; CHUNK.min(limit)];
                retry(|| pipe.read(&mut buf)).map(|n| {
                    let trouble = log.append(writer, stream as u8, &buf[..n], &mut self.feed);
                    (n, trouble)
                })
            }
        };
        match moved {
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => None,
            Ok((0, _)) | Err(_) => {
                self.streams[stream] = None; // All writers are gone.
                None
            }
            Ok(moved) => Some(moved),
        }
    }

    /// What the host should be told now: nothing while it still reads what it was told before.
    pub(crate) fn news(&mut self, regardless: bool) -> Option<Vec<Piece>> {
        self.feed.news(regardless)
    }

    pub(crate) fn host_has_read(&mut self) {
        self.feed.host_has_read();
    }

    /// The pipes that are still open, without the log.
    pub(crate) fn into_pipes(self) -> impl Iterator<Item = File> {
        self.streams.into_iter().flatten().map(|(pipe, _)| pipe)
    }
}
