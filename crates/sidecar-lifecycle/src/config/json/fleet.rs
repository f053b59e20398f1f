//! Many sidecars as JSON, and what can be wrong between them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use super::fields::{Item, Report, join};
use super::nearest::nearest;
use super::node::{Kind, Node};
use super::sidecar::read_sidecar;
use crate::config::{ConfigError, Problem, SidecarConfig, find_cycle};

/// Sidecars that belong together, each under its id.
///
/// ```
/// use sidecar_lifecycle::FleetConfig;
///
/// let fleet = FleetConfig::from_json(r#"{
///     "sidecars": {
///         "api": { "name": "api-server", "port": "auto", "healthCheck": "/health", "dependsOn": ["db"] },
///         "db": { "name": "redis-server", "port": 6379, "healthCheck": "tcp" }
///     }
/// }"#)?;
/// let ids: Vec<&str> = fleet.in_start_order().into_iter().map(|(id, _)| id).collect();
/// assert_eq!(ids, ["db", "api"]);
/// # Ok::<(), sidecar_lifecycle::ConfigError>(())
/// ```
///
/// Everything that is wrong is told at once, each with its place and line:
///
/// ```
/// use sidecar_lifecycle::FleetConfig;
///
/// let error = FleetConfig::from_json(r#"{ "sidecars": {
///     "api": { "name": "api-server", "prot": 80, "dependsOn": ["bd"] },
///     "db": { "name": 5 }
/// } }"#).unwrap_err();
/// assert_eq!(error.to_string(), "\
/// line 2: sidecars.api.prot: there is no such key; did you mean `port`?
/// line 2: sidecars.api.dependsOn[0]: no sidecar is called \"bd\"; did you mean `db`?
/// line 3: sidecars.db.name: expected a text, found the number 5");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FleetConfig {
    /// Ids and configurations, in the order of the document.
    pub sidecars: Vec<(String, SidecarConfig)>,
}

impl FleetConfig {
    /// Reads `{"sidecars": {"<id>": {…}, …}}`.
    ///
    /// The keys of a sidecar are the builder's setters in camelCase;
    /// [`ConfigFile::SCHEMA`](super::ConfigFile::SCHEMA) describes them.
    ///
    /// ```
    /// use sidecar_lifecycle::FleetConfig;
    ///
    /// let fleet = FleetConfig::from_json(r#"{ "sidecars": { "web": { "name": "pnpm" } } }"#)?;
    /// assert_eq!(fleet.sidecars[0].0, "web");
    ///
    /// let error = FleetConfig::from_json(r#"{ "sidecar": {} }"#).unwrap_err();
    /// assert_eq!(error.problems[0].path, "sidecar");
    /// # Ok::<(), sidecar_lifecycle::ConfigError>(())
    /// ```
    ///
    /// # Errors
    /// Everything that is wrong, in the order of the document: of the JSON, of each sidecar, and
    /// between them (an unknown dependency, a cycle).
    pub fn from_json(text: &str) -> Result<FleetConfig, ConfigError> {
        let root = Node::parse(text).map_err(ConfigError::of)?;
        FleetConfig::from_node(&root)
    }

    /// The same of a document that was parsed before, such as a plugin's section of
    /// `tauri.conf.json`. Problems have no lines.
    ///
    /// # Errors
    /// As [`from_json`](FleetConfig::from_json).
    ///
    /// ```
    /// use serde_json::json;
    /// use sidecar_lifecycle::FleetConfig;
    ///
    /// let app = json!({ "plugins": { "sidecar": { "sidecars": { "web": { "name": "pnpm" } } } } });
    /// let mut fleet = FleetConfig::from_value(&app["plugins"]["sidecar"])?;
    /// fleet.resolve("/opt/shop".as_ref());
    /// assert_eq!(fleet.sidecars[0].0, "web");
    /// # Ok::<(), sidecar_lifecycle::ConfigError>(())
    /// ```
    pub fn from_value(value: &Value) -> Result<FleetConfig, ConfigError> {
        FleetConfig::from_node(&Node::from(value))
    }

    pub(super) fn from_node(root: &Node) -> Result<FleetConfig, ConfigError> {
        let report = Report::default();
        let sidecars = read(&Item::root(root, &report)).unwrap_or_default();
        ConfigError::unless_empty(report.into_problems())?;
        Ok(FleetConfig { sidecars })
    }

