//! Who holds a port, and what that means for us.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::Serialize;

use super::{lossy, rfc3339};
use crate::identity::Identity;
use crate::marker::{self, Marker};
use crate::sys::{Listener, Owner, ProcessFacts, process, sockets};

/// What a holder is to us, in ascending order of how much it is in the way.
///
/// ```
/// use sidecar_lifecycle::ports::HolderKind;
///
/// /// What a page offers.
/// fn help(kind: HolderKind) -> &'static str {
///     match kind {
///         HolderKind::Ours => "End it and start again",
///         HolderKind::SameProject => "Use the one that runs",
///         HolderKind::Stranger => "Take another port",
///     }
/// }
/// let worst = [HolderKind::Stranger, HolderKind::Ours].into_iter().max();
/// assert_eq!(worst.map(help), Some("Take another port"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum HolderKind {
    /// A sidecar of this app: of this instance, or a leftover of a dead one.
    Ours,
    /// The same project, run elsewhere.
    SameProject,
    /// Anything else, and anything that we cannot look into. Never touched.
    Stranger,
}

/// Who listens on a port. What cannot be read is `None`, never a guess.
///
/// ```
/// use sidecar_lifecycle::ports::Holder;
///
/// /// `node server.js (pid 4711)`, or as much of it as is known.
/// fn who(holder: &Holder) -> String {
///     let command = holder.command.as_deref().unwrap_or("a program");
///     match holder.pid {
///         Some(pid) => format!("{command} (pid {pid})"),
///         None => format!("{command} of another user"),
///     }
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Holder {
    /// The process.
    pub pid: Option<u32>,
    /// The user; known even where the process is not.
    pub uid: Option<u32>,
    /// Its command line, for people; the program's name alone where no more may be read.
    pub command: Option<String>,
    /// Its working directory; what is no UTF-8 is replaced when serialised.
    #[serde(serialize_with = "lossy::serialize")]
    #[cfg_attr(test, ts(type = "string | null"))]
    pub cwd: Option<PathBuf>,
    /// When it started; RFC 3339 in UTC when serialised.
    #[serde(serialize_with = "rfc3339::serialize")]
    #[cfg_attr(test, ts(type = "string | null"))]
    pub started: Option<SystemTime>,
    /// What it is to us.
    pub kind: HolderKind,
    /// Whether it belongs to a tree that this engine runs right now. Such a holder is `Ours` and
    /// yet no leftover: it must be stopped, if at all, through its sidecar.
    #[serde(skip)]
    pub live: bool,
    /// The process, safe to signal: what is said above was read from this very process. `None` for
    /// one that may not be looked into: it is to be left alone, also where its pid is known.
    #[serde(skip)]
    pub identity: Option<Identity>,
}

/// A socket that listens.
///
/// ```
/// use sidecar_lifecycle::ports::{Listening, OurMarks, listening_on};
///
/// # let nobody = OurMarks {
/// #     app_id: "com.example.app".to_owned(),
/// #     live_members: &|_| false,
/// #     is_dead_instance: &|_| false,
/// #     project_cwd: None,
/// # };
/// let server = std::net::TcpListener::bind("127.0.0.1:0")?;
/// for Listening { address, holder, .. } in listening_on(server.local_addr()?.port(), &nobody) {
///     assert!(address.is_loopback(), "not to be reached from elsewhere");
///     assert_eq!(holder.pid, Some(std::process::id()));
/// }
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Listening {
    /// Its address; `::` may serve IPv4 too.
    pub address: IpAddr,
    /// Who has it open.
    pub holder: Holder,
}

/// How to tell what is ours.
///
/// Of an app that runs servers of its own:
///
/// ```
/// use std::path::Path;
/// use sidecar_lifecycle::ports::{HolderKind, OurMarks, holder_of};
///
/// let server = std::net::TcpListener::bind("127.0.0.1:0")?;
/// let marks = OurMarks {
///     app_id: "com.example.app".to_owned(),
///     live_members: &|pid| pid == std::process::id(),
///     is_dead_instance: &|_| false,
///     project_cwd: Some(Path::new("/home/ana/shop")),
/// };
/// let holder = holder_of(server.local_addr()?.port(), &marks).expect("it listens");
/// assert_eq!((holder.kind, holder.live), (HolderKind::Ours, true));
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct OurMarks<'a> {
    /// Our app's id, as in [`Marker::app_id`].
    pub app_id: String,
    /// Whether a pid belongs to a tree that this engine runs right now.
    pub live_members: &'a dyn Fn(u32) -> bool,
    /// Whether an instance of our app, as in [`Marker::instance`], is known to be dead.
    pub is_dead_instance: &'a dyn Fn(&str) -> bool,
    /// The project's folder.
    pub project_cwd: Option<&'a Path>,
}

