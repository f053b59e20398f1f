//! Whether the output says that packages are being installed: `pnpm dev` may be an install first.

/// What a line of output says about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Says {
    /// An install is underway.
    Installing,
    /// The script itself runs now.
    Running,
}

/// What package managers print while they install.
const SIGNS: [&str; 6] = [
    "Lockfile is up to date, resolution step is skipped",
    "Progress: resolved",
    "Packages: +",
    "Installing dependencies",
    "Resolving dependencies",
    "Already up to date",
];

/// Reads a line. Most say nothing.
pub(crate) fn says(line: &str) -> Option<Says> {
    let line = line.trim_start();
    // npm and pnpm print the script that they run behind one of these.
    if line.starts_with("> ") || line.starts_with("$ ") {
        return Some(Says::Running);
    }
    SIGNS
        .iter()
        .any(|sign| line.contains(sign))
        .then_some(Says::Installing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_an_install_from_the_script() {
        let progress = "Progress: resolved 41, reused 40, downloaded 1, added 12";
        assert_eq!(says(progress), Some(Says::Installing));
        assert_eq!(says("$ vite --port 5173"), Some(Says::Running));
        assert_eq!(says("> shop@1.0.0 dev /home/me/shop"), Some(Says::Running));
        assert_eq!(says("  VITE v8.3.8  ready in 150 ms"), None);
        assert_eq!(
            says("ERR_PNPM_IGNORED_BUILDS Ignored build scripts: esbuild"),
            None
        );
    }
}
