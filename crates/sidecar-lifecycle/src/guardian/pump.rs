//! Output: from the sidecar's pipes into its log file, without passing through our memory.
//!
//! The guardian does this and not the host, so that the log is complete when the host is killed:
//! a host that reads and writes lost up to 63 kB.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};

use crate::sys::unix::fd::{grow_pipe, retry, set_nonblocking};

/// Bytes moved in one round at the most: a flood must not keep a stop waiting.
const ROUND: usize = 4 << 20;
/// Pieces remembered while the host is busy. Beyond that the last piece grows, whichever stream
/// its bytes came from: a host that is that far behind loses the streams apart, never a byte.
const MAX_PIECES: usize = 1024;

/// The pipes of one run and the file they end in.
pub(crate) struct Pump {
    pipes: [Option<File>; 2],
    log: File,
    offset: u64,
    reported: u64,
    pieces: Vec<(u8, u32)>,
    awaiting_read: bool,
    failing: bool,
}

/// The log file has grown.
pub(crate) struct Grown {
    pub(crate) offset: u64,
    pub(crate) pieces: Vec<(u8, u32)>,
}

impl Pump {
    pub(crate) fn new(stdout: OwnedFd, stderr: OwnedFd, log: OwnedFd) -> io::Result<Pump> {
        set_nonblocking(&stdout)?;
        set_nonblocking(&stderr)?;
        // A full pipe stops the sidecar until we come round: a larger one means fewer stops. The
        // system may refuse, past a limit for each user.
        grow_pipe(&stdout);
        grow_pipe(&stderr);
        let mut log = File::from(log);
        let offset = log.seek(SeekFrom::End(0))?;
        Ok(Pump {
            pipes: [Some(File::from(stdout)), Some(File::from(stderr))],
            log,
            offset,
            reported: offset,
            pieces: Vec::new(),
            awaiting_read: false,
            failing: false,
        })
    }

    /// The descriptors to wait for, with the stream that each belongs to.
    pub(crate) fn poll_fds(&self) -> impl Iterator<Item = (usize, RawFd)> {
        self.pipes
            .iter()
            .enumerate()
            .filter_map(|(i, p)| p.as_ref().map(|p| (i, p.as_raw_fd())))
    }

    /// Moves what is there, up to a bound. Returns an errno when the log begins to fail: then
    /// the sidecar lives on, what cannot be written is thrown away, and each round tries again.
    pub(crate) fn pump(&mut self, stream: usize) -> Option<i32> {
        let mut left = ROUND;
        while left > 0 {
            let pipe = self.pipes[stream].as_mut()?;
            match move_bytes(pipe, &mut self.log, left) {
                Ok(0) => self.pipes[stream] = None, // All writers are gone.
                Ok(n) => {
                    self.failing = false;
                    left = left.saturating_sub(n);
                    self.offset += n as u64;
                    self.note(stream as u8, n as u32);
                }
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return None,
                Err(e) => {
                    discard(pipe, left);
                    let first = !std::mem::replace(&mut self.failing, true);
                    return first.then(|| e.raw_os_error().unwrap_or(libc::EIO));
                }
            }
        }
        None
    }

    fn note(&mut self, stream: u8, n: u32) {
        let full = self.pieces.len() >= MAX_PIECES;
        match self.pieces.last_mut() {
            Some((s, len)) if full || *s == stream => *len = len.saturating_add(n),
            _ => self.pieces.push((stream, n)),
        }
    }

    /// What the host should be told now: nothing while it still reads what it was told before.
    pub(crate) fn news(&mut self, regardless: bool) -> Option<Grown> {
        if self.pieces.is_empty() || (self.awaiting_read && !regardless) {
            return None;
        }
        self.awaiting_read = true;
        let offset = self.reported;
        self.reported = self.offset;
        Some(Grown {
            offset,
            pieces: std::mem::take(&mut self.pieces),
        })
    }

    /// The pipes that are still open, without the log.
    pub(crate) fn into_pipes(self) -> impl Iterator<Item = File> {
        self.pipes.into_iter().flatten()
    }

    pub(crate) fn host_has_read(&mut self) {
        self.awaiting_read = false;
    }

    /// Moves all that is in the pipes now, without waiting for their ends: a daemon may hold
    /// them open for ever. Bounded, since that daemon may also never stop writing.
    pub(crate) fn drain(&mut self) -> Option<i32> {
        let first = self.pump(0);
        let second = self.pump(1);
        first.or(second)
    }
}

#[cfg(target_os = "linux")]
fn move_bytes(pipe: &mut File, log: &mut File, limit: usize) -> io::Result<usize> {
    use std::sync::atomic::{AtomicBool, Ordering};
    /// Some file systems refuse to splice; asked once.
    static REFUSED: AtomicBool = AtomicBool::new(false);
    if !REFUSED.load(Ordering::Relaxed) {
        let flags = libc::SPLICE_F_MOVE | libc::SPLICE_F_NONBLOCK;
        let moved = retry(|| {
            // SAFETY: both descriptors are ours and open; null offsets use the files' own.
            let n = unsafe {
                libc::splice(
                    pipe.as_raw_fd(),
                    std::ptr::null_mut(),
                    log.as_raw_fd(),
                    std::ptr::null_mut(),
                    limit,
                    flags,
                )
            };
            if n < 0 {
                Err(io::Error::last_os_error())
            } else {
                Ok(n as usize)
            }
        });
        match moved {
            Err(e) if e.raw_os_error() == Some(libc::EINVAL) => {
                REFUSED.store(true, Ordering::Relaxed);
            }
            done => return done,
        }
    }
    copy_bytes(pipe, log, limit)
}

#[cfg(not(target_os = "linux"))]
fn move_bytes(pipe: &mut File, log: &mut File, limit: usize) -> io::Result<usize> {
    copy_bytes(pipe, log, limit)
}

fn copy_bytes(pipe: &mut File, log: &mut File, limit: usize) -> io::Result<usize> {
    let mut buf = vec![0u8; 64 * 1024];
    let want = buf.len().min(limit);
    let n = retry(|| pipe.read(&mut buf[..want]))?;
    log.write_all(&buf[..n])?;
    Ok(n)
}

/// Throws away what is in the pipe, up to a bound.
fn discard(pipe: &mut File, limit: usize) {
    let mut buf = vec![0u8; 64 * 1024];
    let mut left = limit;
    while left > 0 {
        match pipe.read(&mut buf) {
            Ok(n) if n > 0 => left = left.saturating_sub(n),
            _ => return,
        }
    }
}
