//! Files and folders that are nobody else's to read, and no detour to somebody else's file.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;

/// Makes a folder that only its owner may enter. One that exists is closed to others.
pub(crate) fn folder(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

/// Opens a file to append to it. A symbolic link in its place is an error: a log that is led
/// elsewhere would write what comes from outside into a file of its user's.
pub(crate) fn append(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600).custom_flags(libc::O_NOFOLLOW);
    }
    options.open(path)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn a_link_in_the_place_of_a_log_leads_nowhere() {
        let dir = tempfile::tempdir().unwrap();
        let victim = dir.path().join("victim");
        fs::write(&victim, "").unwrap();
        symlink(&victim, dir.path().join("log")).unwrap();
        assert!(append(&dir.path().join("log")).is_err());
        assert_eq!(fs::read(&victim).unwrap(), b"");
    }

    #[test]
    fn what_is_made_here_is_closed_to_others() {
        let dir = tempfile::tempdir().unwrap();
        let inner = dir.path().join("state");
        folder(&inner).unwrap();
        append(&inner.join("log")).unwrap();
        let mode = |p: &Path| fs::metadata(p).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&inner), mode(&inner.join("log"))), (0o700, 0o600));
    }
}
