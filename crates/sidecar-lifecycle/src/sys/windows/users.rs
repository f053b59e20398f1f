//! Users' names.

/// What a user is called. Users have no numbers here.
pub(crate) fn user_name(_uid: u32) -> Option<String> {
    None
}
