//! What a sidecar needs before it begins.

use std::collections::{BTreeMap, VecDeque};

use crate::core::{Condition, Cycle};

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
    ///
    /// ```
    /// # use sidecar_lifecycle::{Condition, Dependency};
    /// let needs = Dependency::on("migration", Condition::Completed);
    /// ```
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

/// The variables that tell a sidecar the URL and the port of one that it depends on.
pub(crate) fn variables_of(id: &str) -> [String; 2] {
    let name: String = id
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_uppercase()
            } else {
                '_'
            }
        })
        .collect();
    ["URL", "PORT"].map(|what| format!("SIDECAR_{name}_{what}"))
}

/// The way from a sidecar back to itself, if there is one, along what each of them `needs`.
pub(crate) fn find_cycle(id: &str, needs: impl Fn(&str) -> Vec<String>) -> Option<Cycle> {
    // By whom each was reached first: the shortest way is the plainest.
    let mut reached: BTreeMap<String, String> = BTreeMap::new();
    let mut queue = VecDeque::from([id.to_owned()]);
    while let Some(at) = queue.pop_front() {
        for next in needs(&at) {
            if next == id {
                let mut names = vec![id.to_owned(), at.clone()];
                let mut place = &at;
                while let Some(before) = reached.get(place) {
                    names.push(before.clone());
                    place = before;
                }
                names.reverse();
                return Some(Cycle { names });
            }
            if !reached.contains_key(&next) {
                reached.insert(next.clone(), at.clone());
                queue.push_back(next);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::find_cycle;

    fn names(edges: &[(&str, &str)], from: &str) -> Option<Vec<String>> {
        let needs = |id: &str| {
            let of_it = edges.iter().filter(|(by, _)| *by == id);
            of_it.map(|(_, on)| (*on).to_owned()).collect()
        };
        find_cycle(from, needs).map(|cycle| cycle.names)
    }

    #[test]
    fn the_way_back_is_named_in_order() {
        let edges = [("web", "api"), ("api", "log"), ("api", "db"), ("db", "web")];
        assert_eq!(
            names(&edges, "web").expect("a cycle"),
            ["web", "api", "db", "web"]
        );
        assert_eq!(names(&[("a", "a")], "a").expect("a cycle"), ["a", "a"]);
    }

    #[test]
    fn two_ways_to_one_place_are_none_and_others_cycles_do_not_count() {
        let edges = [("web", "api"), ("web", "db"), ("api", "db")];
        assert_eq!(names(&edges, "web"), None);
        let others = [("web", "api"), ("api", "db"), ("db", "api")];
        assert_eq!(names(&others, "web"), None, "and the search ends");
    }
}
