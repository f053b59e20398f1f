//! Whether there is a screen to show a window on.

/// Why there is none.
#[derive(Debug, thiserror::Error)]
#[error(
    "there is no display to show a window on: DISPLAY and WAYLAND_DISPLAY name none that answers"
)]
pub(crate) struct NoDisplay;

/// Connects to it. The toolkit would panic at that moment, in the middle of its start; once it is
/// connected, it does not connect again.
#[cfg(target_os = "linux")]
pub(crate) fn connect() -> Result<(), NoDisplay> {
    gtk::init().map_err(|_| NoDisplay) // It has one reason and no words for it.
}

/// Elsewhere there is one, or nobody could have started anything.
#[cfg(not(target_os = "linux"))]
#[expect(clippy::unnecessary_wraps, reason = "it can fail on Linux")]
pub(crate) fn connect() -> Result<(), NoDisplay> {
    Ok(())
}
