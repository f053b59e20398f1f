//! Whether somebody still reads our output.

/// Calls `on` once when the reader of stdout is gone: a pipe whose other end is closed, a terminal
/// that hung up. A fleet that has nothing to say would otherwise never learn it.
#[cfg(unix)]
pub(crate) fn on_gone(on: impl FnOnce() + Send + 'static) {
    let watch = move || {
        // No event is asked for: errors and hang-ups are told anyway.
        let mut stdout = libc::pollfd {
            fd: libc::STDOUT_FILENO,
            events: 0,
            revents: 0,
        };
        loop {
            // SAFETY: one valid entry that lives through the call.
            let ready = unsafe { libc::poll(&raw mut stdout, 1, -1) };
            if ready > 0 && stdout.revents & (libc::POLLERR | libc::POLLHUP) != 0 {
                return on();
            }
            let interrupted = std::io::Error::last_os_error().raw_os_error() == Some(libc::EINTR);
            if ready > 0 || !interrupted {
                return; // It cannot be watched; a failing write will tell.
            }
        }
    };
    let thread = std::thread::Builder::new()
        .name("reader".into())
        .stack_size(128 * 1024);
    // Without it a failing write still tells.
    let _ = thread.spawn(watch);
}

/// Elsewhere a failing write tells, and nothing else.
#[cfg(not(unix))]
pub(crate) fn on_gone(_on: impl FnOnce() + Send + 'static) {}
