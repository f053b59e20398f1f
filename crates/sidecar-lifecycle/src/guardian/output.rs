//! What the host is told of the output: where it lies, and what the log cannot do.

use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;

use super::warden::Warden;
use super::wire::{self, Report};
use crate::logs::{Piece, Trouble, TroubleKind};

impl Warden {
    /// Moves what one of a run's streams has brought, and tells of it.
    pub(super) fn pump(&mut self, id: u64, stream: usize) {
        let trouble = self
            .runs
            .get_mut(&id)
            .and_then(|r| r.pump.as_mut()?.pump(stream));
        self.tell_trouble(id, trouble);
        self.tell_output(id, false);
    }

    /// Moves all that a run has written so far, and tells of it however busy the host is.
    pub(super) fn drain(&mut self, id: u64) {
        let trouble = self
            .runs
            .get_mut(&id)
            .and_then(|r| r.pump.as_mut()?.drain());
        self.tell_trouble(id, trouble);
        self.tell_output(id, true);
    }

    fn tell_trouble(&mut self, id: u64, trouble: Option<Trouble>) {
        if let Some(Trouble { kind, error }) = trouble {
            self.say(&Report::LogTrouble {
                run: id,
                errno: error.raw_os_error(),
                rotating: kind == TroubleKind::Rotate,
            });
        }
    }

    pub(super) fn tell_output(&mut self, id: u64, regardless: bool) {
        let news = self
            .runs
            .get_mut(&id)
            .and_then(|r| r.pump.as_mut()?.news(regardless));
        let Some(news) = news.filter(|_| !self.host_lost) else {
            return;
        };
        let mut files = Vec::new();
        let pieces = news.into_iter().map(|p| on_wire(p, &mut files)).collect();
        self.send(&Report::Output { run: id, pieces }, files);
    }
}

/// A piece as it is told, with the descriptor that it needs.
fn on_wire(piece: Piece, files: &mut Vec<OwnedFd>) -> wire::Piece {
    match piece {
        Piece::File(file) => {
            let found = file.and_then(|f| Some((f.metadata().ok()?, f.try_clone().ok()?)));
            // Without a descriptor to spare, the host is told numbers that no file has.
            let Some((is, copy)) = found else {
                return wire::Piece::File { dev: 0, ino: 0 };
            };
            files.push(copy.into());
            wire::Piece::File {
                dev: is.dev(),
                ino: is.ino(),
            }
        }
        Piece::Bytes {
            stream,
            offset,
            len,
        } => wire::Piece::Bytes {
            stream,
            offset,
            len,
        },
        Piece::Lost => wire::Piece::Lost,
    }
}
