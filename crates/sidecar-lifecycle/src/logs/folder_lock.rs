//! One at a time renames the logs of a folder.
//!
//! The guardian of a host that was killed goes on rotating while the next launch puts the same log
//! aside and begins a new one. Each step of either is a rename, and between two of them the other's
//! would move the wrong file.
//!
//! Unix: elsewhere nobody writes a log when its host is gone.

use std::path::Path;

#[cfg(unix)]
pub(crate) use unix::FolderLock;
#[cfg(all(unix, test))]
pub(super) use unix::LONGEST;

/// Nothing: see above.
#[cfg(not(unix))]
#[derive(Debug)]
pub(crate) struct FolderLock;

#[cfg(not(unix))]
#[expect(
    clippy::unnecessary_wraps,
    reason = "somebody else may have it elsewhere"
)]
impl FolderLock {
    pub(crate) fn wait(_log: &Path) -> Option<FolderLock> {
        Some(FolderLock)
    }

    pub(crate) fn attempt(_log: &Path) -> Option<FolderLock> {
        Some(FolderLock)
    }
}

#[cfg(unix)]
mod unix {
    use std::fs::{File, TryLockError};
    use std::thread;
    use std::time::Duration;

    use super::Path;

    /// Between two attempts to get it. A rotation takes some 20 µs.
    const PAUSE: Duration = Duration::from_millis(1);
    /// Attempts before whoever has to begin a log goes on without: the other one may be stopped.
    const ATTEMPTS: u32 = 1_000;
    /// Who has waited less has got it.
    #[cfg(test)]
    pub(crate) const LONGEST: Duration = PAUSE.saturating_mul(ATTEMPTS - 1);

    /// The lock of a log's folder (`flock`), until it is dropped.
    #[derive(Debug)]
    pub(crate) struct FolderLock(Option<File>);

    impl FolderLock {
        /// Waits for it, about a second at the most. `None`: somebody else has it still.
        pub(crate) fn wait(log: &Path) -> Option<FolderLock> {
            for _ in 1..ATTEMPTS {
                if let Some(lock) = FolderLock::attempt(log) {
                    return Some(lock);
                }
                thread::sleep(PAUSE);
            }
            FolderLock::attempt(log)
        }

        /// Asks for it once. `None`: somebody else has it.
        pub(crate) fn attempt(log: &Path) -> Option<FolderLock> {
            // A folder that cannot be opened, or a file system without locks: better without one
            // than without a log.
            let folder = log.parent().and_then(|folder| File::open(folder).ok());
            let Some(folder) = folder else {
                return Some(FolderLock(None));
            };
            match folder.try_lock() {
                Ok(()) => Some(FolderLock(Some(folder))),
                Err(TryLockError::WouldBlock) => None,
                Err(TryLockError::Error(_)) => Some(FolderLock(None)),
            }
        }
    }

    impl Drop for FolderLock {
        fn drop(&mut self) {
            if let Some(folder) = &self.0 {
                // To close it would not do: a child that another thread has just made has a copy
                // of it, until it runs its own program.
                let _ = folder.unlock();
            }
        }
    }
}
