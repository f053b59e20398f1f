//! Which of nvm's Node versions a project, or else the user, has chosen.

use std::fs;
use std::path::{Path, PathBuf};

/// A version as nvm names its folders: `v22.11.0`.
type Version = (u32, u32, u32);

/// How many aliases may point to each other before they are taken for a circle.
const MAX_ALIASES: u32 = 8;

/// The `bin` folders of nvm's versions, best first: what `.nvmrc` or `.node-version` in `folder`
/// asks for, what the alias `default` names, then the newest.
pub(super) fn bin_folders(nvm: &Path, folder: &Path) -> Vec<PathBuf> {
    let installed = installed(nvm);
    let wishes = [
        folder.join(".nvmrc"),
        folder.join(".node-version"),
        nvm.join("alias/default"),
    ];
    let mut versions: Vec<Version> = wishes
        .iter()
        .filter_map(|file| resolve(nvm, &installed, &first_line(file)?, MAX_ALIASES))
        .collect();
    versions.extend(installed.last());
    let mut folders: Vec<PathBuf> = Vec::new();
    for (major, minor, patch) in versions {
        let bin = nvm.join(format!("versions/node/v{major}.{minor}.{patch}/bin"));
        if !folders.contains(&bin) {
            folders.push(bin);
        }
    }
    folders
}

fn installed(nvm: &Path) -> Vec<Version> {
    let Ok(entries) = fs::read_dir(nvm.join("versions/node")) else {
        return Vec::new();
    };
    let mut versions: Vec<Version> = entries
        .flatten()
        .filter_map(|entry| match numbers(entry.file_name().to_str()?)?[..] {
            [major, minor, patch] => Some((major, minor, patch)),
            _ => None,
        })
        .collect();
    versions.sort_unstable();
    versions
}

/// `22`, `v22.11`, `lts/jod`, `lts/*`, `node`, or an alias of the user's.
fn resolve(nvm: &Path, installed: &[Version], wish: &str, aliases: u32) -> Option<Version> {
    if let Some(numbers) = numbers(wish) {
        let fits = |version: &&Version| [version.0, version.1, version.2].starts_with(&numbers);
        return installed.iter().rev().find(fits).copied();
    }
    if wish == "node" || wish == "stable" {
        return installed.last().copied();
    }
    // An alias is a file's name; nothing may lead out of the folder of aliases.
    if aliases == 0 || wish.is_empty() || wish.contains("..") || wish.starts_with('/') {
        return None;
    }
    let next = first_line(&nvm.join("alias").join(wish))?;
    resolve(nvm, installed, &next, aliases - 1)
}

fn numbers(version: &str) -> Option<Vec<u32>> {
    let version = version.strip_prefix('v').unwrap_or(version);
    let numbers: Option<Vec<u32>> = version.split('.').map(|part| part.parse().ok()).collect();
    numbers.filter(|numbers| numbers.len() <= 3)
}

fn first_line(file: &Path) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let line = text
        .lines()
        .map(|line| line.split('#').next().unwrap_or("").trim());
    line.filter(|line| !line.is_empty())
        .map(str::to_owned)
        .next()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nvm_with(versions: &[&str], files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for version in versions {
            fs::create_dir_all(
                root.path()
                    .join("nvm/versions/node")
                    .join(version)
                    .join("bin"),
            )
            .unwrap();
        }
        for (file, text) in files {
            let file = root.path().join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        fs::create_dir_all(root.path().join("project")).unwrap();
        root
    }

    fn chosen(versions: &[&str], files: &[(&str, &str)]) -> Vec<String> {
        let root = nvm_with(versions, files);
        bin_folders(&root.path().join("nvm"), &root.path().join("project"))
            .iter()
            .map(|bin| {
                bin.parent()
                    .unwrap()
                    .file_name()
                    .unwrap()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect()
    }

    const THREE: [&str; 3] = ["v9.11.2", "v20.1.0", "v22.11.0"];

    #[test]
    fn newest_is_by_number_not_by_letter() {
        assert_eq!(chosen(&THREE, &[]), ["v22.11.0"]);
        assert_eq!(chosen(&[], &[]), [""; 0]);
    }

    #[test]
    fn the_project_comes_before_the_default() {
        let files = [
            ("project/.nvmrc", "# ours\nv20\n"),
            ("nvm/alias/default", "9"),
        ];
        assert_eq!(chosen(&THREE, &files), ["v20.1.0", "v9.11.2", "v22.11.0"]);
    }

    /// Unix: nvm has no Windows version, where no file can be called `*`.
    #[cfg(unix)]
    #[test]
    fn aliases_lead_to_versions() {
        let files = [
            ("nvm/alias/default", "lts/*"),
            ("nvm/alias/lts/*", "lts/iron"),
            ("nvm/alias/lts/iron", "v20.1.0"),
        ];
        assert_eq!(chosen(&THREE, &files), ["v20.1.0", "v22.11.0"]);
    }

    #[test]
    fn circles_and_absent_versions_end_at_the_newest() {
        let circle = [("nvm/alias/default", "a"), ("nvm/alias/a", "default")];
        assert_eq!(chosen(&THREE, &circle), ["v22.11.0"]);
        assert_eq!(chosen(&THREE, &[("project/.nvmrc", "18")]), ["v22.11.0"]);
        assert_eq!(
            chosen(&THREE, &[("project/.nvmrc", "../../etc/passwd")]),
            ["v22.11.0"]
        );
    }
}
