//! What a warden says, heard on a thread of its own.

use std::io;
use std::sync::Arc;
use std::thread;

use crate::core::{ExitStatus, RunId};
use crate::engine::message::Report;
use crate::engine::refusal::Refusal;
use crate::guardian::wire::{self, Link};
use crate::identity::{BootId, Identity};
use crate::logs::{Piece, TroubleKind};
use crate::sys::is_transient;
use crate::sys::unix::spawn::Stage;

/// Reads reports until the other side is gone.
pub(super) fn listen(mut link: Link, on: impl Fn(Report) + Send + 'static) -> io::Result<()> {
    thread::Builder::new()
        .name("sidecar-reports".into())
        .stack_size(256 * 1024)
        .spawn(move || {
            let boot = BootId::current().unwrap_or(BootId(String::new()));
            loop {
                let alive = matches!(link.fill(), Ok(true));
                let whole = loop {
                    match link.next::<wire::Report>() {
                        Ok(Some(report)) => drop(translate(report, &boot, &mut link).map(&on)),
                        Ok(None) => break true,
                        Err(_) => break false, // Damage: nothing after it can be trusted.
                    }
                };
                if !(alive && whole) {
                    on(Report::Lost);
                    return;
                }
            }
        })?;
    Ok(())
}

fn translate(report: wire::Report, boot: &BootId, link: &mut Link) -> Option<Report> {
    Some(match report {
        wire::Report::Hello { .. } => return None,
        wire::Report::Spawned { run, pid, start } => Report::Spawned {
            run: RunId(run),
            leader: Identity {
                pid,
                start,
                boot: boot.clone(),
            },
        },
        wire::Report::SpawnFailed { run, stage, errno } => {
            let cause = io::Error::from_raw_os_error(errno);
            let stage = Stage::from_u8(stage);
            let help = stage.help(errno).map(|help| format!("; {help}"));
            let reason = format!("{}: {cause}{}", stage.tried(), help.unwrap_or_default());
            Report::SpawnFailed {
                run: RunId(run),
                refusal: Refusal {
                    reason,
                    transient: is_transient(&cause),
                },
            }
        }
        wire::Report::Exited { run, code, signal } => {
            let status = match (code, signal) {
                (_, Some(signal)) => ExitStatus::Signal(signal),
                (Some(code), None) => ExitStatus::Code(code),
                (None, None) => ExitStatus::Unknown,
            };
            Report::Exited {
                run: RunId(run),
                status,
            }
        }
        wire::Report::TreeGone { run, survivors } => Report::TreeGone {
            run: RunId(run),
            survivors,
        },
        wire::Report::Kept {
            run,
            pid,
            command,
            why,
        } => Report::Kept {
            run: RunId(run),
            pid,
            command,
            why,
        },
        wire::Report::Output { run, pieces } => {
            let pieces = pieces.into_iter().map(|p| from_wire(p, link)).collect();
            Report::Output {
                run: RunId(run),
                pieces,
            }
        }
        wire::Report::Pong { n } => Report::Answered { ping: n },
        wire::Report::LogTrouble {
            run,
            errno,
            rotating,
        } => {
            let replaced = || io::Error::other("another file has taken its place");
            let cause = errno.map_or_else(replaced, io::Error::from_raw_os_error);
            let kind = if rotating {
                TroubleKind::Rotate
            } else {
                TroubleKind::Write
            };
            Report::LogTrouble {
                run: RunId(run),
                reason: kind.reason(&cause),
            }
        }
    })
}

fn from_wire(piece: wire::Piece, link: &mut Link) -> Piece {
    match piece {
        wire::Piece::File { dev, ino } => Piece::File(link.take_file(dev, ino).map(Arc::new)),
        wire::Piece::Bytes {
            stream,
            offset,
            len,
        } => Piece::Bytes {
            stream,
            offset,
            len,
        },
        wire::Piece::Lost => Piece::Lost,
    }
}