/// The holder of a port, or nothing when nobody is seen to listen on it.
///
/// A port can be busy without a holder: where a socket is bound that does not listen, where a
/// connection of a closed listener lives on, and on macOS where another user listens.
///
/// Where several listen (one on each address, say), the one that is most in the way is named: a
/// stranger before the same project before ours.
///
/// ```no_run
/// use sidecar_lifecycle::ports::{self, OurMarks};
///
/// let nobody_is_ours = OurMarks {
///     app_id: "com.example.app".to_owned(),
///     live_members: &|_| false,
///     is_dead_instance: &|_| false,
///     project_cwd: None,
/// };
/// if let Some(holder) = ports::holder_of(5173, &nobody_is_ours) {
///     println!("{:?} holds it: {:?}", holder.pid, holder.command);
/// }
/// ```
pub fn holder_of(port: u16, me: &OurMarks<'_>) -> Option<Holder> {
    // The first of several strangers, so that asking twice names the same one.
    holders_of(port, me)
        .into_iter()
        .rev()
        .max_by_key(|holder| holder.kind)
}

/// Every process that listens on a port, each named once.
///
/// Only sockets in the LISTEN state count: a client is connected to the port, or from it, and
/// ending it would end the user's browser.
///
/// ```
/// use sidecar_lifecycle::ports::{HolderKind, OurMarks, holders_of};
///
/// fn strangers(port: u16, marks: &OurMarks<'_>) -> usize {
///     let holders = holders_of(port, marks).into_iter();
///     holders.filter(|holder| holder.kind == HolderKind::Stranger).count()
/// }
/// ```
pub fn holders_of(port: u16, me: &OurMarks<'_>) -> Vec<Holder> {
    let mut holders: Vec<Holder> = Vec::new();
    for Listening { holder, .. } in listening_on(port, me) {
        if !holders
            .iter()
            .any(|known| known.pid == holder.pid && known.uid == holder.uid)
        {
            holders.push(holder);
        }
    }
    holders
}

/// Every socket that listens on a port, with its address and its holder.
///
/// ```
/// use sidecar_lifecycle::ports::{OurMarks, listening_on};
///
/// let server = std::net::TcpListener::bind("127.0.0.1:0")?;
/// let port = server.local_addr()?.port();
/// let nobody = OurMarks {
///     app_id: "com.example.app".to_owned(),
///     live_members: &|_| false,
///     is_dead_instance: &|_| false,
///     project_cwd: None,
/// };
/// let sockets = listening_on(port, &nobody);
/// assert_eq!(sockets[0].holder.pid, Some(std::process::id()));
/// assert_eq!(sockets[0].address, server.local_addr()?.ip());
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn listening_on(port: u16, me: &OurMarks<'_>) -> Vec<Listening> {
    let listeners = sockets::listeners(Some(port)).unwrap_or_default();
    let with_holder = |listener: &Listener| Listening {
        address: listener.addr,
        holder: look_at(listener, me),
    };
    listeners.iter().map(with_holder).collect()
}

fn look_at(listener: &Listener, me: &OurMarks<'_>) -> Holder {
    match sockets::owner(listener.inode) {
        Owner::Pid(pid) => describe(pid, listener, me)
            .or_else(|| name(pid, listener))
            .unwrap_or_else(|| unknown(listener)),
        Owner::Unreadable => unknown(listener),
    }
}

fn unknown(listener: &Listener) -> Holder {
    Holder {
        pid: None,
        uid: sockets::HAS_USERS.then_some(listener.uid),
        command: None,
        cwd: None,
        started: None,
        kind: HolderKind::Stranger,
        live: false,
        identity: None,
    }
}

