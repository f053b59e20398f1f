//! What the project's files ask for.

use std::path::Path;

use berth_project::{Chosen, ChosenBy, PackageJson, PackageManager, ProjectError, Range, Version};

use super::report::{Check, Level};
use super::tools::Tool;

/// pnpm 11 is a script for this Node and newer; 12 is a program of its own.
const NODE_OF_PNPM_11: u64 = 22;

/// A web project, if there is one in the folder.
pub(super) struct Project {
    manifest: Option<PackageJson>,
    manager: Option<PackageManager>,
}

impl Project {
    pub(super) fn read(folder: &Path) -> (Project, Check) {
        const ID: &str = "project";
        let none = Project {
            manifest: None,
            manager: None,
        };
        let manifest = match PackageJson::read(folder) {
            Ok(manifest) => manifest,
            Err(ProjectError::NoPackageJson(_)) => {
                let says = "no package.json here, so no tool is needed";
                return (none, Check::new(ID, Level::Note, says));
            }
            Err(e) => return (none, Check::new(ID, Level::Error, e.to_string())),
        };
        let Chosen { manager, by } = Chosen::for_folder(folder);
        let name = manifest.name.as_deref().unwrap_or("without a name");
        let why = match by {
            ChosenBy::Config => "as configured".to_owned(),
            ChosenBy::Field(file) => format!("named in {}", short(&file, folder)),
            ChosenBy::Lockfile(file) => format!("because of {}", short(&file, folder)),
            ChosenBy::Default => "since nothing names another".to_owned(),
        };
        let check = Check::new(ID, Level::Ok, format!("{name}, run by {manager}, {why}"));
        let project = Project {
            manifest: Some(manifest),
            manager: Some(manager),
        };
        (project, check)
    }

    /// Who needs a tool.
    pub(super) fn needs(&self, tool: &str) -> Option<&'static str> {
        let manager = self.manager?;
        if tool == manager.program() {
            return Some("this project");
        }
        // Bun runs scripts itself.
        (tool == "node" && manager != PackageManager::Bun).then_some(manager.program())
    }

    /// Whether what is there is what is asked for.
    pub(super) fn check_versions(&self, folder: &Path, tools: &[Tool]) -> Vec<Check> {
        let version = |name: &str| {
            let tool = tools.iter().find(|tool| tool.name == name);
            tool.and_then(Tool::version)
        };
        let mut checks = Vec::new();
        let Some(manifest) = &self.manifest else {
            return checks;
        };
        let files = [".nvmrc", ".node-version"];
        let wishes = files
            .iter()
            .filter_map(|file| Some(("node", *file, first_line(&folder.join(file))?)));
        let engines = manifest.engines.iter();
        let engines = engines.map(|(tool, wish)| (tool.as_str(), "engines", wish.clone()));
        for (tool, id, wish) in wishes.chain(engines) {
            // An alias such as `lts/*` is nvm's own to judge.
            if let (Some(version), Ok(range)) = (version(tool), wish.parse::<Range>()) {
                checks.push(fits(id, tool, version, &wish, &range));
            }
        }
        checks.extend(self.check_pin(version("pnpm"), version("yarn")));
        if let (Some(PackageManager::Pnpm), Some(pnpm), Some(node)) =
            (self.manager, version("pnpm"), version("node"))
            && pnpm.0 == 11
            && node.0 < NODE_OF_PNPM_11
        {
            let says = format!("pnpm {pnpm} does not start on Node {node}");
            checks.push(
                Check::new("pnpm on Node", Level::Error, says)
                    .helped_by("use Node 22 or newer, or pnpm 10 or 12"),
            );
        }
        checks
    }

    fn check_pin(&self, pnpm: Option<Version>, yarn: Option<Version>) -> Option<Check> {
        const ID: &str = "pinned version";
        let pin = self.manifest.as_ref()?.package_manager.as_deref()?;
        let wanted = Version::find_in(pin)?;
        match self.manager? {
            PackageManager::Pnpm => {
                let pnpm = pnpm?;
                if pnpm == wanted {
                    return Some(Check::new(
                        ID,
                        Level::Ok,
                        format!("pnpm {wanted} is installed"),
                    ));
                }
                let says = format!(
                    "the project pins pnpm {wanted}, and {pnpm} is installed: it is fetched first, \
                     which stalls for a minute without a network"
                );
                let variable = if pnpm.0 < 11 {
                    "npm_config_manage_package_manager_versions=false"
                } else {
                    "pnpm_config_pm_on_fail=ignore"
                };
                let help =
                    format!("to use the installed one, set {variable}; Berth does so itself");
                Some(Check::new(ID, Level::Warning, says).helped_by(help))
            }
            PackageManager::Yarn => {
                let yarn = yarn?;
                (yarn.0 == 1 && wanted.0 > 1).then(|| {
                    let says = format!("the project pins Yarn {wanted}, and {yarn} is installed");
                    Check::new(ID, Level::Warning, says).helped_by("corepack enable")
                })
            }
            PackageManager::Npm | PackageManager::Bun => None,
        }
    }
}

fn fits(id: &'static str, tool: &str, version: Version, wish: &str, range: &Range) -> Check {
    if range.holds(version) {
        return Check::new(
            id,
            Level::Ok,
            format!("{tool} {version} is what it asks for ({wish})"),
        );
    }
    let says = format!("it asks for {tool} {wish}, and {version} is what runs");
    let help = match tool {
        "node" => "switch to such a version: nvm use, fnm use, mise use or volta pin do that",
        _ => "install such a version, or correct what it asks for",
    };
    Check::new(id, Level::Warning, says).helped_by(help)
}

/// A path as seen from the folder, where it lies in it.
fn short(file: &Path, folder: &Path) -> String {
    file.strip_prefix(folder)
        .unwrap_or(file)
        .display()
        .to_string()
}

/// The first line that says something, without its comment.
fn first_line(file: &Path) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    let mut lines = text
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default().trim());
    lines.find(|line| !line.is_empty()).map(str::to_owned)
}
