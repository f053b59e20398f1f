//! A folder by its real name, in the form that every program takes.

use std::io;
use std::path::{Path, PathBuf};

/// What Windows puts before a path that it is to take literally, and before one on a share.
const VERBATIM: &str = r"\\?\";
const VERBATIM_SHARE: &str = r"\\?\UNC\";

/// The folder by its absolute name, without links and detours.
///
/// Windows answers such a question in its verbatim form, `\\?\C:\shop`, which many programs refuse
/// and nobody writes: here it is `C:\shop`, and `\\?\UNC\server\share` is `\\server\share`, unless
/// the folder has only the verbatim name. A folder that was named by a drive's letter keeps that,
/// since `cmd.exe` runs in none on a share.
pub fn real_folder(path: &Path) -> io::Result<PathBuf> {
    let real = dunce::canonicalize(path)?;
    if !is_on_share(&real) {
        return Ok(real);
    }
    let absolute = std::path::absolute(path)?;
    Ok(on_share(&absolute, real))
}

/// Whether a folder is named by a server and its share (`\\server\share`, `\\wsl.localhost\Debian`).
pub fn is_on_share(folder: &Path) -> bool {
    let name = folder.as_os_str().as_encoded_bytes();
    let is_device = name.starts_with(VERBATIM.as_bytes()) || name.starts_with(br"\\.\");
    name.starts_with(VERBATIM_SHARE.as_bytes()) || (name.starts_with(br"\\") && !is_device)
}

/// `\\server\share`, of a folder in it.
pub fn share_of(folder: &Path) -> String {
    let name = folder.to_string_lossy();
    let plain = name.replacen(VERBATIM_SHARE, r"\\", 1);
    let parts: Vec<&str> = plain.splitn(5, '\\').take(4).collect();
    parts.join(r"\")
}

/// Whether Windows runs a program of this name by `cmd.exe`, or it is that itself.
pub fn is_run_by_cmd(program: &Path) -> bool {
    let ends_in = |suffix: &str| {
        let name = program.as_os_str().as_encoded_bytes();
        let at = name.len().checked_sub(suffix.len());
        at.is_some_and(|at| name[at..].eq_ignore_ascii_case(suffix.as_bytes()))
    };
    let is_itself = |name: &str| {
        let before = program.as_os_str().len().checked_sub(name.len() + 1);
        let byte = before.map(|at| program.as_os_str().as_encoded_bytes()[at]);
        ends_in(name) && byte.is_none_or(|byte| matches!(byte, b'\\' | b'/'))
    };
    ends_in(".cmd") || ends_in(".bat") || is_itself("cmd") || is_itself("cmd.exe")
}

/// What a folder is called whose real name, `real`, is on a share.
fn on_share(absolute: &Path, real: PathBuf) -> PathBuf {
    if !is_on_share(absolute) {
        return absolute.to_path_buf();
    }
    real.to_str().and_then(plain).map_or(real, PathBuf::from)
}

/// `\\server\share\shop` for its verbatim form; `None` if it is none, or has a name that means
/// something else without it.
fn plain(name: &str) -> Option<String> {
    /// The longest path that programs without a say in it may use.
    const LONGEST: usize = 259;
    let rest = name.strip_prefix(VERBATIM_SHARE)?;
    // Dots and spaces at a name's end are dropped, `.` and `..` are steps. A device's name
    // (`con`) is one on a drive alone.
    let is_plain = |part: &str| !part.ends_with(['.', ' ']) && !part.contains('/');
    let plain = format!(r"\\{rest}");
    let fits = plain.encode_utf16().count() <= LONGEST;
    (fits && rest.split('\\').all(is_plain)).then_some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_real_folder_is_one_that_others_can_use() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("shop")).unwrap();
        let real = real_folder(&folder.path().join("shop/../shop")).unwrap();
        assert!(real.ends_with("shop") && real.is_absolute());
        assert!(!real.to_string_lossy().starts_with(VERBATIM), "{real:?}");
        let asked = folder.path().join("shop").canonicalize().unwrap();
        assert_eq!(real.canonicalize().unwrap(), asked);
        if cfg!(unix) {
            assert_eq!(real, asked); // Also by its bytes: the project's data are found by them.
        }
        assert!(real_folder(&folder.path().join("gone")).is_err());
    }

    #[test]
    fn a_folder_on_a_share_is_called_as_people_do() {
        let of = |absolute: &str, real: &str| on_share(absolute.as_ref(), real.into());
        for (absolute, real, called) in [
            (
                r"\\nas\home\shop",
                r"\\?\UNC\nas\home\shop",
                r"\\nas\home\shop",
            ),
            (
                r"\\wsl.localhost\Debian\shop",
                r"\\?\UNC\wsl.localhost\Debian\shop",
                r"\\wsl.localhost\Debian\shop",
            ),
            // By its letter, which leads there too.
            (r"Z:\shop", r"\\?\UNC\nas\home\shop", r"Z:\shop"),
            // Without the prefix, these are others.
            (r"\\nas\a\b.", r"\\?\UNC\nas\a\b.", r"\\?\UNC\nas\a\b."),
            (
                r"\\nas\a\b \c",
                r"\\?\UNC\nas\a\b \c",
                r"\\?\UNC\nas\a\b \c",
            ),
        ] {
            assert_eq!(of(absolute, real), Path::new(called));
        }
        let long = format!(r"\\?\UNC\nas\{}", "a".repeat(260));
        assert_eq!(of(r"\\nas\a", &long), Path::new(&long));
    }

    #[test]
    fn what_is_on_a_share() {
        for on in [
            r"\\nas\home",
            r"\\?\UNC\nas\home",
            r"\\wsl$\Debian",
            r"\\?\UNC\wsl.localhost\Debian",
        ] {
            assert!(is_on_share(Path::new(on)), "{on}");
        }
        for off in [r"C:\shop", r"\\?\C:\shop", r"\\.\COM1", "/srv/shop", ""] {
            assert!(!is_on_share(Path::new(off)), "{off}");
        }
    }

    #[test]
    fn how_a_share_gets_a_letter_is_said() {
        for folder in [r"\\nas\home\a\shop", r"\\?\UNC\nas\home", r"\\nas\home"] {
            let says = crate::ProjectError::OnAShare(folder.into()).to_string();
            assert!(says.contains(r"as `net use Z: \\nas\home` does"), "{says}");
        }
    }

    #[test]
    fn what_cmd_runs() {
        for by in ["cmd", r"C:\w\CMD.exe", r"C:\a b\pnpm.CMD", "x.bat", "a/cmd"] {
            assert!(is_run_by_cmd(Path::new(by)), "{by}");
        }
        for not in ["node", r"C:\pnpm.exe", "mycmd", r"C:\a\xcmd.exe", "", "md"] {
            assert!(!is_run_by_cmd(Path::new(not)), "{not}");
        }
    }
}
