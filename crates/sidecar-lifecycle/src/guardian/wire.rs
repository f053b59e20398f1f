//! What host, guardian and standby say to each other: length-prefixed frames on a stream socket.
//!
//! A frame is a little-endian `u32` length and that many bytes of postcard. Descriptors travel
//! with the first byte of the frame that needs them.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::os::unix::fs::MetadataExt;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::spared::Spared;
use crate::sys::unix::scm;

/// No frame is larger. An environment and its arguments fit (Linux allows 6 MiB for both); more
/// than this is not a message but damage.
pub(crate) const MAX_FRAME: usize = 16 << 20;

/// From the host to the guardian.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Request {
    /// Start this. Descriptors: stdin, stdout unless it is logged, and a log file or stderr.
    Spawn(Box<SpawnRequest>),
    /// Send the run's stop signal to its whole tree.
    AskStop { run: u64 },
    /// End the run's whole tree by force.
    ForceStop { run: u64 },
    /// The host has read what the last `Output` of this run told of.
    OutputRead { run: u64 },
    /// A tree that somebody else started (a guardian that died): end what is left of it.
    Adopt(Box<AdoptRequest>),
    /// A tree that an earlier host has left, and that lives: look after it. Answered as a spawn is.
    TakeOver(Box<TakeOverRequest>),
    /// Leave this run's tree to itself. The host is about to end.
    Release { run: u64 },
    /// Say that all that was asked before this is done.
    Ping { n: u64 },
}

/// All that a spawn needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SpawnRequest {
    pub(crate) run: u64,
    /// Absolute path of the program.
    pub(crate) program: Vec<u8>,
    /// Arguments, the program's own name first.
    pub(crate) argv: Vec<Vec<u8>>,
    /// `NAME=value` entries, the marker among them.
    pub(crate) env: Vec<Vec<u8>>,
    pub(crate) cwd: Option<Vec<u8>>,
    /// Value of the environment marker that this run's processes carry.
    pub(crate) marker: Vec<u8>,
    pub(crate) stop_signal: i32,
    /// From the stop signal to force, should the host die.
    pub(crate) grace_ms: u64,
    /// The guardian moves the output into this log file (else the host reads the pipes).
    pub(crate) log: Option<LogOrder>,
    /// Stdout is the host's to read in any case.
    pub(crate) raw_stdout: bool,
    /// It is left to itself, and not ended, when the host is gone.
    pub(crate) outlives: bool,
    /// Names of executables that are released and not ended (editors, browsers, terminals).
    pub(crate) keep: Vec<String>,
}

/// A log file that is to be written. Its descriptor travels along.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LogOrder {
    /// Absolute: it is renamed by it. Runs of the same path share the file.
    pub(crate) path: Vec<u8>,
    pub(crate) limit: u64,
    pub(crate) files: u32,
}

/// What is known of a tree whose guardian has died.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AdoptRequest {
    pub(crate) run: u64,
    /// The leader, then others that were seen in the tree: pid and start time of each.
    pub(crate) leader: (u32, u64),
    pub(crate) members: Vec<(u32, u64)>,
    pub(crate) marker: Vec<u8>,
    /// Names of executables that are released and not ended.
    pub(crate) keep: Vec<String>,
}

/// From the guardian to its standby: what that has to know to go on in its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Note {
    /// A run is about to be started.
    Begun(Box<Terms>),
    /// Its leader runs.
    Led { run: u64, pid: u32, start: u64 },
    /// Nothing of it is left, or it could not be started.
    Over { run: u64 },
    /// It is left to itself; this is its marker.
    Left { run: u64, marker: Vec<u8> },
    /// All that is let go by now.
    Spared(Spared),
}

/// What decides about a run's end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Terms {
    pub(crate) run: u64,
    pub(crate) marker: Vec<u8>,
    pub(crate) stop_signal: i32,
    pub(crate) grace_ms: u64,
    pub(crate) outlives: bool,
    /// Its tree was left by an earlier host, and its orphans do not come to us.
    pub(crate) taken_over: bool,
    pub(crate) keep: Vec<String>,
}

impl SpawnRequest {
    pub(crate) fn terms(&self) -> Terms {
        Terms {
            run: self.run,
            marker: self.marker.clone(),
            stop_signal: self.stop_signal,
            grace_ms: self.grace_ms,
            outlives: self.outlives,
            taken_over: false,
            keep: self.keep.clone(),
        }
    }
}

/// What is known of a tree that lives on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TakeOverRequest {
    pub(crate) run: u64,
    /// As in [`AdoptRequest`].
    pub(crate) leader: (u32, u64),
    pub(crate) members: Vec<(u32, u64)>,
    pub(crate) marker: Vec<u8>,
    pub(crate) stop_signal: i32,
    pub(crate) grace_ms: u64,
    pub(crate) keep: Vec<String>,
}

/// From the guardian to the host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Report {
    /// The guardian is there.
    Hello { pid: u32 },
    /// The leader runs.
    Spawned { run: u64, pid: u32, start: u64 },
    /// It could not be started.
    SpawnFailed { run: u64, stage: u8, errno: i32 },
    /// The leader ended; one of the two is set, unless it was taken over.
    Exited {
        run: u64,
        code: Option<i32>,
        signal: Option<i32>,
    },
    /// Nothing of the tree is left, or these could not be ended.
    TreeGone { run: u64, survivors: Vec<u32> },
    /// A process was found that is not ours to end.
    Kept {
        run: u64,
        pid: u32,
        command: String,
        why: String,
    },
    /// The log has grown by these pieces. Descriptors: one for each `Piece::File`.
    Output { run: u64, pieces: Vec<Piece> },
    /// The log cannot be written, and output is thrown away until it can; or it cannot be rotated.
    LogTrouble {
        run: u64,
        /// `None`: another file has taken the log's place.
        errno: Option<i32>,
        rotating: bool,
    },
    /// All that was asked before this ping is done.
    Pong { n: u64 },
}

