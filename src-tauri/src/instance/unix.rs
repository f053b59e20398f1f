//! A local socket by which a second start reaches the first.

use std::io::{self, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Answer, ENDING_LIMIT, Hidden};

const FOCUS: &[u8] = b"focus\n";
const YES: &[u8] = b"yes\n";
const NO: &[u8] = b"no.\n";
/// Nobody keeps the other side waiting.
const LIMIT: Duration = Duration::from_secs(2);
/// Socket addresses are short: 108 bytes on Linux, 104 on macOS, with their end.
const LONGEST: usize = 103;

pub(super) type Door = UnixListener;

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

/// Nothing to be done: each start asks anew.
pub(super) fn close(_state: &Path) {}

pub(super) fn knock(state: &Path) -> Answer {
    match ask(state) {
        Ok(said) if said == NO => ending(),
        Ok(_) => Answer::Focused,
        // It has just ended, and its socket with it: its lock is about to be free.
        Err(e) if e.kind() == io::ErrorKind::ConnectionRefused => ending(),
        Err(e) => Answer::Hidden(Hidden {
            pid: None,
            why: format!("it cannot be asked: {e}"),
        }),
    }
}

fn ending() -> Answer {
    let why = "it is about to end, and has not ended yet: start again later";
    let (pid, why) = (None, why.into());
    Answer::Wait(ENDING_LIMIT, Hidden { pid, why })
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
