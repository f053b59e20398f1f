//! The log file of a run, and what the host has not been told of it yet.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::logs::{Feed, LogFile, Piece, Writer};

/// A log file, shared by the runs that write into it.
pub(super) type SharedLog = Arc<Mutex<LogFile>>;

/// Written by the two threads that read a run's pipes.
pub(super) struct LogTail {
    log: SharedLog,
    writers: [Writer; 2],
    told: Mutex<Told>,
}

struct Told {
    feed: Feed,
    trouble: Option<String>,
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl LogTail {
    pub(super) fn new(shared: SharedLog) -> LogTail {
        let mut log = lock(&shared);
        let writers = [log.join(), log.join()];
        let feed = Feed::new(log.rotation().files);
        drop(log);
        LogTail {
            log: shared,
            writers,
            told: Mutex::new(Told {
                feed,
                trouble: None,
            }),
        }
    }

    /// Writes what a stream has brought. What cannot be written is thrown away, since the
    /// sidecar must live on; the next piece tries again. True if the host should hear of it.
    pub(super) fn append(&self, stream: u8, bytes: &[u8]) -> bool {
        // Both are locked in this order only.
        let mut log = lock(&self.log);
        let mut told = lock(&self.told);
        let writer = &self.writers[usize::from(stream != 0)];
        let trouble = log.append(writer, stream, bytes, &mut told.feed);
        drop(log);
        if let Some(trouble) = trouble {
            told.trouble = Some(trouble.kind.reason(&trouble.error));
        }
        !told.feed.is_awaited() || told.trouble.is_some()
    }

    /// What the host should be told now: nothing while it still reads what it was told before.
    pub(super) fn news(&self, regardless: bool) -> Option<Vec<Piece>> {
        lock(&self.told).feed.news(regardless)
    }

    pub(super) fn host_has_read(&self) {
        lock(&self.told).feed.host_has_read();
    }

    /// What the log began to be unable to do, told once.
    pub(super) fn trouble(&self) -> Option<String> {
        lock(&self.told).trouble.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::Rotation;

    #[test]
    fn two_runs_of_one_log_write_behind_each_other_and_each_tells_of_its_own() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let rotation = Rotation { limit: 8, files: 2 };
        let (file, _) = rotation.begin(&path, true).unwrap();
        let log = LogFile::new(file, path.clone(), rotation).unwrap();
        let shared = Arc::new(Mutex::new(log));
        let (old, new) = (LogTail::new(Arc::clone(&shared)), LogTail::new(shared));
        assert!(old.append(0, b"old 1\n"));
        assert!(new.append(0, b"new 1\n"));
        assert!(old.append(1, b"old 2\n"));
        let told = |tail: &LogTail| -> u64 {
            let pieces = tail.news(false).unwrap();
            let lengths = pieces.iter().map(|piece| match piece {
                Piece::Bytes { len, .. } => *len,
                Piece::File(_) | Piece::Lost => 0,
            });
            lengths.sum()
        };
        assert_eq!((told(&old), told(&new)), (12, 6));
        assert!(!old.append(0, b"late\n"), "the host is busy");
        assert!(old.news(false).is_none());
        old.host_has_read();
        assert_eq!(told(&old), 5);
        let rotated = std::fs::read(dir.path().join("log.1")).unwrap();
        assert_eq!(rotated, b"old 1\nnew 1\n");
        assert_eq!(std::fs::read(&path).unwrap(), b"old 2\nlate\n");
    }
}
