//! The output of those that were released, after their run has ended.
//!
//! An editor that a dev server opened writes into the server's pipes. Were their other ends closed
//! with the run, its next word would bring it SIGPIPE and its user's work would be lost. So they
//! are read until the last writer has closed them, and what is read is thrown away: the log
//! belongs to the runs, and the next one may be writing it by now.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsRawFd, RawFd};

use crate::sys::unix::disguise;
use crate::sys::unix::fd::retry;
use crate::sys::unix::poll::PollSet;

/// Bytes thrown away in one round at the most: a flood must not keep a stop waiting.
const ROUND: usize = 1 << 20;

/// The name of the process that is left behind. At most 15 bytes, or Linux cuts it.
const NAME: &str = "sidecar-drain";

/// Pipes that only released processes can still write to.
#[derive(Debug, Default)]
pub(super) struct Drains(Vec<File>);

impl Drains {
    /// Takes over the pipes of a run that has ended. They do not block.
    pub(super) fn take(&mut self, pipes: impl IntoIterator<Item = File>) {
        self.0.extend(pipes);
    }

    /// The descriptors to wait for.
    pub(super) fn poll_fds(&self) -> impl Iterator<Item = RawFd> {
        self.0.iter().map(AsRawFd::as_raw_fd)
    }

    /// Throws away what is there, and closes the pipes that nobody can write to any more.
    pub(super) fn drain(&mut self) {
        self.0.retain_mut(is_open);
    }

    /// Leaves a process behind that goes on until the last pipe is closed, for a guardian whose
    /// host and trees are gone. A process of its own, since the next start waits for the end of
    /// the guardian, and who was released may work for days. Answers its pid to the guardian, and
    /// nothing where there is nobody, or in itself when it is done.
    pub(super) fn leave_behind(mut self) -> io::Result<Option<u32>> {
        self.drain();
        if self.0.is_empty() {
            return Ok(None);
        }
        // SAFETY: the guardian has one thread, so no lock is held. A failure means that the
        // guardian itself stays.
        let child = unsafe { libc::fork() };
        if child > 0 {
            return Ok(Some(child as u32));
        }
        disguise::rename(NAME);
        let mut poll = PollSet::default();
        while !self.0.is_empty() {
            poll.clear();
            for fd in self.poll_fds() {
                poll.add(fd, false);
            }
            poll.wait(None)?;
            self.drain();
        }
        Ok(None)
    }
}

fn is_open(pipe: &mut File) -> bool {
    let mut buf = vec![0; 64 * 1024];
    let mut left = ROUND;
    while left > 0 {
        match retry(|| pipe.read(&mut buf)) {
            Ok(0) => return false,
            Ok(n) => left = left.saturating_sub(n),
            Err(e) => return e.kind() == io::ErrorKind::WouldBlock,
        }
    }
    true
}
