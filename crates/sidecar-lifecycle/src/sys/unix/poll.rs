//! poll(2): waits for descriptors without a thread for each.

use std::io;
use std::os::fd::RawFd;
use std::time::Duration;

use super::fd::check;

/// A set of descriptors to wait for, rebuilt each round: it is small, and a stale entry would be
/// a bug that no test finds.
#[derive(Default)]
pub(crate) struct PollSet {
    fds: Vec<libc::pollfd>,
}

/// What poll said of one descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Readiness {
    /// Something can be read, or the other side has closed.
    pub(crate) readable: bool,
    /// Something can be written.
    pub(crate) writable: bool,
}

impl PollSet {
    pub(crate) fn clear(&mut self) {
        self.fds.clear();
    }

    /// Adds a descriptor and returns its slot.
    pub(crate) fn add(&mut self, fd: RawFd, write: bool) -> usize {
        let events = if write {
            libc::POLLIN | libc::POLLOUT
        } else {
            libc::POLLIN
        };
        self.fds.push(libc::pollfd {
            fd,
            events,
            revents: 0,
        });
        self.fds.len() - 1
    }

    /// Waits until one is ready or the time is up. `None` waits for ever.
    pub(crate) fn wait(&mut self, limit: Option<Duration>) -> io::Result<()> {
        // Rounded up: a deadline 0.3 ms away must not become a busy loop of zero time-outs.
        let ms = limit.map_or(-1, |d| {
            i32::try_from(d.as_micros().div_ceil(1000)).unwrap_or(i32::MAX)
        });
        // SAFETY: the pointer and the length describe our vector of pollfds.
        let rc = unsafe { libc::poll(self.fds.as_mut_ptr(), self.fds.len() as libc::nfds_t, ms) };
        match check(rc) {
            Ok(_) => Ok(()),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {
                for fd in &mut self.fds {
                    fd.revents = 0;
                }
                Ok(())
            }
            Err(e) => Err(e),
        }
    }

    pub(crate) fn ready(&self, slot: usize) -> Readiness {
        let revents = self.fds[slot].revents;
        Readiness {
            readable: revents & (libc::POLLIN | libc::POLLHUP | libc::POLLERR) != 0,
            writable: revents & libc::POLLOUT != 0,
        }
    }
}
