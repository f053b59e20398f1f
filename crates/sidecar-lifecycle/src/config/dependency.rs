//! What a sidecar needs before it begins.

use serde::{Deserialize, Serialize};

/// When a dependency is good enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// Its leader runs.
    Started,
    /// It is ready.
    #[default]
    Ready,
    /// It has run and ended cleanly: a migration, a build.
    Completed,
}

/// What happens to a sidecar when one that it depends on has a new run, be it after a crash, a
/// user's restart or a rolling one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnDependencyRestart {
    /// It is restarted once the dependency is good enough again.
    Restart,
    /// Nothing: it is expected to connect again by itself.
    #[default]
    Ignore,
}

/// One sidecar that another one needs.
///
/// ```
/// use sidecar_lifecycle::{Condition, Dependency, SidecarConfig};
///
/// let config = SidecarConfig::builder()
///     .name("api")
///     .depends_on("db")
///     .depends_on(Dependency::on("migration", Condition::Completed))
///     .build()?;
/// # Ok::<(), sidecar_lifecycle::ConfigError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Dependency {
    /// Its id.
    pub id: String,
    /// When it is good enough.
    pub condition: Condition,
}

impl Dependency {
    /// Needs the sidecar `id` in this condition.
    pub fn on(id: impl Into<String>, condition: Condition) -> Dependency {
        Dependency {
            id: id.into(),
            condition,
        }
    }
}

impl<S: Into<String>> From<S> for Dependency {
    /// Needs it ready.
    fn from(id: S) -> Dependency {
        Dependency::on(id, Condition::Ready)
    }
}
