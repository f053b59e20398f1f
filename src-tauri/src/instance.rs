//! One process per project: a second start focuses the first.

#[cfg(windows)]
pub(crate) mod front;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

#[cfg(unix)]
use unix as door;
#[cfg(windows)]
use windows as door;

/// How long a second start waits for a first one that is about to end: as long as the slowest
/// orderly exit.
const ENDING_LIMIT: Duration = Duration::from_secs(35);
/// How often it looks.
const ENDING_TICK: Duration = Duration::from_millis(50);

/// The right to show this project, held until it is dropped.
pub(crate) struct Instance {
    _lock: File,
    door: Option<door::Door>,
    state: PathBuf,
}

/// Who shows the project.
pub(crate) enum Claim {
    /// This process does.
    Ours(Instance),
    /// Another one does. It came to the front, or this is why it did not.
    Taken(Option<Hidden>),
}

/// The process that shows the project, whose window could not be brought to the front.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Hidden {
    /// Which process, where that is known.
    pid: Option<u32>,
    /// Why, and what helps.
    why: String,
}

/// What a second start hears.
#[derive(Debug, PartialEq, Eq)]
enum Answer {
    /// It came to the front.
    Focused,
    /// It has no window now. It is asked again until it has been waited for so long.
    Wait(Duration, Hidden),
    /// Asking again would not help.
    Hidden(Hidden),
}

impl Instance {
    /// Claims the project. The lock decides, and the kernel drops it with the process: a socket
    /// file that a killed process has left is no obstacle. One that is about to end is waited for.
    pub(crate) fn claim(state: &Path) -> io::Result<Claim> {
        Instance::claim_within(state, Duration::MAX)
    }

    /// The same, but whoever it is is waited for no longer than this.
    fn claim_within(state: &Path, most: Duration) -> io::Result<Claim> {
        let lock = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(state.join("instance.lock"))?;
        let begun = Instant::now();
        loop {
            match lock.try_lock() {
                Ok(()) => {
                    return Ok(Claim::Ours(Instance {
                        _lock: lock,
                        door: door::open(state),
                        state: state.to_owned(),
                    }));
                }
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(e)) => return Err(e),
            }
            match door::knock(state) {
                Answer::Focused => return Ok(Claim::Taken(None)),
                Answer::Wait(limit, _) if begun.elapsed() < limit.min(most) => {}
                Answer::Wait(_, other) | Answer::Hidden(other) => {
                    return Ok(Claim::Taken(Some(other)));
                }
            }
            thread::sleep(ENDING_TICK);
        }
    }

    /// Calls `focus` for each further start, on a thread of its own, until the end begins.
    pub(crate) fn on_second_start(&mut self, focus: impl Fn() + Send + 'static) -> Ending {
        let begun = Arc::new(AtomicBool::new(false));
        let is_ending = begun.clone();
        if let Some(door) = self.door.take() {
            thread::spawn(move || {
                door::serve(&door, || {
                    if is_ending.load(Ordering::Acquire) {
                        return false;
                    }
                    focus();
                    true
                });
            });
        }
        Ending {
            begun,
            state: self.state.clone(),
        }
    }
}

/// Lets second starts know that this process is about to end.
pub(crate) struct Ending {
    begun: Arc<AtomicBool>,
    state: PathBuf,
}

impl Ending {
    /// From now on there is no window to come to the front, though it may still be seen: a second
    /// start waits for the end, and opens the project itself.
    pub(crate) fn begin(&self) {
        if !self.begun.swap(true, Ordering::AcqRel) {
            door::close(&self.state);
        }
    }
}

