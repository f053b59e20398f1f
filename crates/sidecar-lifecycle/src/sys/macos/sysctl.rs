//! Values that the kernel keeps under a name or a path of numbers, see sysctl(3).

use std::ffi::CStr;
use std::io;
use std::mem::MaybeUninit;
use std::ptr;

use crate::sys::unix::fd::check;

/// A text, without the NUL at its end.
pub(super) fn text(name: &CStr) -> io::Result<String> {
    let mut buffer = [0_u8; 256];
    let mut length = buffer.len();
    // SAFETY: the name ends in NUL, pointer and length describe `buffer`, nothing is set.
    check(unsafe {
        libc::sysctlbyname(
            name.as_ptr(),
            buffer.as_mut_ptr().cast(),
            &raw mut length,
            ptr::null_mut(),
            0,
        )
    })?;
    let bytes = buffer.get(..length).unwrap_or_default();
    let text = CStr::from_bytes_until_nul(bytes).map_err(|_| io::ErrorKind::InvalidData)?;
    Ok(text.to_string_lossy().into_owned())
}

/// A number.
pub(super) fn number(name: &CStr) -> io::Result<libc::c_int> {
    let mut value = MaybeUninit::<libc::c_int>::zeroed();
    let mut length = size_of::<libc::c_int>();
    // SAFETY: the name ends in NUL, pointer and length describe `value`, nothing is set.
    check(unsafe {
        libc::sysctlbyname(
            name.as_ptr(),
            value.as_mut_ptr().cast(),
            &raw mut length,
            ptr::null_mut(),
            0,
        )
    })?;
    // SAFETY: it was zeroed, and every pattern of bits is an integer.
    Ok(unsafe { value.assume_init() })
}

/// What a process was started with: `KERN_PROCARGS2`, to be read by [`super::procargs`].
pub(super) fn process_arguments(pid: u32) -> io::Result<Vec<u8>> {
    let mut limit = number(c"kern.argmax")?.unsigned_abs() as usize;
    let mut block = vec![0_u8; limit];
    let mut path = [libc::CTL_KERN, libc::KERN_PROCARGS2, pid as libc::c_int];
    // SAFETY: pointers and lengths describe `path` and `block`, nothing is set.
    check(unsafe {
        libc::sysctl(
            path.as_mut_ptr(),
            path.len() as libc::c_uint,
            block.as_mut_ptr().cast(),
            &raw mut limit,
            ptr::null_mut(),
            0,
        )
    })?;
    block.truncate(limit);
    Ok(block)
}