    /// Those that are needed come before those that need them; else the order of the document.
    ///
    /// ```
    /// use sidecar_lifecycle::FleetConfig;
    ///
    /// let fleet = FleetConfig::from_json(r#"{ "sidecars": {
    ///     "web": { "name": "pnpm", "dependsOn": ["api"] },
    ///     "docs": { "name": "mdbook" },
    ///     "api": { "name": "api" }
    /// } }"#)?;
    /// let ids: Vec<&str> = fleet.in_start_order().into_iter().map(|(id, _)| id).collect();
    /// assert_eq!(ids, ["api", "web", "docs"]);
    /// # Ok::<(), sidecar_lifecycle::ConfigError>(())
    /// ```
    pub fn in_start_order(&self) -> Vec<(&str, &SidecarConfig)> {
        let by_id: BTreeMap<&str, &SidecarConfig> = self
            .sidecars
            .iter()
            .map(|(id, c)| (id.as_str(), c))
            .collect();
        let mut ordered = Vec::new();
        let mut done = BTreeSet::new();
        for (id, _) in &self.sidecars {
            // A path down the dependencies, each with the place of the next one to look at. Not by
            // recursion: a chain may be as long as the file.
            let mut path = vec![(id.as_str(), 0)];
            while let Some((id, next)) = path.pop() {
                let Some((&id, config)) = by_id.get_key_value(id) else {
                    continue;
                };
                match config.depends_on.get(next) {
                    Some(needed) => {
                        path.push((id, next + 1));
                        if !done.contains(needed.id.as_str()) {
                            path.push((&needed.id, 0));
                        }
                    }
                    None if done.insert(id) => ordered.push((id, *config)),
                    None => {}
                }
            }
        }
        ordered
    }

    /// Lets relative paths count from `folder`, see [`SidecarConfig::resolve`].
    ///
    /// ```
    /// # #[cfg(unix)] {
    /// use std::path::Path;
    /// use sidecar_lifecycle::FleetConfig;
    ///
    /// let mut fleet = FleetConfig::from_json(
    ///     r#"{ "sidecars": { "api": { "program": "./api", "cwd": "data" } } }"#,
    /// )?;
    /// fleet.resolve(Path::new("/opt/shop"));
    /// assert_eq!(fleet.sidecars[0].1.cwd.as_deref(), Some(Path::new("/opt/shop/data")));
    /// # }
    /// # Ok::<(), sidecar_lifecycle::ConfigError>(())
    /// ```
    pub fn resolve(&mut self, folder: &Path) {
        for (_, config) in &mut self.sidecars {
            config.resolve(folder);
        }
    }
}

fn read(root: &Item<'_>) -> Option<Vec<(String, SidecarConfig)>> {
    let mut fields = root.fields()?;
    let _schema: Option<String> = fields.take("$schema");
    let sidecars = fields.item("sidecars");
    fields.finish();
    let Some(sidecars) = sidecars else {
        root.say("there are no `sidecars`");
        return None;
    };
    let entries = sidecars.entries()?;
    if entries.is_empty() {
        sidecars.say("there is no sidecar in it");
    }
    let mut read = Vec::new();
    for (id, item) in &entries {
        if id.is_empty() || id.chars().any(char::is_control) {
            item.say("a sidecar's id is not empty and has no control characters");
        }
        read.push(((*id).to_owned(), read_sidecar(item, |builder| builder)));
    }
    check_links(&sidecars, &read);
    Some(read)
}

