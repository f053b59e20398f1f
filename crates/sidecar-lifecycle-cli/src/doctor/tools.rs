//! Where node and the package managers are, and which versions.

use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use berth_project::Version;
use sidecar_lifecycle::environ::{
    AskError, EnvMap, Via, ask_tool, child_path, find_tool, folder_owner, set_var,
};

use super::report::{Check, Found, Level};

/// What is looked for, in this order.
pub(super) const TOOLS: [&str; 6] = ["node", "npm", "pnpm", "yarn", "bun", "deno"];

/// Asked for its version, a manager must not fetch the one that the project pins: offline that
/// takes a minute and fails.
const NO_DOWNLOADS: [(&str, &str); 5] = [
    ("npm_config_manage_package_manager_versions", "false"),
    ("pnpm_config_pm_on_fail", "ignore"),
    ("COREPACK_ENABLE_PROJECT_SPEC", "0"),
    ("COREPACK_ENABLE_NETWORK", "0"),
    ("COREPACK_ENABLE_DOWNLOAD_PROMPT", "0"),
];

/// An environment in which programs are looked for.
pub(super) struct Place<'a> {
    pub(super) env: &'a EnvMap,
    pub(super) home: &'a Path,
    pub(super) folder: &'a Path,
    pub(super) limit: Duration,
}

/// A tool in one environment.
#[derive(Debug)]
pub(super) struct Seen {
    path: PathBuf,
    via: Via,
    owner: Option<&'static str>,
    pub(super) version: Result<Version, Trouble>,
}

/// Why a tool's version is not known.
#[derive(Debug)]
pub(super) enum Trouble {
    /// It cannot be used as it is.
    Broken(String),
    /// It answered with something else.
    Rubbish(String),
}

/// A tool in the caller's environment, and in the login shell's.
#[derive(Debug)]
pub(super) struct Tool {
    pub(super) name: &'static str,
    own: Option<Seen>,
    login: Option<Seen>,
}

/// Looks for all of them, side by side: each may take its time to answer.
pub(super) fn look(own: &Place<'_>, login: Option<&Place<'_>>) -> Vec<Tool> {
    thread::scope(|scope| {
        let started = TOOLS.map(|name| {
            let in_own = scope.spawn(move || own.find(name));
            let in_login = login.map(|place| scope.spawn(move || place.find(name)));
            (name, in_own, in_login)
        });
        let tools = started.into_iter().map(|(name, own, login)| Tool {
            name,
            // A thread that panicked has found nothing, and has said so itself.
            own: own.join().ok().flatten(),
            login: login.and_then(|thread| thread.join().ok().flatten()),
        });
        tools.collect()
    })
}

impl Place<'_> {
    fn find(&self, name: &str) -> Option<Seen> {
        let lookup = find_tool(name, self.env, self.home, self.folder);
        let (path, via) = (lookup.found.clone()?, lookup.via?);
        // Many are scripts that begin with `env node`.
        let node = find_tool("node", self.env, self.home, self.folder);
        let extra = lookup.extra_dir().into_iter().chain(node.extra_dir());
        let mut env = self.env.clone();
        set_var(&mut env, "PATH", child_path(self.env, extra));
        for (name, value) in NO_DOWNLOADS {
            set_var(&mut env, name, value);
        }
        let version = match ask_tool(&path, &["--version"], &env, self.folder, self.limit) {
            Ok(said) => Version::find_in(&said).ok_or_else(|| {
                let line = said.lines().find(|line| !line.trim().is_empty());
                Trouble::Rubbish(line.unwrap_or_default().trim().to_owned())
            }),
            Err(AskError::TimedOut { limit, .. }) => Err(Trouble::Broken(format!(
                "does not answer `--version` within {limit:?}"
            ))),
            Err(e) => Err(Trouble::Broken(format!("does not work: {e}"))),
        };
        let owner = folder_owner(&path, self.env, self.home, self.folder);
        let owner = owner.filter(|owner| *owner != "the system");
        Some(Seen {
            path,
            via,
            owner,
            version,
        })
    }
}

