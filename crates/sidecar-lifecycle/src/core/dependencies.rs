//! Who needs whom, and what is known of who is needed.
//!
//! A sidecar holds what it needs together with the last news of it, so that its gate is asked
//! without looking at anybody else. The fleet brings the news to the dependents alone.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::ids::{RunId, SidecarId};

/// That one sidecar needs another.
///
/// A cache that has to run, and whose restarts are nobody's business:
///
/// ```
/// use sidecar_lifecycle::core::{Condition, Dependency, Fleet, OnDependencyRestart, Policy};
///
/// let mut fleet = Fleet::new(7);
/// let (api, cache) = (fleet.add("api", Policy::default()), fleet.add("cache", Policy::default()));
/// let need = Dependency {
///     on: cache,
///     condition: Condition::Started,
///     on_restart: OnDependencyRestart::Ignore,
/// };
/// assert_eq!(fleet.set_dependencies(api, vec![need]), Ok(()));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dependency {
    /// Who is needed.
    pub on: SidecarId,
    /// What it is waited for.
    pub condition: Condition,
    /// What follows when it has run anew.
    pub on_restart: OnDependencyRestart,
}

/// What has to hold of a dependency before its dependent begins.
///
/// A migration has to be through, a cache has to run and need not answer yet:
///
/// ```
/// use sidecar_lifecycle::{Condition, Dependency, SidecarConfig};
///
/// let api = SidecarConfig::builder()
///     .name("api")
///     .depends_on(Dependency::on("migration", Condition::Completed))
///     .depends_on(Dependency::on("cache", Condition::Started))
///     .build()?;
/// assert_eq!(Condition::default(), Condition::Ready);
/// # Ok::<(), sidecar_lifecycle::ConfigError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(
    test,
    derive(schemars::JsonSchema),
    schemars(description = "What has to hold of a dependency before its dependent begins.")
)]
pub enum Condition {
    /// Its current run has a leader, and is not being ended.
    Started,
    /// It is ready.
    #[default]
    Ready,
    /// Its last run ended well and of itself. It is not run again for it.
    Completed,
}

/// What a dependent that runs does when the condition holds again, of another run.
///
/// An API that keeps no connection across its database's restarts is restarted with it:
///
/// ```
/// use sidecar_lifecycle::{OnDependencyRestart, SidecarConfig};
///
/// let api = SidecarConfig::from_json(
///     r#"{ "name": "api", "dependsOn": ["db"], "onDependencyRestart": "restart" }"#,
/// )?;
/// assert_eq!(api.on_dependency_restart, OnDependencyRestart::Restart);
/// # Ok::<(), sidecar_lifecycle::ConfigError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(
    test,
    derive(schemars::JsonSchema),
    schemars(
        description = "What a dependent that runs does when the condition holds again, of another run."
    )
)]
pub enum OnDependencyRestart {
    /// It is restarted, which is no crash.
    Restart,
    /// Nothing.
    #[default]
    Ignore,
}

/// Dependencies that would lead back to where they begin: nobody of them could ever start.
///
/// [`Fleet::set_dependencies`](super::Fleet::set_dependencies) answers with it, and
/// [`Engine::declare`](crate::Engine::declare) as [`Error::Cycle`](crate::Error::Cycle):
///
/// ```
/// use sidecar_lifecycle::Error;
///
/// fn explain(error: &Error) -> String {
///     match error {
///         Error::Cycle(cycle) => format!("one of {:?} has to do without", cycle.names),
///         other => other.to_string(),
///     }
/// }
/// # assert!(explain(&Error::ShutDown).contains("shut"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
#[error(
    "the dependencies form a cycle, so none of them could start: {}; leave one of them out",
    names.join(" → ")
)]
pub struct Cycle {
    /// The names in order, the first one again at the end.
    pub names: Vec<String>,
}

/// How a sidecar stands, as its dependents have to know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Standing {
    /// Something of it is on its way.
    Coming,
    /// This run has a leader.
    Started(RunId),
    /// This run is ready.
    Ready(RunId),
    /// This run ended well, and no other follows.
    Completed(RunId),
    /// It was given up, for this reason.
    Failed(String),
    /// It is down, and did not end well of itself.
    Stopped,
    /// The fleet does not know it.
    Unknown,
}

impl Standing {
    /// The run by which the condition holds, if it does.
    fn meets(&self, condition: Condition) -> Option<RunId> {
        match (self, condition) {
            (Standing::Started(run), Condition::Started)
            | (Standing::Ready(run), Condition::Started | Condition::Ready)
            | (Standing::Completed(run), Condition::Completed) => Some(*run),
            (
                Standing::Coming | Standing::Failed(_) | Standing::Stopped | Standing::Unknown,
                Condition::Started | Condition::Ready | Condition::Completed,
            )
            | (Standing::Started(_), Condition::Ready | Condition::Completed)
            | (Standing::Ready(_), Condition::Completed)
            | (Standing::Completed(_), Condition::Started | Condition::Ready) => None,
        }
    }

    /// Why the condition will not come to hold of itself, if so.
    fn never(&self, condition: Condition) -> Option<String> {
        match self {
            Standing::Failed(reason) => Some(format!("failed: {reason}")),
            Standing::Stopped => Some("was stopped".to_owned()),
            Standing::Unknown => Some("is not there any more".to_owned()),
            Standing::Completed(_) if condition != Condition::Completed => {
                Some("has ended".to_owned())
            }
            Standing::Coming
            | Standing::Started(_)
            | Standing::Ready(_)
            | Standing::Completed(_) => None,
        }
    }
}

/// A dependency, and the last news of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Need {
    pub(super) dependency: Dependency,
    pub(super) name: String,
    pub(super) standing: Standing,
    /// The run of it that the dependent's current run builds upon.
    pub(super) began_with: Option<RunId>,
}

impl Need {
    pub(super) fn met(&self) -> Option<RunId> {
        self.standing.meets(self.dependency.condition)
    }

    pub(super) fn hopeless(&self) -> Option<String> {
        let why = self.standing.never(self.dependency.condition)?;
        Some(format!("its dependency {} {why}", self.name))
    }

    /// Notes the run that the condition holds by now, and tells whether the dependent has to be
    /// restarted for it.
    pub(super) fn has_restarted(&mut self) -> bool {
        let Some(run) = self.met() else { return false };
        let before = self.began_with.replace(run);
        let another = before.is_some_and(|before| before != run);
        another && self.dependency.on_restart == OnDependencyRestart::Restart
    }
}