impl Hidden {
    /// The sentence for whoever has started the project in this folder a second time.
    pub(crate) fn tell(&self, folder: &Path) -> String {
        let (folder, why) = (folder.display(), &self.why);
        match self.pid {
            Some(pid) => format!(
                "{folder} is open already, in process {pid}, whose window does not come to the front: {why}"
            ),
            None => format!(
                "{folder} is open already, but its window does not come to the front: {why}"
            ),
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
        first.on_second_start(move || tx.send(()).expect("the test listens"));
        assert!(matches!(
            Instance::claim(dir.path()),
            Ok(Claim::Taken(None))
        ));
        rx.recv_timeout(Duration::from_secs(5))
            .expect("the first is told of the second");
    }

    #[test]
    fn a_start_beside_one_that_ends_waits_and_opens() {
        let dir = tempfile::tempdir().unwrap();
        let mut first = ours(dir.path());
        let ending = first.on_second_start(|| ());
        ending.begin();
        let other = Instance::claim_within(dir.path(), Duration::ZERO);
        assert!(
            matches!(other, Ok(Claim::Taken(Some(_)))),
            "it does not come"
        );
        let state = dir.path().to_owned();
        let second = thread::spawn(move || matches!(Instance::claim(&state), Ok(Claim::Ours(_))));
        drop(first);
        assert!(second.join().unwrap(), "it opens once the first has ended");
    }

    #[test]
    fn one_that_cannot_be_asked_is_not_said_to_come_to_the_front() {
        let dir = tempfile::tempdir().unwrap();
        let first = ours(dir.path());
        std::fs::remove_file(dir.path().join("instance.sock")).unwrap();
        let Ok(Claim::Taken(Some(other))) = Instance::claim_within(dir.path(), Duration::ZERO)
        else {
            panic!("it cannot be asked");
        };
        let told = other.tell(Path::new("/shop"));
        assert_eq!(
            told,
            "/shop is open already, but its window does not come to the front: \
             it cannot be asked: No such file or directory (os error 2)"
        );
        drop(first);
    }

    /// Two clicks: the first start has the lock since a moment.
    #[test]
    fn one_that_has_no_socket_yet_is_asked_again() {
        let dir = tempfile::tempdir().unwrap();
        let mut first = ours(dir.path());
        let socket = dir.path().join("instance.sock");
        std::fs::rename(&socket, dir.path().join("elsewhere")).unwrap();
        assert!(matches!(door::knock(dir.path()), Answer::Wait(..)));
        let state = dir.path().to_owned();
        let second =
            thread::spawn(move || matches!(Instance::claim(&state), Ok(Claim::Taken(None))));
        let (tx, rx) = mpsc::channel();
        first.on_second_start(move || tx.send(()).expect("the test listens"));
        std::fs::rename(dir.path().join("elsewhere"), &socket).unwrap();
        rx.recv_timeout(Duration::from_secs(5))
            .expect("it is asked");
        assert!(second.join().unwrap(), "it came to the front");
    }

    #[test]
    fn one_that_ends_while_it_is_asked_is_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let mut first = ours(dir.path());
        let door = first.door.take().expect("it has one");
        let hangs_up = thread::spawn(move || drop(door.accept()));
        let other = Instance::claim_within(dir.path(), Duration::ZERO);
        let Ok(Claim::Taken(Some(other))) = other else {
            panic!("it has not answered");
        };
        let told = other.tell(Path::new("/shop"));
        assert!(told.contains("it is about to end"), "{told}");
        hangs_up.join().unwrap();
    }
}

#[cfg(all(test, windows))]
mod tests {
    use super::*;
    use std::fs;

    fn ours(state: &Path) -> Instance {
        match Instance::claim(state) {
            Ok(Claim::Ours(instance)) => instance,
            _ => panic!("nobody else has it"),
        }
    }

    fn told(state: &Path, most: Duration) -> String {
        match Instance::claim_within(state, most) {
            Ok(Claim::Taken(Some(other))) => other.tell(Path::new("shop")),
            Ok(Claim::Taken(None)) => panic!("nothing can come to the front"),
            Ok(Claim::Ours(_)) => panic!("another one has it"),
            Err(e) => panic!("{e}"),
        }
    }

    #[test]
    fn one_in_another_session_is_told_of_at_once_unless_it_ends() {
        let dir = tempfile::tempdir().expect("a folder");
        let state = dir.path();
        let mut first = ours(state);
        front::note(state, 1, u32::MAX).expect("noted");
        let pid = std::process::id();
        let elsewhere = told(state, Duration::MAX);
        let expected = format!("shop is open already, in process {pid}, whose window does not");
        assert!(elsewhere.starts_with(&expected), "{elsewhere}");
        assert!(elsewhere.contains("another session"), "{elsewhere}");

        // It has no window any more, wherever that is: its end is waited for.
        first.on_second_start(|| ()).begin();
        let ending = told(state, Duration::ZERO);
        assert!(ending.contains("nor has it ended"), "{ending}");
        let waits = state.to_owned();
        let second = thread::spawn(move || matches!(Instance::claim(&waits), Ok(Claim::Ours(_))));
        drop(first);
        assert!(second.join().expect("it ends"), "it opens");
    }

    #[test]
    fn without_a_note_nothing_is_said_to_come_to_the_front() {
        let dir = tempfile::tempdir().expect("a folder");
        let state = dir.path();
        let _first = ours(state);
        let starting = told(state, Duration::ZERO);
        assert!(starting.contains("in process"), "{starting}");
        fs::remove_file(state.join("instance.window")).expect("made with the lock");
        let unknown = told(state, Duration::ZERO);
        assert!(unknown.contains("could not note"), "{unknown}");
        let Answer::Wait(limit, _) = door::knock(state) else {
            panic!("it may be about to note it");
        };
        assert!(limit < ENDING_LIMIT, "{limit:?}");
    }
}