impl Seen {
    fn found(&self) -> Found {
        let via = match self.via {
            Via::Path => "path",
            Via::Known(whose) => whose,
        };
        Found {
            path: self.path.display().to_string(),
            via: via.to_owned(),
            version: self.version.as_ref().ok().map(ToString::to_string),
        }
    }

    fn is_on_path(&self) -> bool {
        self.via == Via::Path
    }

    /// `22.12.0 at /usr/bin/node`.
    fn what(&self) -> String {
        let at = self.path.display();
        match &self.version {
            Ok(version) => format!("{version} at {at}"),
            Err(Trouble::Broken(why)) => format!("{at} {why}"),
            Err(Trouble::Rubbish(said)) => format!("{at} says {said:?} instead of a version"),
        }
    }

    /// `, nvm's`.
    fn whose(&self) -> String {
        self.owner
            .map_or(String::new(), |owner| format!(", {owner}'s"))
    }
}

impl Tool {
    /// The one that runs: the caller's, or else the login shell's.
    pub(super) fn main(&self) -> Option<&Seen> {
        let own = self.own.as_ref().filter(|seen| seen.is_on_path());
        own.or(self.login.as_ref()).or(self.own.as_ref())
    }

    pub(super) fn version(&self) -> Option<Version> {
        self.main()
            .and_then(|seen| seen.version.as_ref().ok().copied())
    }

    /// What is to be said of it. `needed` says by whom.
    pub(super) fn check(&self, needed: Option<&str>) -> Option<Check> {
        let check = match (self.main(), needed) {
            (None, None) => return None,
            (None, Some(by)) => {
                let says = format!("not found, and {by} needs it");
                Check::new(self.name, Level::Error, says).helped_by(install(self.name))
            }
            (Some(main), _) => self.describe(main, needed.is_some()),
        };
        Some(Check {
            found: self.own.as_ref().map(Seen::found),
            login: self.login.as_ref().map(Seen::found),
            ..check
        })
    }

    fn describe(&self, main: &Seen, needed: bool) -> Check {
        let (what, whose) = (main.what(), main.whose());
        match &main.version {
            Err(Trouble::Broken(_)) => {
                let level = if needed { Level::Error } else { Level::Warning };
                return Check::new(self.name, level, what).helped_by(install(self.name));
            }
            Err(Trouble::Rubbish(_)) => {
                return Check::new(self.name, Level::Warning, what)
                    .helped_by("look at what that file is");
            }
            Ok(_) => {}
        }
        let login = self.login.as_ref().filter(|seen| seen.is_on_path());
        let own = self.own.as_ref().filter(|seen| seen.is_on_path());
        match (own, login) {
            (None, None) => {
                let says = format!("{what}{whose}, which is on no PATH");
                let help = "Berth finds it there; for `sidecar run`, put its folder on the PATH";
                Check::new(self.name, Level::Warning, says).helped_by(help)
            }
            (None, Some(_)) => {
                let says = format!("{what}{whose}, on the login shell's PATH and not on this one");
                let help = "run with `sidecar run --login-env`";
                Check::new(self.name, Level::Warning, says).helped_by(help)
            }
            (Some(own), Some(login)) if differ(own, login) => {
                let says = format!("{what}{whose}; the login shell has {}", login.what());
                let help =
                    "a double-clicked app and `sidecar run --login-env` use the login shell's";
                Check::new(self.name, Level::Warning, says).helped_by(help)
            }
            (Some(_), _) => Check::new(self.name, Level::Ok, format!("{what}{whose}, on the PATH")),
        }
    }
}

fn differ(own: &Seen, login: &Seen) -> bool {
    own.version.as_ref().ok() != login.version.as_ref().ok()
}

fn install(name: &str) -> &'static str {
    match name {
        "node" | "npm" => {
            "install Node.js from https://nodejs.org, or with nvm, fnm, Volta or mise"
        }
        "pnpm" => "npm install --global pnpm",
        "yarn" => "corepack enable, or npm install --global yarn",
        "bun" => "install it from https://bun.sh, or npm install --global bun",
        _ => "install it again",
    }
}
