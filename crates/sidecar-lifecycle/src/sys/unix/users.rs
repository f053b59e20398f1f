//! Users' names.

use std::ffi::CStr;

/// What a user is called; nothing for a number that nobody has.
pub(crate) fn user_name(uid: u32) -> Option<String> {
    // Enough for what any directory of users answers; a longer answer is none.
    let mut buffer: [libc::c_char; 4096] = [0; 4096];
    // SAFETY: a passwd is made of numbers and pointers, for which zero is a value.
    let mut entry: libc::passwd = unsafe { std::mem::zeroed() };
    let mut found: *mut libc::passwd = std::ptr::null_mut();
    // SAFETY: all pointers lead to live places, and the length is the buffer's.
    let rc = unsafe {
        libc::getpwuid_r(
            uid,
            &raw mut entry,
            buffer.as_mut_ptr(),
            buffer.len(),
            &raw mut found,
        )
    };
    if rc != 0 || found.is_null() {
        return None;
    }
    // SAFETY: on success the name is a C string within `buffer`, which still lives.
    let name = unsafe { CStr::from_ptr(entry.pw_name) };
    Some(name.to_str().ok()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::user_name;

    #[test]
    fn root_has_a_name_and_a_number_of_nobody_has_none() {
        assert_eq!(user_name(0).as_deref(), Some("root"));
        assert_eq!(user_name(u32::MAX - 7), None);
    }
}
