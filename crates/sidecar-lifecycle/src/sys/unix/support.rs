//! What the kernel offers.

pub(crate) use super::limits::of_children as open_files;

/// Whether orphans can be asked for.
#[cfg(target_os = "linux")]
pub(crate) fn has_subreaper() -> bool {
    let mut on: libc::c_int = 0;
    // SAFETY: the kernel writes one int to where the pointer leads.
    unsafe { libc::prctl(libc::PR_GET_CHILD_SUBREAPER, &raw mut on) == 0 }
}

/// Whether a process can be held on to.
#[cfg(target_os = "linux")]
pub(crate) fn has_pidfd() -> bool {
    super::watch::process_end(std::process::id()).is_ok()
}

/// Whether bytes can be moved from a pipe to a file within the kernel.
#[cfg(target_os = "linux")]
pub(crate) fn has_splice() -> bool {
    use std::io::Write;
    use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

    let Ok((read, write)) = super::fd::pipe() else {
        return false;
    };
    if std::fs::File::from(write).write_all(b"x").is_err() {
        return false;
    }
    // SAFETY: the name is a C string.
    let file = unsafe { libc::memfd_create(c"splice".as_ptr(), libc::MFD_CLOEXEC) };
    if file < 0 {
        return false;
    }
    // SAFETY: the kernel just gave us this descriptor and nobody else owns it.
    let file = unsafe { OwnedFd::from_raw_fd(file) };
    let (from, to) = (read.as_raw_fd(), file.as_raw_fd());
    let nowhere = std::ptr::null_mut;
    // SAFETY: both descriptors are ours and open; null offsets use the files' own.
    unsafe { libc::splice(from, nowhere(), to, nowhere(), 1, 0) == 1 }
}

/// Not here.
#[cfg(not(target_os = "linux"))]
pub(crate) fn has_subreaper() -> bool {
    false
}

/// Not here.
#[cfg(not(target_os = "linux"))]
pub(crate) fn has_pidfd() -> bool {
    false
}

/// Not here.
#[cfg(not(target_os = "linux"))]
pub(crate) fn has_splice() -> bool {
    false
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_that_we_test_on_have_it_all() {
        assert!(has_subreaper() && has_splice() && has_pidfd());
    }
}
