//! Which pid was whose.

use std::collections::BTreeMap;
use std::time::SystemTime;

use crate::core::RunId;
use crate::identity::Identity;

/// Leaders remembered before those that have ended are forgotten. A page that comes back with an
/// older pid is told that it is nobody's, where it could have been told whose it was.
const MOST: usize = 4096;

/// The process that was spawned for a run, see [`Engine::leader`](crate::Engine::leader).
///
/// ```no_run
/// # use sidecar_lifecycle::Engine;
/// # fn example(engine: &Engine, pid: u32) {
/// match engine.leader(pid) {
///     Some(leader) if leader.is_alive() => println!("{} still runs", leader.id),
///     Some(leader) => println!("run {} of {} has ended", leader.run, leader.id),
///     None => println!("{pid} was never ours"),
/// }
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Leader {
    /// The sidecar's id.
    pub id: String,
    /// The run that it leads.
    pub run: RunId,
    /// Which process is meant, whoever has its pid by now.
    pub identity: Identity,
    /// When it was spawned; for one that was adopted, to about a hundredth of a second.
    pub started_at: SystemTime,
}

impl Leader {
    /// `started` is now unless it is told.
    pub(super) fn new(
        id: &str,
        run: RunId,
        identity: Identity,
        started: Option<SystemTime>,
    ) -> Leader {
        Leader {
            id: id.to_owned(),
            run,
            identity,
            started_at: started.unwrap_or_else(SystemTime::now),
        }
    }

    /// Whether this very process still runs: its start time is compared, and not its pid alone.
    ///
    /// ```
    /// # #[cfg(unix)]
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use sidecar_lifecycle::{Engine, SidecarConfig};
    ///
    /// # let state = tempfile::tempdir()?;
    /// # let state = state.path();
    /// let engine = Engine::builder("com.example.app", state).build()?;
    /// let config = SidecarConfig::builder().name("sleep").args(["1000"]).build()?;
    /// let info = engine.ensure_running("web", config).await?;
    /// let pid = info.pid.expect("it runs");
    /// let leader = engine.leader(pid).expect("it was spawned here");
    /// assert!(leader.is_alive());
    /// engine.stop("web", "requested")?;
    /// engine.wait_down("web").await?;
    /// assert!(!leader.is_alive());
    /// # Ok(())
    /// # }
    /// # #[cfg(unix)] {
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(example())?;
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn is_alive(&self) -> bool {
        self.identity.is_alive()
    }
}

/// The leaders of this engine, by pid: the last one that had it.
#[derive(Default)]
pub(super) struct Leaders(BTreeMap<u32, Leader>);

impl Leaders {
    pub(super) fn add(&mut self, leader: Leader) {
        if self.0.len() >= MOST {
            self.0.retain(|_, leader| leader.is_alive());
        }
        self.0.insert(leader.identity.pid, leader);
    }

    pub(super) fn get(&self, pid: u32) -> Option<Leader> {
        self.0.get(&pid).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_that_have_ended_are_forgotten_when_there_are_too_many() {
        let me = Identity::of(std::process::id()).unwrap();
        let leader = |id, pid| Leader::new(id, RunId(1), Identity { pid, ..me.clone() }, None);
        let mut leaders = Leaders::default();
        leaders.add(leader("me", me.pid));
        for n in 1..MOST as u32 {
            leaders.add(leader("ended", u32::MAX - n));
        }
        assert_eq!(leaders.get(u32::MAX - 1).unwrap().id, "ended");
        leaders.add(leader("last", u32::MAX));
        assert_eq!(leaders.get(u32::MAX - 1), None);
        assert_eq!(leaders.get(me.pid).unwrap().id, "me");
        assert_eq!(leaders.get(u32::MAX).unwrap().id, "last");
    }
}
