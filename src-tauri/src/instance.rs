//! One process per project: a second start focuses the first.

#[cfg(windows)]
pub(crate) mod front;

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

/// How long a second start waits for a first one that is about to end: as long as the slowest
/// orderly exit.
const ENDING_LIMIT: Duration = Duration::from_secs(35);
/// How often it looks.
const ENDING_TICK: Duration = Duration::from_millis(50);

/// The right to show this project, held until it is dropped.
pub(crate) struct Instance {
    _lock: File,
    door: Option<door::Door>,
}

/// Who shows the project.
pub(crate) enum Claim {
    /// This process does.
    Ours(Instance),
    /// Another one does; it was asked to come to the front.
    Taken,
}

impl Instance {
    /// Claims the project. The lock decides, and the kernel drops it with the process: a socket
    /// file that a killed process has left is no obstacle. One that is about to end is waited for.
    pub(crate) fn claim(state: &Path) -> io::Result<Claim> {
        let lock = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(state.join("instance.lock"))?;
        let deadline = Instant::now() + ENDING_LIMIT;
        loop {
            match lock.try_lock() {
                Ok(()) => {
                    let door = door::open(state);
                    return Ok(Claim::Ours(Instance { _lock: lock, door }));
                }
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(e)) => return Err(e),
            }
            if door::knock(state) == door::Answer::Focused || Instant::now() >= deadline {
                return Ok(Claim::Taken);
            }
            thread::sleep(ENDING_TICK);
        }
    }

    /// Calls `focus` for each further start, on a thread of its own. It answers whether there is
    /// a window to come to the front, or none any more.
    pub(crate) fn on_second_start(&mut self, focus: impl Fn() -> bool + Send + 'static) {
        if let Some(door) = self.door.take() {
            thread::spawn(move || door::serve(&door, focus));
        }
    }
}

/// A local socket by which a second start reaches the first.
#[cfg(unix)]
mod door {
    use std::io::{self, Read, Write};
    use std::os::unix::net::{UnixListener, UnixStream};
    use std::path::{Path, PathBuf};
    use std::time::Duration;

    const FOCUS: &[u8] = b"focus\n";
    const YES: &[u8] = b"yes\n";
    const NO: &[u8] = b"no.\n";
    /// Nobody keeps the other side waiting.
    const LIMIT: Duration = Duration::from_secs(2);
    /// Socket addresses are short: 108 bytes on Linux, 104 on macOS, with their end.
    const LONGEST: usize = 103;

    pub(super) type Door = UnixListener;

    #[derive(Debug, PartialEq, Eq)]
    pub(super) enum Answer {
        /// It came to the front, or cannot be asked.
        Focused,
        /// It is about to end.
        Ending,
    }

    /// In the project's own folder; where that path is too long for a socket, in the user's
    /// run-time folder.
    fn address(state: &Path) -> Option<PathBuf> {
        let own = state.join("instance.sock");
        if own.as_os_str().len() <= LONGEST {
            return Some(own);
        }
        let name = state.file_name()?.to_string_lossy();
        let hash = name.rsplit('-').next()?;
        let short = dirs::runtime_dir()?.join(format!("berth-{hash}.sock"));
        (short.as_os_str().len() <= LONGEST).then_some(short)
    }

    /// Without a socket the project still opens; a second start then only says that it is open.
    pub(super) fn open(state: &Path) -> Option<Door> {
        let path = address(state)?;
        let _ = std::fs::remove_file(&path); // Left by a process that was killed; we hold the lock.
        UnixListener::bind(&path)
            .inspect_err(|e| log::warn!("a second start cannot focus this window: {e}"))
            .ok()
    }

    pub(super) fn serve(door: &Door, focus: impl Fn() -> bool) {
        for mut stream in door.incoming().flatten() {
            let mut said = [0; FOCUS.len()];
            let heard = limit(&stream).and_then(|()| stream.read_exact(&mut said));
            if heard.is_ok() && said == FOCUS {
                let answer = if focus() { YES } else { NO };
                let _ = stream.write_all(answer); // It did not wait for it.
            }
        }
    }

    pub(super) fn knock(state: &Path) -> Answer {
        match ask(state) {
            Ok(said) if said == NO => Answer::Ending,
            Ok(_) => Answer::Focused,
            // It has just ended, and its socket with it: its lock is about to be free.
            Err(e) if e.kind() == io::ErrorKind::ConnectionRefused => Answer::Ending,
            Err(e) => {
                log::warn!("cannot ask the running window to come to the front: {e}");
                Answer::Focused
            }
        }
    }

    fn ask(state: &Path) -> io::Result<[u8; 4]> {
        let path = address(state).ok_or(io::ErrorKind::NotFound)?;
        let mut stream = UnixStream::connect(path)?;
        limit(&stream)?;
        stream.write_all(FOCUS)?;
        let mut answer = [0; 4];
        stream.read_exact(&mut answer)?;
        Ok(answer)
    }

    fn limit(stream: &UnixStream) -> io::Result<()> {
        stream.set_read_timeout(Some(LIMIT))?;
        stream.set_write_timeout(Some(LIMIT))
    }
}

/// On Windows the second start brings the first one's window to the front itself: the user has just
/// started it, and the system lets nobody else do that.
#[cfg(windows)]
mod door {
    use std::path::Path;

    use super::front;

    /// Nobody comes: a second start needs no answer.
    pub(super) type Door = std::convert::Infallible;

    #[derive(Debug, PartialEq, Eq)]
    pub(super) enum Answer {
        /// It came to the front, or cannot be brought there.
        Focused,
        /// It has no window: not yet, or not any more.
        Ending,
    }

    pub(super) fn open(state: &Path) -> Option<Door> {
        front::forget(state);
        None
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "a socket is not copied")]
    pub(super) fn serve(door: &Door, _focus: impl Fn() -> bool) {
        match *door {}
    }

    pub(super) fn knock(state: &Path) -> Answer {
        match front::bring(state) {
            Ok(true) => Answer::Focused,
            Ok(false) => Answer::Ending,
            Err(e) => {
                log::warn!("cannot bring the running window to the front: {e}");
                Answer::Focused
            }
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::sync::mpsc;

    fn ours(state: &Path) -> Instance {
        match Instance::claim(state) {
            Ok(Claim::Ours(instance)) => instance,
            _ => panic!("nobody else has it"),
        }
    }

    #[test]
    fn a_second_start_is_heard_and_a_stale_socket_is_no_obstacle() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("instance.sock"), b"stale").unwrap();
        let mut first = ours(dir.path());
        let (tx, rx) = mpsc::channel();
        first.on_second_start(move || tx.send(()).is_ok());
        assert!(matches!(Instance::claim(dir.path()), Ok(Claim::Taken)));
        rx.recv_timeout(Duration::from_secs(5))
            .expect("the first is told of the second");
    }

    #[test]
    fn a_start_beside_one_that_ends_waits_and_opens() {
        let dir = tempfile::tempdir().unwrap();
        let mut first = ours(dir.path());
        let (asked, was_asked) = mpsc::channel();
        first.on_second_start(move || {
            let _ = asked.send(()); // Asked again, perhaps, when the test is over.
            false
        });
        let state = dir.path().to_owned();
        let second = thread::spawn(move || matches!(Instance::claim(&state), Ok(Claim::Ours(_))));
        was_asked
            .recv_timeout(Duration::from_secs(5))
            .expect("the second asks the first");
        drop(first);
        assert!(second.join().unwrap(), "it opens once the first has ended");
    }
}
