//! The names in a folder, by the system call itself, into memory that is used again.

use std::ffi::CStr;
use std::fs::File;
use std::os::fd::AsRawFd;

/// Where `struct linux_dirent64` has its length, two bytes wide, and its name, see getdents64(2).
const LENGTH: usize = 16;
const NAME: usize = 19;

/// Fills the buffer with the next entries of the folder, and says how many bytes they take. None
/// at its end, and when it cannot be read.
pub(super) fn read(folder: &File, buffer: &mut [u8]) -> usize {
    // SAFETY: the pointer and the length describe `buffer`, and the kernel writes no more.
    let filled = unsafe {
        libc::syscall(
            libc::SYS_getdents64,
            folder.as_raw_fd(),
            buffer.as_mut_ptr(),
            buffer.len(),
        )
    };
    usize::try_from(filled).unwrap_or(0)
}

/// The names in what [`read`] filled, without `.` and `..`.
pub(super) fn names(mut entries: &[u8]) -> impl Iterator<Item = &CStr> {
    std::iter::from_fn(move || {
        let length = entries.get(LENGTH..LENGTH + 2)?;
        let length = usize::from(u16::from_ne_bytes([length[0], length[1]]));
        let (entry, rest) = entries.split_at_checked(length)?;
        entries = rest;
        CStr::from_bytes_until_nul(entry.get(NAME..)?).ok()
    })
    .filter(|name| !matches!(name.to_bytes(), b"." | b".."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_however_small_the_buffer() {
        let folder = tempfile::tempdir().expect("a folder");
        let wanted: Vec<String> = (0..300)
            .map(|n| format!("{n}-{}", "x".repeat(n % 90)))
            .collect();
        for name in &wanted {
            File::create(folder.path().join(name)).expect("a file");
        }
        for size in [256, 8 << 10] {
            let opened = File::open(folder.path()).expect("it is there");
            let mut buffer = vec![0; size];
            let mut found = Vec::new();
            loop {
                let filled = read(&opened, &mut buffer);
                if filled == 0 {
                    break;
                }
                let some = names(&buffer[..filled]);
                found.extend(some.map(|name| name.to_str().expect("ours").to_owned()));
            }
            found.sort();
            let mut wanted = wanted.clone();
            wanted.sort();
            assert_eq!(found, wanted, "with {size} bytes");
        }
    }

    #[test]
    fn what_is_no_folder_has_no_names() {
        let file = tempfile::tempfile().expect("a file");
        assert_eq!(read(&file, &mut [0; 256]), 0);
    }

    #[test]
    fn entries_that_lie_about_their_length_end_the_list() {
        for length in [0_u16, 5, 18, 19, 400, u16::MAX] {
            let mut bytes = [b'a'; 64];
            bytes[LENGTH..LENGTH + 2].copy_from_slice(&length.to_ne_bytes());
            assert_eq!(names(&bytes).count(), 0, "{length}");
        }
    }
}
