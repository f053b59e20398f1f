//! The log of a sidecar that outlives its host: it writes into the file itself, and the host only
//! follows.

use std::cell::{Cell, RefCell};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use super::log_reader::LogReader;
use super::message::Message;
use super::output::{Output, Source};
use crate::core::RunId;
use crate::logs::{LogRing, Piece, Rotation, rotation};
use crate::sys::{self, FileChanges, read_at};

/// What is shown of the log of one that was running already.
const BEFORE: u64 = 64 * 1024;
/// Its stdout and its stderr are one.
const STDOUT: u8 = 0;

/// Follows a file that somebody else writes.
pub(crate) struct DirectLog {
    path: PathBuf,
    file: Arc<File>,
    /// How far the host was told of it.
    at: Cell<u64>,
    output: Rc<RefCell<Output>>,
    task: Cell<Option<AbortHandle>>,
}

impl DirectLog {
    /// Opens the log for a new run, which writes into the file that is answered. One that has
    /// become too long is put away first: while it is written, nobody can.
    pub(super) fn begin(
        path: &Path,
        rotation: Rotation,
        ring: LogRing,
    ) -> io::Result<(File, Rc<DirectLog>)> {
        let mut file = rotation::open_to_append(path)?;
        if file.metadata()?.len() >= rotation.due(0) {
            let turned = rotation.turn_or_wait(path, &file).map(drop);
            // If it is another file by now, somebody else has seen to it; or does at this moment.
            let is_up_to_us = || sys::is_at(&file, path).unwrap_or(false);
            if let Err(e) = turned
                && e.kind() != io::ErrorKind::WouldBlock
                && is_up_to_us()
            {
                return Err(e);
            }
            file = rotation::open_to_append(path)?;
        }
        let at = file.metadata()?.len();
        let log = DirectLog::new(path, file.try_clone()?, at, ring);
        Ok((file, log))
    }

    /// Follows the log of a run that writes it already, from its last lines on.
    pub(super) fn resume(path: &Path, ring: LogRing) -> io::Result<Rc<DirectLog>> {
        let file = File::open(path)?;
        let len = file.metadata()?.len();
        let mut at = len.saturating_sub(BEFORE);
        if at > 0 {
            let mut piece = vec![0; BEFORE as usize];
            let read = read_at(&file, &mut piece, at)?;
            let line_end = piece[..read].iter().position(|&b| b == b'\n');
            at += line_end.map_or(0, |end| end as u64 + 1);
        }
        Ok(DirectLog::new(path, file, at, ring))
    }

    fn new(path: &Path, file: File, at: u64, ring: LogRing) -> Rc<DirectLog> {
        let file = Arc::new(file);
        let output = Output::new(ring, Source::Log(LogReader::default()));
        output
            .borrow_mut()
            .expect(vec![Piece::File(Some(Arc::clone(&file)))]);
        Rc::new(DirectLog {
            path: path.to_owned(),
            file,
            at: Cell::new(at),
            output,
            task: Cell::default(),
        })
    }

    pub(super) fn output(&self) -> Rc<RefCell<Output>> {
        Rc::clone(&self.output)
    }

    /// Tells of the bytes that have come since the last time. True if there were any.
    pub(super) fn catch_up(&self) -> bool {
        let len = self.file.metadata().map_or(0, |m| m.len());
        // Somebody may have emptied it.
        let at = self.at.replace(len).min(len);
        let piece = Piece::Bytes {
            stream: STDOUT,
            offset: at,
            len: len - at,
        };
        if len > at {
            self.output.borrow_mut().expect(vec![piece]);
        }
        len > at
    }

    /// Has the loop read it whenever it has grown, until this is dropped.
    pub(super) fn follow(self: &Rc<Self>, run: RunId, tx: mpsc::UnboundedSender<Message>) {
        let (log, path) = (Rc::downgrade(self), self.path.clone());
        let task = tokio::task::spawn_local(async move {
            let mut changes = match FileChanges::of(&path) {
                Ok(changes) => changes,
                Err(e) => {
                    log::warn!("{} is not followed: {e}", path.display());
                    return;
                }
            };
            loop {
                let Some(log) = log.upgrade() else { return };
                if log.catch_up() {
                    let _ = tx.send(Message::ReadOn { run }); // The loop may have quit.
                }
                drop(log);
                if changes.next().await.is_err() {
                    return;
                }
            }
        });
        self.task.set(Some(task.abort_handle()));
    }
}

impl Drop for DirectLog {
    fn drop(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
        }
    }
}
