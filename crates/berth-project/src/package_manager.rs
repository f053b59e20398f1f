//! Which package manager runs a project's scripts, and how it wants to be asked.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::package_json::PackageJson;

/// A package manager.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum PackageManager {
    /// npm, which comes with Node.
    Npm,
    /// pnpm, any version.
    Pnpm,
    /// Yarn, classic or berry.
    Yarn,
    /// Bun.
    Bun,
}

/// Which file settles it, in the order in which they are looked for. A workspace file counts like
/// a lockfile: it is there before the first install.
const LOCKFILES: [(&str, PackageManager); 7] = [
    ("bun.lock", PackageManager::Bun),
    ("bun.lockb", PackageManager::Bun),
    ("pnpm-lock.yaml", PackageManager::Pnpm),
    ("pnpm-workspace.yaml", PackageManager::Pnpm),
    ("yarn.lock", PackageManager::Yarn),
    ("package-lock.json", PackageManager::Npm),
    ("npm-shrinkwrap.json", PackageManager::Npm),
];

impl PackageManager {
    /// The program's name.
    pub fn program(self) -> &'static str {
        match self {
            PackageManager::Npm => "npm",
            PackageManager::Pnpm => "pnpm",
            PackageManager::Yarn => "yarn",
            PackageManager::Bun => "bun",
        }
    }

    /// Arguments that run a script with further flags for what the script starts. npm keeps flags
    /// for itself unless `--` precedes them; pnpm would hand that `--` on to the script.
    pub fn run_args(self, script: &str, extra_flags: &[String]) -> Vec<String> {
        let mut args = vec!["run".to_owned(), script.to_owned()];
        if self == PackageManager::Npm && !extra_flags.is_empty() {
            args.push("--".into());
        }
        args.extend_from_slice(extra_flags);
        args
    }

    /// From `pnpm@10.1.0+sha512…`, or the bare name.
    fn from_field(field: &str) -> Option<PackageManager> {
        let name = field.split('@').next().unwrap_or(field);
        let all = [Self::Npm, Self::Pnpm, Self::Yarn, Self::Bun];
        all.into_iter().find(|manager| manager.program() == name)
    }
}

impl fmt::Display for PackageManager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.program())
    }
}

/// What settled the choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChosenBy {
    /// The configuration.
    Config,
    /// `packageManager` or `devEngines` in this `package.json`.
    Field(PathBuf),
    /// This lockfile or workspace file.
    Lockfile(PathBuf),
    /// Nothing: npm, because it comes with Node.
    Default,
}

/// A package manager, and why it is this one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// Who runs the scripts.
    pub manager: PackageManager,
    /// What settled it.
    pub by: ChosenBy,
}

impl Chosen {
    /// The package manager of a folder, by its files alone.
    ///
    /// Looks in the folder, then upwards to the workspace's root. In each folder the field in
    /// `package.json` comes before a lockfile, which may be another tool's leftover.
    pub fn for_folder(folder: &Path) -> Chosen {
        choose(folder)
    }
}

/// Looks in the folder, then upwards to the workspace's root. In each folder the field in
/// `package.json` comes before a lockfile, which may be another tool's leftover.
pub(crate) fn choose(folder: &Path) -> Chosen {
    for level in levels(folder) {
        let field = manifest(level).and_then(|manifest| manifest.package_manager);
        if let Some(manager) = field.as_deref().and_then(PackageManager::from_field) {
            return Chosen {
                manager,
                by: ChosenBy::Field(level.join("package.json")),
            };
        }
        for (name, manager) in LOCKFILES {
            let file = level.join(name);
            if file.is_file() {
                return Chosen {
                    manager,
                    by: ChosenBy::Lockfile(file),
                };
            }
        }
    }
    Chosen {
        manager: PackageManager::Npm,
        by: ChosenBy::Default,
    }
}

/// Whether packages have been installed, as far as one can tell without asking the manager.
pub(crate) fn is_installed(folder: &Path) -> bool {
    levels(folder).into_iter().any(|level| {
        [
            level.join("node_modules"),
            level.join(".pnp.cjs"),
            level.join(".pnp.js"),
        ]
        .iter()
        .any(|trace| trace.exists())
    })
}

/// The folder and those above it that belong to the same project: up to the workspace's root, else
/// to the repository's, else the folder alone. Further up lies what has nothing to do with it: a
/// lockfile forgotten in the home folder must not decide.
fn levels(folder: &Path) -> Vec<&Path> {
    let above: Vec<&Path> = folder.ancestors().collect();
    let repository = above.iter().position(|level| level.join(".git").exists());
    let within = &above[..repository.map_or(above.len(), |at| at + 1)];
    let workspace = within.iter().position(|level| {
        level.join("pnpm-workspace.yaml").is_file()
            || manifest(level).is_some_and(|manifest| manifest.has_workspaces)
    });
    let last = workspace.or(repository).unwrap_or(0);
    above[..=last].to_vec()
}

/// A broken manifest above the project is not the project's fault.
fn manifest(folder: &Path) -> Option<PackageJson> {
    PackageJson::read(folder).ok()
}
