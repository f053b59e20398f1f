//! What the kernel offers: job objects, which need none of this.

/// Job objects know their members.
pub(crate) fn has_subreaper() -> bool {
    false
}

/// Handles are what pidfds are elsewhere.
pub(crate) fn has_pidfd() -> bool {
    true
}

/// Not here.
pub(crate) fn has_splice() -> bool {
    false
}

/// There is no such limit.
pub(crate) fn open_files() -> Option<(u64, u64)> {
    None
}
