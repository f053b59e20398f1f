//! Who runs sidecars on this machine: every instance of every app of this user, and what dead ones
//! have left.
//!
//! Each engine writes down in a folder of its user's where its state file lies. [`Census::take`]
//! reads those, looks at who holds their locks, and counts the trees in one reading of the process
//! table. Ancestry and the state file say what belongs to a tree: a program that wipes its
//! environment (Redis does) is found like any other. Nothing is changed, and nobody is signalled.
//!
//! ```no_run
//! use sidecar_lifecycle::census::Census;
//!
//! let census = Census::take()?;
//! for instance in &census.instances {
//!     for sidecar in &instance.sidecars {
//!         println!("{} of {}: {:?}", sidecar.sidecar, instance.app_id, sidecar.ports);
//!     }
//! }
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! An engine whose user cannot make that folder is not seen, nor is one in another container: see
//! [`Reservations::machine_wide`](crate::ports::Reservations::machine_wide), which shares it.

pub(crate) mod registry;
mod survey;

use std::io;
use std::path::PathBuf;
use std::time::SystemTime;

use serde::{Serialize, Serializer};

use crate::core::{Leftovers, Phase, RunId};
use crate::event::Protection;
use crate::identity::Identity;
use crate::ports::{lossy, rfc3339};
use crate::sys::process;

/// All instances that have, or may have, processes.
///
/// ```
/// use sidecar_lifecycle::census::Census;
///
/// /// The ports that an app's sidecars listen on, whichever instance they are of.
/// fn ports_of(census: &Census, app_id: &str) -> Vec<u16> {
///     let instances = census.instances.iter().filter(|instance| instance.app_id == app_id);
///     let trees = instances.flat_map(|instance| &instance.sidecars);
///     trees.flat_map(|tree| tree.ports.iter().copied()).collect()
/// }
/// assert!(ports_of(&Census::default(), "com.example.app").is_empty());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Census {
    /// By app, then by instance.
    pub instances: Vec<Instance>,
}

/// One start of one app.
///
/// ```
/// use sidecar_lifecycle::census::Instance;
///
/// fn heading(instance: &Instance) -> String {
///     match instance.host {
///         Some(pid) => format!("{} (pid {pid})", instance.app_id),
///         None => format!("{}, which has ended", instance.app_id),
///     }
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Instance {
    /// The app's id, as [`Engine::builder`](crate::Engine::builder) was given it.
    pub app_id: String,
    /// The instance, as in [`Marker::instance`](crate::marker::Marker::instance).
    pub instance: String,
    /// Whether it lives.
    pub status: Status,
    /// The process that started the sidecars, while it lives.
    pub host: Option<u32>,
    /// What happens to its sidecars when the host is killed.
    pub protection: Protection,
    /// Its sidecars that have processes, in the order of their runs.
    pub sidecars: Vec<Tree>,
}

/// Whether an instance lives.
///
/// ```
/// use sidecar_lifecycle::census::{Census, Status};
///
/// /// What nobody will end unless its app is started again.
/// fn left_behind(census: &Census) -> Vec<u32> {
///     let dead = census.instances.iter().filter(|instance| instance.status == Status::LeftBehind);
///     let trees = dead.flat_map(|instance| &instance.sidecars);
///     trees.flat_map(|tree| tree.pids.iter().copied()).collect()
/// }
/// assert!(left_behind(&Census::default()).is_empty());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Status {
    /// Its host runs.
    Running,
    /// Its host is gone, and its guardian or the app's next start is ending what it has left.
    Ending,
    /// Its host and its guardian are gone. What is shown will be ended when an engine of the same
    /// app starts again, unless [it says otherwise](Tree::leftovers).
    LeftBehind,
}

/// One sidecar's processes.
///
/// ```
/// use sidecar_lifecycle::census::Tree;
///
/// fn line(tree: &Tree) -> String {
///     let mebibytes = tree.memory().map_or(0, |bytes| bytes >> 20);
///     let processes = tree.pids.len();
///     format!("{}: {processes} processes, {mebibytes} MiB, since {:?}", tree.sidecar, tree.started)
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Tree {
    /// The sidecar's id within its app.
    pub sidecar: String,
    /// Its run.
    pub run: RunId,
    /// What becomes of it when its host ends; while it is [left behind](Status::LeftBehind), what it
    /// waits for. [`End`](Leftovers::End) where no record tells.
    pub leftovers: Leftovers,
    /// How far the run has come, as far as the engine has written it down.
    pub phase: Option<Phase>,
    /// The process that the engine has spawned; where that is gone, one of those that are left. Serialised
    /// as its pid.
    #[serde(rename = "pid", serialize_with = "as_pid")]
    pub leader: Identity,
    /// The leader's command line, for people; the program's name where it cannot be read.
    pub command: String,
    /// The leader's working directory, where it can be read; what is no UTF-8 is replaced when
    /// serialised.
    #[serde(serialize_with = "lossy::serialize")]
    pub cwd: Option<PathBuf>,
    /// When the leader started; RFC 3339 in UTC when serialised.
    #[serde(serialize_with = "rfc3339::serialize")]
    pub started: Option<SystemTime>,
    /// Every process of the tree, by pid.
    pub pids: Vec<u32>,
    /// The TCP ports on which they listen, in ascending order.
    pub ports: Vec<u16>,
}

