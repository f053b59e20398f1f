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
/// Far longer than lies between a first start's lock and its socket.
const SOCKET_LIMIT: Duration = Duration::from_secs(3);
/// Socket addresses are short: 108 bytes on Linux, 104 on macOS, with their end.
const LONGEST: usize = 103;

pub(super) type Door = UnixListener;

/// In the project's own folder; where that path is too long for a socket, in `run_time`, the user's
/// folder for such things.
fn address(state: &Path, run_time: Option<PathBuf>) -> io::Result<PathBuf> {
    let own = state.join("instance.sock");
    if own.as_os_str().len() <= LONGEST {
        return Ok(own);
    }
    let too_long = || {
        let why = "the path of its socket is too long, and there is no shorter folder for it \
                   (XDG_RUNTIME_DIR)";
        io::Error::new(io::ErrorKind::InvalidFilename, why)
    };
    let name = state.file_name().ok_or_else(too_long)?.to_string_lossy();
    let hash = name.rsplit('-').next().ok_or_else(too_long)?;
    let short = run_time
        .ok_or_else(too_long)?
        .join(format!("berth-{hash}.sock"));
    if short.as_os_str().len() <= LONGEST {
        Ok(short)
    } else {
        Err(too_long())
    }
}

/// A second start with another `XDG_RUNTIME_DIR`, or none (by ssh, cron or sudo), finds no socket
/// there, and says that the first one cannot be asked.
#[cfg(not(target_os = "macos"))]
fn run_time_folder() -> Option<PathBuf> {
    dirs::runtime_dir()
}

/// `/var/folders/…/0`, some 50 bytes: below `~/Library` a project with a name of more than a few
/// letters would have no door. Not the temporary folder beside it (`…/T`), from which the system
/// removes what nobody has used for three days. It is the user's alone and made by who asks first
/// (`confstr(3)`).
#[cfg(target_os = "macos")]
fn run_time_folder() -> Option<PathBuf> {
    use std::ffi::CStr;
    use std::os::unix::ffi::OsStrExt;

    let mut folder = [0_u8; libc::PATH_MAX as usize];
    let (start, room) = (folder.as_mut_ptr().cast(), folder.len());
    // SAFETY: the pointer and the length describe one live buffer, which is ended by a zero.
    let length = unsafe { libc::confstr(libc::_CS_DARWIN_USER_DIR, start, room) };
    if length == 0 || length > room {
        return None; // Unknown here, or cut.
    }
    let folder = CStr::from_bytes_until_nul(&folder).ok()?;
    Some(std::ffi::OsStr::from_bytes(folder.to_bytes()).into())
}

/// Without a socket the project still opens; a second start then only says that it is open.
pub(super) fn open(state: &Path) -> Option<Door> {
    address(state, run_time_folder())
        .and_then(|path| {
            let _ = std::fs::remove_file(&path); // Left by a process that was killed; we hold the lock.
            UnixListener::bind(&path)
        })
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
        // It ends, and its socket with it, before it was asked or before it has answered: its lock
        // is about to be free.
        Err(e)
            if matches!(
                e.kind(),
                io::ErrorKind::ConnectionRefused
                    | io::ErrorKind::ConnectionReset
                    | io::ErrorKind::BrokenPipe
                    | io::ErrorKind::UnexpectedEof
            ) =>
        {
            ending()
        }
        // It has the lock since a moment, and no socket yet; or has none.
        Err(e) if e.kind() == io::ErrorKind::NotFound => Answer::Wait(SOCKET_LIMIT, unasked(&e)),
        Err(e) => Answer::Hidden(unasked(&e)),
    }
}

fn unasked(e: &io::Error) -> Hidden {
    Hidden {
        pid: None,
        why: format!("it cannot be asked: {e}"),
    }
}

fn ending() -> Answer {
    let why = "it is about to end, and has not ended yet: start again later";
    let (pid, why) = (None, why.into());
    Answer::Wait(ENDING_LIMIT, Hidden { pid, why })
}

fn ask(state: &Path) -> io::Result<[u8; 4]> {
    let mut stream = UnixStream::connect(address(state, run_time_folder())?)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    /// As long as `/Users/somebody/Library/Application Support/dev.berth.app/projects/…` becomes.
    fn long(below: &Path) -> PathBuf {
        let folder = below.join("Application Support".repeat(4));
        folder.join("shop-1a2b3c4d5e6f7081")
    }

    #[test]
    fn a_project_whose_path_is_too_long_for_a_socket_has_its_door_in_the_user_s_folder() {
        let user = tempfile::tempdir().unwrap();
        let state = long(user.path());
        let path = address(&state, Some(user.path().to_owned())).unwrap();
        assert_eq!(path, user.path().join("berth-1a2b3c4d5e6f7081.sock"));
        UnixListener::bind(&path).unwrap();
        let own = user.path().join("shop-1a2b3c4d5e6f7081");
        let its_own = address(&own, None).unwrap();
        assert_eq!(its_own, own.join("instance.sock"));
        let error = address(&state, None).unwrap_err();
        let said = error.to_string();
        assert!(
            said.contains("is too long") && said.contains("XDG_RUNTIME_DIR"),
            "{said}"
        );
    }

    #[cfg(target_os = "macos")]
    #[test]
    fn a_long_path_is_no_obstacle_on_a_mac() {
        use std::os::unix::fs::PermissionsExt;

        let folder = run_time_folder().expect("every user has one");
        let mode = std::fs::metadata(&folder).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}", folder.display());
        let home = tempfile::tempdir().unwrap();
        let state = long(home.path());
        let door = open(&state).expect("it is short enough");
        std::thread::spawn(move || serve(&door, || true));
        assert_eq!(knock(&state), Answer::Focused);
        std::fs::remove_file(address(&state, Some(folder)).unwrap()).unwrap();
    }
}
