//! On Windows the second start brings the first one's window to the front itself: the user has just
//! started it, and the system lets nobody else do that.

use std::path::Path;
use std::time::Duration;

use super::front::{self, Front};
use super::{Answer, ENDING_LIMIT, Hidden};

/// How long there may be no note: the first start makes one as soon as it has the lock, and
/// changes it with one write. Later there is none because it could not be written.
const NOTE_LIMIT: Duration = Duration::from_secs(5);

/// Nobody comes: a second start needs no answer.
pub(super) type Door = std::convert::Infallible;

pub(super) fn open(state: &Path) -> Option<Door> {
    close(state);
    None
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "a socket is not copied")]
pub(super) fn serve(door: &Door, _focus: impl Fn() -> bool) {
    match *door {}
}

pub(super) fn close(state: &Path) {
    if let Err(e) = front::forget(state) {
        log::warn!("a second start cannot know that there is no window: {e}");
    }
}

pub(super) fn knock(state: &Path) -> Answer {
    let hidden = |pid, why: &str| Hidden {
        pid,
        why: why.into(),
    };
    match front::bring(state) {
        Front::Came => Answer::Focused,
        Front::NoWindow { pid } => {
            let why = "it shows none, nor has it ended: end it in the Task Manager if it stays so, and start again";
            Answer::Wait(ENDING_LIMIT, hidden(Some(pid), why))
        }
        Front::Unknown => {
            let why = "it could not note which one that is, for want of space on the disk perhaps: look for it in the taskbar";
            Answer::Wait(NOTE_LIMIT, hidden(None, why))
        }
        Front::Elsewhere { pid } => {
            let why = "it is in another session of this computer: go on there, or end it there and start again";
            Answer::Hidden(hidden(Some(pid), why))
        }
        Front::Refused { pid } => {
            let why = "the system keeps another program in front: choose it in the taskbar";
            Answer::Hidden(hidden(Some(pid), why))
        }
    }
}