/// Reports dependencies on what is not there, and those that lead back to where they begin.
fn check_links(item: &Item<'_>, sidecars: &[(String, SidecarConfig)]) {
    let by_id: BTreeMap<&str, &SidecarConfig> =
        sidecars.iter().map(|(id, c)| (id.as_str(), c)).collect();
    let say = |id: &str, path: &str, message: String| {
        let Kind::Object(entries) = &item.node.kind else {
            return;
        };
        let node = entries.iter().find(|(key, _)| key == id);
        let line = node.and_then(|(_, node)| node.nearest(path).line);
        let place = format!("{}.{path}", join(&item.place, id));
        if !item.report.covers(&place) {
            item.report.push(&place, line, message);
        }
    };
    for (id, config) in sidecars {
        for (n, needed) in config.depends_on.iter().enumerate() {
            if needed.id.is_empty() || by_id.contains_key(needed.id.as_str()) {
                continue;
            }
            let help = nearest(
                &needed.id,
                by_id.keys().copied().filter(|known| known != id),
            );
            let help = help.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
            let message = format!("no sidecar is called {:?}{help}", needed.id);
            say(id, &format!("dependsOn[{n}]"), message);
        }
    }
    let suspects = between_cycles(&by_id);
    let mut told = BTreeSet::new();
    for (id, _) in sidecars {
        if told.contains(id) || !suspects.contains(id.as_str()) {
            continue;
        }
        let needs = |of: &str| {
            let needed = by_id.get(of).into_iter().flat_map(|c| &c.depends_on);
            needed.map(|d| d.id.clone()).collect()
        };
        if let Some(cycle) = find_cycle(id, needs) {
            say(id, "dependsOn", cycle.to_string());
            told.extend(cycle.names);
        }
    }
}

/// Who lies on a cycle, or between two. A search from each of a long chain would take as long as
/// the square of its length.
fn between_cycles<'a>(by_id: &BTreeMap<&'a str, &'a SidecarConfig>) -> BTreeSet<&'a str> {
    let mut left: BTreeSet<&str> = by_id.keys().copied().collect();
    let edges: Vec<(&str, &str)> = by_id
        .iter()
        .flat_map(|(id, config)| config.depends_on.iter().map(|d| (*id, d.id.as_str())))
        .filter(|(_, needed)| by_id.contains_key(needed))
        .collect();
    for backwards in [false, true] {
        let turned = edges
            .iter()
            .map(|&(a, b)| if backwards { (b, a) } else { (a, b) });
        let mut into: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let mut out: BTreeMap<&str, usize> = BTreeMap::new();
        for (from, to) in turned.filter(|(a, b)| left.contains(a) && left.contains(b)) {
            into.entry(to).or_default().push(from);
            *out.entry(from).or_default() += 1;
        }
        let mut ends: Vec<&str> = left
            .iter()
            .copied()
            .filter(|id| !out.contains_key(id))
            .collect();
        while let Some(end) = ends.pop() {
            left.remove(end);
            for &from in into.get(end).into_iter().flatten() {
                if let Some(ways) = out.get_mut(from) {
                    *ways -= 1;
                    if *ways == 0 {
                        ends.push(from);
                    }
                }
            }
        }
    }
    left
}

impl ConfigError {
    pub(super) fn of(problem: Problem) -> ConfigError {
        ConfigError {
            problems: vec![problem],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_cannot_lie_on_a_cycle_is_not_searched_from() {
        let needs = |on: &str| {
            let text = format!(r#"{{ "name": "x", "dependsOn": [{on}] }}"#);
            SidecarConfig::from_json(&text).expect("it is right")
        };
        let (a, b, c, d) = (
            needs(r#""b""#),
            needs(r#""c""#),
            needs(r#""b", "d""#),
            needs(""),
        );
        let by_id = BTreeMap::from([("a", &a), ("b", &b), ("c", &c), ("d", &d)]);
        assert_eq!(between_cycles(&by_id), BTreeSet::from(["b", "c"]));
    }

    #[test]
    fn a_long_chain_is_put_in_order() {
        let config = |n: u32| {
            let needs = if n == 0 {
                String::new()
            } else {
                format!("\"s{}\"", n - 1)
            };
            format!("\"s{n}\": {{ \"name\": \"x\", \"dependsOn\": [{needs}] }}")
        };
        let all: Vec<String> = (0..300).rev().map(config).collect();
        let text = format!("{{\"sidecars\": {{ {} }}}}", all.join(","));
        let fleet = FleetConfig::from_json(&text).expect("it is right");
        let ids: Vec<String> = fleet
            .in_start_order()
            .into_iter()
            .map(|(id, _)| id.to_owned())
            .collect();
        let expected: Vec<String> = (0..300).map(|n| format!("s{n}")).collect();
        assert_eq!(ids, expected);
    }
}