/// What is known of a process that may not be looked into, as of `System` and of services on Windows,
/// whose tables name them all the same. Nothing when it can be looked into or is gone.
fn name(pid: u32, listener: &Listener) -> Option<Holder> {
    let shut = process::identity_of(pid).is_none();
    let row = process::process(pid).filter(|row| shut && !row.zombie)?;
    // The row was read after the socket was found: it is the holder's if the socket is still there.
    let still = sockets::listeners(Some(listener.port)).is_ok_and(|all| all.contains(listener));
    still.then(|| named(&row, listener))
}

/// A stranger without an identity, so that nobody can end it: its pid alone may be another's by now.
fn named(row: &ProcessFacts, listener: &Listener) -> Holder {
    let name = &row.comm;
    let command = if name.contains(char::is_whitespace) {
        format!("\"{name}\"")
    } else {
        name.clone()
    };
    Holder {
        pid: Some(row.pid),
        command: Some(command).filter(|_| !name.is_empty()),
        ..unknown(listener)
    }
}

/// Nothing when the process ended, or another took its pid, while we read.
fn describe(pid: u32, listener: &Listener, me: &OurMarks<'_>) -> Option<Holder> {
    let identity = process::identity_of(pid)?;
    // The socket was found before the identity was read: the pid may have changed hands between.
    sockets::owner_among(listener.inode, &[pid])?;
    let cwd = process::cwd_of(pid);
    let live = (me.live_members)(pid);
    let kind = if live || is_leftover(pid, me) {
        HolderKind::Ours
    } else if is_inside(cwd.as_deref(), me.project_cwd) {
        HolderKind::SameProject
    } else {
        HolderKind::Stranger
    };
    let holder = Holder {
        pid: Some(pid),
        uid: process::uid_of(pid),
        command: process::command_line(pid),
        cwd,
        started: process::started_at(pid),
        kind,
        live,
        identity: Some(identity.clone()),
    };
    process::is_alive(&identity).then_some(holder)
}

/// Whether a process carries the mark of a dead instance of our app, and runs as our user: anyone
/// can set a variable, and a root of ours may not be led to end what another user marked.
fn is_leftover(pid: u32, me: &OurMarks<'_>) -> bool {
    process::uid_of(pid) == process::uid_of(std::process::id())
        && process::environ_var(pid, marker::VARIABLE)
            .and_then(|value| Marker::from_bytes(&value).ok())
            .is_some_and(|m| m.app_id == me.app_id && (me.is_dead_instance)(&m.instance))
}

/// Whether a working directory is the project's or below it, both freed of links and, on Windows,
/// brought to one spelling.
fn is_inside(cwd: Option<&Path>, project: Option<&Path>) -> bool {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let (Some(cwd), Some(project)) = (cwd, project) else {
        return false;
    };
    real(cwd).starts_with(real(project))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listener(port: u16) -> Listener {
        Listener {
            port,
            addr: IpAddr::from([127, 0, 0, 1]),
            inode: 4,
            uid: 0,
        }
    }

    #[test]
    fn a_holder_that_may_not_be_looked_into_keeps_its_pid_and_its_name_and_cannot_be_ended() {
        let listener = listener(80);
        let row = |comm: &str| ProcessFacts {
            comm: comm.to_owned(),
            ..ProcessFacts::row(4, 0, 0)
        };
        let holder = named(&row("System"), &listener);
        assert_eq!(holder.pid, Some(4));
        assert_eq!(holder.command.as_deref(), Some("System"));
        assert_eq!(holder.kind, HolderKind::Stranger);
        assert_eq!((holder.identity, holder.live), (None, false));
        assert_eq!((holder.cwd, holder.started), (None, None));
        // As it stands in a command line: what shows the first word shows the name.
        let spaced = named(&row("Docker Desktop.exe"), &listener);
        assert_eq!(spaced.command.as_deref(), Some("\"Docker Desktop.exe\""));
        assert_eq!(named(&row(""), &listener).command, None);
    }

    #[test]
    fn a_process_that_is_gone_or_readable_is_not_named_by_its_row() {
        let listener = listener(1);
        assert_eq!(name(u32::MAX - 1, &listener), None, "gone");
        assert_eq!(name(std::process::id(), &listener), None, "readable");
    }
}
