//! What is needed of a `package.json`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::Path;

use serde_json::Value;

use crate::trouble::ProjectError;

/// A project's manifest. Only its syntax is judged: what npm tolerates in a field is tolerated.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PackageJson {
    /// The package's name.
    pub name: Option<String>,
    /// Scripts by name.
    pub scripts: BTreeMap<String, String>,
    /// Names of everything it depends on, for development too.
    pub dependencies: BTreeSet<String>,
    /// The package manager it names, in `packageManager` or else in `devEngines`, with a version
    /// if there is one: `pnpm@10.1.0`.
    pub package_manager: Option<String>,
    /// Which versions of which programs it says it works with: `node`, `pnpm`, …
    pub engines: BTreeMap<String, String>,
    /// Whether it is the root of a workspace of npm, yarn or bun.
    pub has_workspaces: bool,
}

impl PackageJson {
    /// Reads the manifest in `folder`.
    pub fn read(folder: &Path) -> Result<PackageJson, ProjectError> {
        let file = folder.join("package.json");
        let text = match fs::read(&file) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(ProjectError::NoPackageJson(folder.to_path_buf()));
            }
            Err(error) => {
                let why = error.to_string();
                return Err(ProjectError::Unreadable { file, why });
            }
        };
        PackageJson::parse(&String::from_utf8_lossy(&text), &file)
    }

    /// Reads a manifest from text. `file` is named in errors.
    pub fn parse(text: &str, file: &Path) -> Result<PackageJson, ProjectError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let bad = |line: Option<usize>, problem: String| ProjectError::BadPackageJson {
            file: file.to_path_buf(),
            line,
            problem,
        };
        let value: Value = serde_json::from_str(text)
            .map_err(|error| bad(Some(error.line()), format!("it is not valid JSON: {error}")))?;
        let Value::Object(object) = value else {
            return Err(bad(None, "it is not a JSON object".into()));
        };

        let entries = |key: &str| {
            object
                .get(key)
                .and_then(Value::as_object)
                .into_iter()
                .flatten()
        };
        let texts = |key: &str| {
            entries(key)
                .filter_map(|(name, text)| Some((name.clone(), text.as_str()?.to_owned())))
                .collect()
        };
        let scripts = texts("scripts");
        let dependencies = [
            "dependencies",
            "devDependencies",
            "optionalDependencies",
            "peerDependencies",
        ]
        .into_iter()
        .flat_map(entries)
        .map(|(name, _)| name.clone())
        .collect();
        let engine = object
            .get("devEngines")
            .and_then(|engines| engines.get("packageManager"));
        // One, or since pnpm 11 a list of which the first is preferred.
        let engine =
            engine.and_then(|engine| engine.as_array().map_or(Some(engine), |all| all.first()));
        let package_manager = object
            .get("packageManager")
            .or_else(|| engine.and_then(|engine| engine.get("name")))
            .and_then(Value::as_str);
        Ok(PackageJson {
            name: object
                .get("name")
                .and_then(Value::as_str)
                .map(str::to_owned),
            scripts,
            dependencies,
            package_manager: package_manager.map(str::to_owned),
            engines: texts("engines"),
            has_workspaces: object.contains_key("workspaces"),
        })
    }

    /// The text of a script, or an error that lists the scripts there are.
    pub fn script(&self, name: &str) -> Result<&str, ProjectError> {
        self.scripts
            .get(name)
            .map(String::as_str)
            .ok_or_else(|| ProjectError::NoDevScript {
                script: name.to_owned(),
                available: self.scripts.keys().cloned().collect(),
            })
    }
}