/// Something of a run's output, in the order in which it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Piece {
    /// What follows lies in the file with these numbers, whose descriptor comes along: by its name
    /// it may no longer be found. The numbers tell whether the right one has arrived, since a host
    /// that has too many files open is given fewer than were sent.
    File { dev: u64, ino: u64 },
    /// These bytes of the file came from this stream.
    Bytes { stream: u8, offset: u64, len: u64 },
    /// Something is missing here.
    Lost,
}

/// One end of the connection, with what is underway in both directions.
pub(crate) struct Link {
    socket: OwnedFd,
    inbox: Vec<u8>,
    /// As they came: each batch belongs to one message, and may be short of some.
    inbox_fds: VecDeque<Vec<OwnedFd>>,
    outbox: VecDeque<(Vec<u8>, usize, Vec<OwnedFd>)>,
}

impl Link {
    pub(crate) fn new(socket: OwnedFd) -> Link {
        Link {
            socket,
            inbox: Vec::new(),
            inbox_fds: VecDeque::new(),
            outbox: VecDeque::new(),
        }
    }

    /// Queues a message and sends as much as the socket takes.
    pub(crate) fn send<T: Serialize>(&mut self, message: &T, fds: Vec<OwnedFd>) -> io::Result<()> {
        self.outbox.push_back((frame(message)?, 0, fds));
        self.flush()
    }

    /// Sends what is queued until the socket is full.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        while let Some((bytes, sent, fds)) = self.outbox.front_mut() {
            let borrowed: Vec<BorrowedFd<'_>> = fds.iter().map(AsFd::as_fd).collect();
            match scm::send(&self.socket, &bytes[*sent..], &borrowed) {
                Ok(n) => {
                    *sent += n;
                    fds.clear(); // They went with the first byte.
                    if *sent == bytes.len() {
                        self.outbox.pop_front();
                    }
                }
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }

    pub(crate) fn wants_to_write(&self) -> bool {
        !self.outbox.is_empty()
    }

    /// Reads once from the socket. `Ok(false)`: the other side is gone.
    pub(crate) fn fill(&mut self) -> io::Result<bool> {
        let mut chunk = [0u8; 16 * 1024];
        let mut fds = Vec::new();
        let got = match scm::receive(&self.socket, &mut chunk, &mut fds) {
            Ok(n) => n,
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => return Ok(true),
            Err(e) => return Err(e),
        };
        if got.carried {
            self.inbox_fds.push_back(fds);
        }
        self.inbox.extend_from_slice(&chunk[..got.bytes]);
        Ok(got.bytes > 0)
    }

    /// The next whole message, if one has arrived.
    pub(crate) fn next<T: DeserializeOwned>(&mut self) -> io::Result<Option<T>> {
        match parse(&self.inbox)? {
            None => Ok(None),
            Some((message, used)) => {
                self.inbox.drain(..used);
                Ok(Some(message))
            }
        }
    }

    /// The descriptors of the next message that needs any. Fewer than were sent, when our table
    /// is full: the kernel drops the rest, and what comes next belongs to another message.
    pub(crate) fn take_fds(&mut self) -> Vec<OwnedFd> {
        self.inbox_fds.pop_front().unwrap_or_default()
    }

    /// The next descriptor that came along, if it is that of the file with these numbers.
    pub(crate) fn take_file(&mut self, dev: u64, ino: u64) -> Option<File> {
        while self.inbox_fds.front().is_some_and(Vec::is_empty) {
            self.inbox_fds.pop_front();
        }
        let batch = self.inbox_fds.front_mut()?;
        let found = File::from(batch.remove(0));
        if found
            .metadata()
            .is_ok_and(|is| (is.dev(), is.ino()) == (dev, ino))
        {
            return Some(found);
        }
        batch.insert(0, found.into());
        None
    }

    pub(crate) fn raw_fd(&self) -> i32 {
        self.socket.as_raw_fd()
    }

    /// A second handle on the same socket.
    pub(crate) fn handle(&self) -> io::Result<OwnedFd> {
        self.socket.try_clone()
    }

    /// The same, for a thread that only reads.
    pub(crate) fn reader(&self) -> io::Result<Link> {
        Ok(Link::new(self.handle()?))
    }
}

impl AsRawFd for Link {
    fn as_raw_fd(&self) -> RawFd {
        self.socket.as_raw_fd()
    }
}

/// A message as it goes over the wire.
pub(crate) fn frame<T: Serialize>(message: &T) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; 4];
    bytes = postcard::to_extend(message, bytes).map_err(invalid)?;
    let len = bytes.len() - 4;
    if len > MAX_FRAME {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("arguments and environment take {len} bytes, more than {MAX_FRAME}"),
        ));
    }
    bytes[..4].copy_from_slice(&(len as u32).to_le_bytes());
    Ok(bytes)
}

/// The first message in these bytes and how many of them it took; `None` if it is not whole yet.
pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> io::Result<Option<(T, usize)>> {
    let Some((head, rest)) = bytes.split_first_chunk::<4>() else {
        return Ok(None);
    };
    let len = u32::from_le_bytes(*head) as usize;
    if len > MAX_FRAME {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "frame is too long",
        ));
    }
    let Some(body) = rest.get(..len) else {
        return Ok(None);
    };
    Ok(Some((
        postcard::from_bytes(body).map_err(invalid)?,
        4 + len,
    )))
}

fn invalid(e: postcard::Error) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, e)
}

#[cfg(test)]
#[path = "wire_tests.rs"]
mod tests;
