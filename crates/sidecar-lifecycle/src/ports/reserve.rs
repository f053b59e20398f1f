//! Ports that were picked and are not bound yet: kept from other sidecars and from other engines.

use std::collections::HashSet;
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Ports that were picked and whose servers have not bound them yet.
///
/// A test of a port says nothing about the next millisecond: two sidecars that start together
/// would be given the same one, and so would two engines. Clones share one set.
///
/// ```
/// use sidecar_lifecycle::ports::Reservations;
///
/// let all = Reservations::default();
/// let first = all.reserve(5173);
/// assert!(first.is_some() && all.clone().reserve(5173).is_none());
/// drop(first);
/// assert!(all.reserve(5173).is_some());
/// ```
#[derive(Debug, Clone, Default)]
pub struct Reservations {
    taken: Arc<Mutex<HashSet<u16>>>,
    folder: Option<Arc<Path>>,
}

/// A port that [`Reservations`] keeps from everybody else until this is dropped.
///
/// ```
/// use sidecar_lifecycle::ports::Reservations;
///
/// let all = Reservations::default();
/// let two: Vec<_> = [5173, 5174].into_iter().filter_map(|port| all.reserve(port)).collect();
/// let ports: Vec<u16> = two.iter().map(|reservation| reservation.port()).collect();
/// assert_eq!(ports, [5173, 5174]);
/// ```
#[derive(Debug)]
#[must_use = "the port is up for grabs again once this is dropped"]
pub struct Reservation {
    port: u16,
    set: Reservations,
    /// Held, and removed before it is let go.
    lock: Option<(File, PathBuf)>,
}

impl Reservations {
    /// Shared by every engine of this user on this machine: each port has a lock file in a folder
    /// that all of them know. The kernel lets go of it however its holder ends.
    ///
    /// # Errors
    /// The folder cannot be made, or is not this user's alone.
    ///
    /// ```no_run
    /// use sidecar_lifecycle::ports::Reservations;
    ///
    /// let held = Reservations::machine_wide()?.reserve(5173);
    /// if held.is_none() {
    ///     println!("another app of this user is about to bind it");
    /// }
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn machine_wide() -> io::Result<Reservations> {
        Ok(Reservations::shared_in(crate::sys::shared_folder()?))
    }

    /// Shared by all who name the same folder.
    ///
    /// ```
    /// use sidecar_lifecycle::ports::Reservations;
    ///
    /// # let folder = tempfile::tempdir()?;
    /// # let folder = folder.path();
    /// // A folder that two containers have in common, say.
    /// let (one, two) = (Reservations::shared_in(folder), Reservations::shared_in(folder));
    /// let held = one.reserve(5173);
    /// assert!(held.is_some() && two.reserve(5173).is_none());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn shared_in(folder: impl Into<PathBuf>) -> Reservations {
        Reservations {
            taken: Arc::default(),
            folder: Some(folder.into().into()),
        }
    }

    /// Reserves a port, or nothing when it is reserved.
    ///
    /// ```
    /// use sidecar_lifecycle::ports::Reservations;
    ///
    /// let all = Reservations::default();
    /// let web = all.reserve(5173);
    /// assert!(web.is_some());
    /// assert!(all.reserve(5173).is_none());
    /// ```
    pub fn reserve(&self, port: u16) -> Option<Reservation> {
        if !self.lock().insert(port) {
            return None;
        }
        // From here on dropping it gives the port back.
        let mut reservation = Reservation {
            port,
            set: self.clone(),
            lock: None,
        };
        if let Some(folder) = &self.folder {
            let path = folder.join(format!("port-{port}.lock"));
            match lock_file(&path) {
                Ok(Some(file)) => reservation.lock = Some((file, path)),
                Ok(None) => return None,
                // Without the file it is kept from our own sidecars, as far as that goes.
                Err(e) => log::warn!("cannot use the lock file {}: {e}", path.display()),
            }
        }
        Some(reservation)
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<u16>> {
        // A set of numbers is whole after every operation, so a panic elsewhere left it usable.
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The locked file, or nothing when somebody else holds it.
fn lock_file(path: &Path) -> io::Result<Option<File>> {
    loop {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        crate::sys::owner_only(&mut options);
        let file = options.open(path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(e)) => return Err(e),
        }
        // Its last holder may have removed it after we opened it: then others do not see ours.
        match crate::sys::is_at(&file, path) {
            Ok(true) => return Ok(Some(file)),
            Ok(false) => {}
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(e) => return Err(e),
        }
    }
}

impl Reservation {
    /// The port.
    ///
    /// ```
    /// use sidecar_lifecycle::ports::Reservations;
    ///
    /// let reservation = Reservations::default().reserve(5173);
    /// assert_eq!(reservation.map(|reservation| reservation.port()), Some(5173));
    /// ```
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if let Some((file, path)) = self.lock.take() {
            crate::sys::discard_lock(&path);
            drop(file);
        }
        self.set.lock().remove(&self.port);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reservation_ends_with_its_guard() {
        let all = Reservations::default();
        let guard = all.reserve(1234).expect("free");
        assert!(all.clone().reserve(1234).is_none(), "clones share the set");
        assert!(all.reserve(1235).is_some());
        drop(guard);
        assert!(all.reserve(1234).is_some());
    }

    #[test]
    fn engines_that_share_a_folder_keep_out_of_each_others_way_and_leave_no_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let (one, two) = (
            Reservations::shared_in(folder.path()),
            Reservations::shared_in(folder.path()),
        );
        let held = one.reserve(1234).expect("free");
        assert!(two.reserve(1234).is_none());
        assert!(
            two.reserve(1234).is_none(),
            "being refused does not give it back"
        );
        drop(held);
        drop(two.reserve(1234).expect("free again"));
        let left = std::fs::read_dir(folder.path()).expect("readable").count();
        assert_eq!(left, usize::from(cfg!(windows)));
    }

    #[test]
    fn of_many_who_want_one_port_at_once_one_gets_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let (mut holders, most) = (Vec::new(), Mutex::new((0, 0)));
        for _ in 0..4 {
            holders.push(Reservations::shared_in(folder.path()));
        }
        std::thread::scope(|scope| {
            for engine in &holders {
                scope.spawn(|| {
                    for _ in 0..500 {
                        let Some(held) = engine.reserve(4711) else {
                            continue;
                        };
                        let mut count = most.lock().expect("no panic");
                        count.0 += 1;
                        count.1 = count.1.max(count.0);
                        drop(count);
                        std::thread::yield_now();
                        most.lock().expect("no panic").0 -= 1;
                        drop(held);
                    }
                });
            }
        });
        assert_eq!(*most.lock().expect("no panic"), (0, 1));
    }

    #[test]
    fn a_folder_that_cannot_be_written_leaves_the_own_set() {
        let all = Reservations::shared_in("/dev/null/nowhere");
        let held = all.reserve(1234);
        assert!(held.is_some() && all.reserve(1234).is_none());
    }
}
