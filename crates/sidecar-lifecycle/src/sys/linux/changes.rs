//! Being told that a file has grown, without looking at it again and again (inotify).

use std::ffi::CString;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use crate::sys::unix::fd::check;

/// Tells of writes to one file.
pub(crate) struct FileChanges(AsyncFd<File>);

impl FileChanges {
    /// From now on, on the runtime that this is called in.
    pub(crate) fn of(path: &Path) -> io::Result<FileChanges> {
        let path = CString::new(path.as_os_str().as_bytes())?;
        // SAFETY: flags only; the kernel gives a new descriptor or an error.
        let fd = check(unsafe { libc::inotify_init1(libc::IN_CLOEXEC | libc::IN_NONBLOCK) })?;
        // SAFETY: the kernel just gave us this descriptor.
        let fd = unsafe { OwnedFd::from_raw_fd(fd) };
        // SAFETY: an open descriptor and a C string that lives through the call.
        check(unsafe { libc::inotify_add_watch(fd.as_raw_fd(), path.as_ptr(), libc::IN_MODIFY) })?;
        // SAFETY: an owned descriptor stays open, and the same, for as long as it is registered.
        let fd = unsafe { AsyncFd::register_with_interest(File::from(fd), Interest::READABLE) };
        Ok(FileChanges(fd?))
    }

    /// Waits for the next ones. Many writes may be one change.
    pub(crate) async fn next(&mut self) -> io::Result<()> {
        loop {
            let mut ready = self.0.readable_mut().await?;
            let mut events = [0; 4096];
            match ready.try_io(|file| file.get_mut().read(&mut events)) {
                Ok(read) => return read.map(drop),
                Err(_would_block) => {}
            }
        }
    }
}
