//! Where version managers and package managers put their programs.

use std::fs;
use std::path::{Path, PathBuf};

use super::map::{EnvMap, get_filled};
use super::nvm;

/// A folder to look in, and whose it is.
pub(super) type Known = (&'static str, PathBuf);

/// Folders worth a look when the PATH has failed, best first. Sources: each manager's own
/// documentation of where it installs to; variables that move a place are honoured.
pub(super) fn known_folders(env: &EnvMap, home: &Path, folder: &Path) -> Vec<Known> {
    let mut known: Vec<Known> = Vec::new();
    let mut add = |whose, path: PathBuf| known.push((whose, path));
    let variable = |name: &str| get_filled(env, name).map(PathBuf::from);
    let or_home = |name: &str, usual: &str| variable(name).unwrap_or_else(|| home.join(usual));
    let data = or_home("XDG_DATA_HOME", ".local/share");
    let apple = home.join("Library/Application Support");

    // pnpm 11 and later keep programs in `bin` below their home, 10 in the home itself.
    let pnpm_homes = [
        variable("PNPM_HOME"),
        Some(data.join("pnpm")),
        Some(home.join("Library/pnpm")),
        variable("LOCALAPPDATA").map(|local| local.join("pnpm")),
        Some(home.join(".pnpm")),
    ];
    for pnpm in pnpm_homes.into_iter().flatten() {
        add("pnpm", pnpm.join("bin"));
        add("pnpm", pnpm);
    }

    // Shims choose by folder, so they come before any fixed version.
    add("Volta", or_home("VOLTA_HOME", ".volta").join("bin"));
    add(
        "mise",
        variable("MISE_DATA_DIR")
            .unwrap_or_else(|| data.join("mise"))
            .join("shims"),
    );
    add("asdf", or_home("ASDF_DATA_DIR", ".asdf").join("shims"));
    add("proto", or_home("PROTO_HOME", ".proto").join("shims"));
    add("proto", or_home("PROTO_HOME", ".proto").join("bin"));
    add("nodenv", or_home("NODENV_ROOT", ".nodenv").join("shims"));
    add("nodenv", home.join(".anyenv/envs/nodenv/shims"));
    for bin in nvm::bin_folders(&or_home("NVM_DIR", ".nvm"), folder) {
        add("nvm", bin);
    }
    let fnm_homes = [
        variable("FNM_DIR"),
        Some(data.join("fnm")),
        Some(apple.join("fnm")),
        Some(home.join(".fnm")),
    ];
    for fnm in fnm_homes.into_iter().flatten() {
        add("fnm", fnm.join("aliases/default/bin"));
        add("fnm", fnm.join("aliases/default"));
    }

    add("bun", or_home("BUN_INSTALL", ".bun").join("bin"));
    add("yarn", home.join(".yarn/bin"));
    add("n", or_home("N_PREFIX", "n").join("bin"));
    for prefix in npm_prefixes(env, home) {
        add("npm", prefix.join("bin"));
    }
    add("npm", home.join(".npm-global/bin"));
    add("the user", home.join(".local/bin"));

    if cfg!(windows) {
        let places = [
            ("npm", "APPDATA", "npm"),
            ("Node.js", "ProgramFiles", "nodejs"),
            ("Volta", "LOCALAPPDATA", "Volta/bin"),
            ("fnm", "APPDATA", "fnm/aliases/default"),
            ("nvm", "NVM_SYMLINK", ""),
            ("Scoop", "USERPROFILE", "scoop/shims"),
        ];
        for (whose, name, below) in places {
            if let Some(base) = variable(name) {
                add(whose, base.join(below));
            }
        }
    } else {
        add("Homebrew", "/opt/homebrew/bin".into());
        add("the system", "/usr/local/bin".into());
        add("Homebrew", "/home/linuxbrew/.linuxbrew/bin".into());
        add("the system", "/usr/bin".into());
        add("snap", "/snap/bin".into());
    }
    known
}

/// Whose folder a program lies in (`nvm`, `Volta`, `Homebrew`, …), if it is one that
/// [`find_tool`](super::find_tool) knows. The arguments are as there.
///
/// ```
/// use std::path::Path;
/// use sidecar_lifecycle::environ::{EnvMap, folder_owner};
///
/// let (home, folder) = (Path::new("/home/ana"), Path::new("/home/ana/shop"));
/// let program = Path::new("/home/ana/.volta/bin/node");
/// assert_eq!(folder_owner(program, &EnvMap::new(), home, folder), Some("Volta"));
/// ```
pub fn folder_owner(
    program: &Path,
    env: &EnvMap,
    home: &Path,
    folder: &Path,
) -> Option<&'static str> {
    let place = program.parent()?;
    let mut known = known_folders(env, home, folder).into_iter();
    known
        .find(|(_, entry)| entry == place)
        .map(|(whose, _)| whose)
}

/// Where `npm install --global` puts things, as the environment or `~/.npmrc` has it.
fn npm_prefixes(env: &EnvMap, home: &Path) -> Vec<PathBuf> {
    let names = ["NPM_CONFIG_PREFIX", "npm_config_prefix"];
    let mut prefixes: Vec<PathBuf> = names
        .iter()
        .filter_map(|name| get_filled(env, name))
        .map(PathBuf::from)
        .collect();
    let npmrc = fs::read_to_string(home.join(".npmrc")).unwrap_or_default();
    for line in npmrc.lines() {
        let Some((key, value)) = line.split_once('=') else {
            continue;
        };
        if key.trim() != "prefix" {
            continue;
        }
        let value = value.trim().trim_matches(['"', '\'']);
        let below_home = ["~/", "$HOME/", "${HOME}/"]
            .iter()
            .find_map(|start| value.strip_prefix(start));
        prefixes.push(below_home.map_or_else(|| PathBuf::from(value), |rest| home.join(rest)));
    }
    prefixes
}