impl Census {
    /// Looks at the machine as it is now. A few milliseconds with a hundred processes.
    ///
    /// ```
    /// use sidecar_lifecycle::census::Census;
    ///
    /// let census = Census::take()?;
    /// let mut trees = census.instances.iter().flat_map(|instance| &instance.sidecars);
    /// assert!(trees.all(|tree| !tree.pids.is_empty()), "what has ended is not listed");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    /// The folder that engines share cannot be made, or is not this user's alone.
    pub fn take() -> io::Result<Census> {
        let entries = registry::entries(&crate::sys::shared_folder()?);
        Ok(survey::survey(entries))
    }

    /// The sidecar whose tree a process belongs to. Of trees within trees (a `sidecar run` that a
    /// sidecar has started) it is the innermost.
    ///
    /// ```no_run
    /// use sidecar_lifecycle::census::Census;
    ///
    /// if let Some((instance, tree)) = Census::take()?.whose(4711) {
    ///     println!("pid 4711 belongs to {} of {}", tree.sidecar, instance.app_id);
    /// }
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn whose(&self, pid: u32) -> Option<(&Instance, &Tree)> {
        let trees = self
            .instances
            .iter()
            .flat_map(|instance| instance.sidecars.iter().map(move |tree| (instance, tree)));
        trees
            .filter(|(_, tree)| tree.pids.contains(&pid))
            .min_by_key(|(_, tree)| tree.pids.len())
    }
}

impl Instance {
    /// An instance without a host and without sidecars, for tests of what shows them. Fields can be
    /// set afterwards; [`Census::take`] gives the real ones.
    ///
    /// ```
    /// use sidecar_lifecycle::census::{Instance, Status};
    ///
    /// let mut instance = Instance::new("com.example.app", "5f3c", Status::Running);
    /// instance.host = Some(4711);
    /// assert!(instance.sidecars.is_empty());
    /// ```
    pub fn new(app_id: impl Into<String>, instance: impl Into<String>, status: Status) -> Instance {
        Instance {
            app_id: app_id.into(),
            instance: instance.into(),
            status,
            host: None,
            protection: Protection::BestEffort,
            sidecars: Vec::new(),
        }
    }
}

impl Tree {
    /// A tree of its leader alone, for tests of what shows them. Fields can be set afterwards;
    /// [`Census::take`] gives the real ones.
    ///
    /// ```
    /// use sidecar_lifecycle::{RunId, census::Tree, identity::Identity};
    ///
    /// let me = Identity::of(std::process::id()).expect("it runs");
    /// let mut tree = Tree::new("web", RunId(1), me);
    /// tree.ports = vec![5173];
    /// assert_eq!(tree.pids, [std::process::id()]);
    /// ```
    pub fn new(sidecar: impl Into<String>, run: RunId, leader: Identity) -> Tree {
        Tree {
            sidecar: sidecar.into(),
            run,
            leftovers: Leftovers::End,
            phase: None,
            pids: vec![leader.pid],
            leader,
            command: String::new(),
            cwd: None,
            started: None,
            ports: Vec::new(),
        }
    }

    /// The memory of all its processes in bytes, as it is now; `None` where the system does not
    /// tell. On Linux shared pages are divided among those who share them (`Pss`), so that trees
    /// add up; elsewhere they count for each.
    ///
    /// ```
    /// use sidecar_lifecycle::census::{Census, Tree};
    ///
    /// let census = Census::take()?;
    /// let trees = census.instances.iter().flat_map(|instance| &instance.sidecars);
    /// let bytes: u64 = trees.filter_map(Tree::memory).sum();
    /// println!("all sidecars of this user take {} MiB", bytes >> 20);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn memory(&self) -> Option<u64> {
        let each = self.pids.iter().filter_map(|&pid| process::memory_of(pid));
        each.fold(None, |sum, bytes| Some(sum.unwrap_or(0) + bytes))
    }
}

fn as_pid<S: Serializer>(leader: &Identity, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u32(leader.pid)
}
