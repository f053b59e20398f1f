//! Opens the log that a run's output goes into.

use std::io;

use super::refusal::Refusal;
use super::run_loop::Loop;
use super::spawner::LogOrder;
use crate::core::RunId;
use crate::event::EventKind;
use crate::logs::{Rotation, TroubleKind, rotation};

impl Loop {
    /// The log of a sidecar's next run, if it has one. The first run of an engine begins a new one
    /// and keeps the last engine's beside it: what went wrong before this start is still there to
    /// read. A disk that is full is no reason not to start: then there is no log.
    pub(super) fn open_log(
        &mut self,
        index: usize,
        run: RunId,
    ) -> Result<Option<LogOrder>, Refusal> {
        let entry = &self.entries[index];
        let (core, config) = (entry.core, entry.config_in_use());
        let Some(wish) = config.log_file.clone() else {
            return Ok(None);
        };
        let rotation = Rotation::new(config.log_limit, config.log_files);
        let mut begin = || -> io::Result<_> {
            let path = rotation::locate(&wish)?;
            let first = self.logs_begun.insert(path.clone());
            let (file, kept) = rotation.begin(&path, first)?;
            Ok((
                LogOrder {
                    file,
                    path,
                    rotation,
                },
                kept,
            ))
        };
        let (log, trouble) = match begin() {
            Ok((log, kept)) => (Some(log), kept.err().map(|e| TroubleKind::Begin.reason(&e))),
            Err(e) if is_lack_of_room(&e) => (None, Some(TroubleKind::Open.reason(&e))),
            Err(e) => {
                let what = format!("its log {}", wish.display());
                return Err(Refusal::from(e).while_doing(&what));
            }
        };
        if let Some(reason) = trouble {
            self.tell(core, run, EventKind::LogTrouble { reason });
        }
        Ok(log)
    }
}

fn is_lack_of_room(e: &io::Error) -> bool {
    use io::ErrorKind::{QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    matches!(e.kind(), StorageFull | QuotaExceeded | ReadOnlyFilesystem)
}
