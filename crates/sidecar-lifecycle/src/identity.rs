//! Which process is meant, in a way that a recycled pid cannot fool.
//!
//! ```
//! use sidecar_lifecycle::identity::Identity;
//!
//! let mut child = std::process::Command::new("true").spawn()?;
//! let identity = Identity::of(child.id()).expect("it has just been started");
//! child.wait()?;
//! assert!(!identity.is_alive(), "whoever gets its pid next");
//! # Ok::<(), std::io::Error>(())
//! ```

use std::fmt;
use std::io;

use serde::{Deserialize, Serialize};

use crate::sys::process;

/// One boot of one machine.
///
/// Start times count from the boot, so they say nothing without it. The text is the kernel's own
/// on Linux (`/proc/sys/kernel/random/boot_id`) and macOS (`kern.bootsessionuuid`); on Windows start
/// times are absolute and the text is constant.
///
/// ```
/// use sidecar_lifecycle::identity::BootId;
///
/// assert_eq!(BootId::current(), BootId::current());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BootId(pub String);

impl BootId {
    /// The running boot, or nothing where the system does not tell.
    ///
    /// ```
    /// use sidecar_lifecycle::identity::{BootId, Identity};
    ///
    /// let me = Identity::of(std::process::id()).expect("it runs");
    /// assert_eq!(BootId::current(), Some(me.boot));
    /// ```
    pub fn current() -> Option<BootId> {
        process::boot_id()
    }
}

impl fmt::Display for BootId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A process: pid, start time and boot. A pid alone may name another process a second later.
///
/// ```
/// use sidecar_lifecycle::identity::Identity;
///
/// let me = Identity::of(std::process::id()).expect("it runs");
/// assert!(me.is_alive());
/// let another = Identity { start: me.start + 1, ..me };
/// assert!(!another.is_alive(), "the pid is taken, but not by the one that is meant");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Identity {
    /// Process id, as this process sees it.
    pub pid: u32,
    /// Start time: clock ticks since boot on Linux (`/proc/PID/stat`, field 22), microseconds
    /// since 1970 on macOS, 100 ns since 1601 on Windows. Compared, never computed with.
    pub start: u64,
    /// The boot in which the process started.
    pub boot: BootId,
}

/// What a user is called on this machine, for a number such as
/// [`Holder::uid`](crate::ports::Holder::uid); nothing for one that nobody has, and on Windows.
///
/// ```
/// # #[cfg(unix)]
/// assert_eq!(sidecar_lifecycle::identity::user_name(0).as_deref(), Some("root"));
/// ```
pub fn user_name(uid: u32) -> Option<String> {
    crate::sys::user_name(uid)
}

/// What became of a signal.
///
/// ```
/// use sidecar_lifecycle::identity::{Identity, Signalled};
///
/// let me = Identity::of(std::process::id()).expect("it runs");
/// let before_me = Identity { start: me.start - 1, ..me }; // Had this pid once, say.
/// assert_eq!(before_me.signal(15)?, Signalled::Gone, "and this program runs on");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signalled {
    /// The kernel took it.
    Sent,
    /// The process had ended: gone, a zombie, or its pid belongs to another process by now.
    Gone,
}

impl Identity {
    /// The identity of a process that runs now (or is a zombie); nothing if there is none.
    ///
    /// ```
    /// use sidecar_lifecycle::identity::Identity;
    ///
    /// let me = Identity::of(std::process::id()).expect("it runs");
    /// assert_eq!(me.pid, std::process::id());
    /// assert_eq!(Identity::of(u32::MAX), None);
    /// ```
    pub fn of(pid: u32) -> Option<Identity> {
        process::identity_of(pid)
    }

    /// Whether this very process still runs. Zombies, recycled pids and processes of another boot
    /// are not alive; where the system does not tell, the answer is no.
    ///
    /// ```
    /// use sidecar_lifecycle::identity::{BootId, Identity};
    ///
    /// let me = Identity::of(std::process::id()).expect("it runs");
    /// assert!(me.is_alive());
    /// let before_the_last_boot = Identity { boot: BootId("another".to_owned()), ..me };
    /// assert!(!before_the_last_boot.is_alive());
    /// ```
    pub fn is_alive(&self) -> bool {
        process::is_alive(self)
    }

    /// Sends a signal to this very process, and never to one that has taken over its pid.
    ///
    /// On Windows, which has no signals, the process is terminated whatever `signal` says.
    ///
    /// ```no_run
    /// use sidecar_lifecycle::identity::{Identity, Signalled};
    ///
    /// # fn example(process: Identity) -> std::io::Result<()> {
    /// const TERM: i32 = 15;
    /// if process.signal(TERM)? == Signalled::Gone {
    ///     println!("it has ended already");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// What the system answers, such as `PermissionDenied` for another user's process. A process
    /// that has ended is no error: see [`Signalled::Gone`].
    pub fn signal(&self, signal: i32) -> io::Result<Signalled> {
        process::signal(self, signal)
    }
}
