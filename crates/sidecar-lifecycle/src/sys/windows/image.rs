//! What a program's file says of itself.
//!
//! The format: <https://learn.microsoft.com/windows/win32/debug/pe-format>.

use std::fs::File;
use std::io;
use std::path::Path;

use super::files::read_at;

/// Where the header of the old system says where the new one begins.
const AT_NEW_HEADER: u64 = 0x3c;
const SIGNATURE: [u8; 4] = *b"PE\0\0";
/// From the new header on: its signature, the file header of 20 bytes, and so far in the optional
/// one, in 32-bit and 64-bit files alike.
const AT_SUBSYSTEM: u64 = 4 + 20 + 68;
/// `IMAGE_SUBSYSTEM_WINDOWS_CUI`
const CONSOLE: u16 = 3;

/// Whether it is a program for the console: it shares its parent's, where that has one.
pub(crate) fn is_for_console(program: &Path) -> io::Result<bool> {
    let file = File::open(program)?;
    let header = u32::from_le_bytes(bytes(&file, AT_NEW_HEADER)?).into();
    if bytes(&file, header)? != SIGNATURE {
        return Err(io::ErrorKind::InvalidData.into());
    }
    Ok(u16::from_le_bytes(bytes(&file, header + AT_SUBSYSTEM)?) == CONSOLE)
}

fn bytes<const N: usize>(file: &File, at: u64) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    let read = read_at(file, &mut bytes, at)?;
    if read == N {
        Ok(bytes)
    } else {
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}

#[cfg(test)]
mod tests {
    use std::{env, fs};

    use super::*;

    #[test]
    fn each_says_whether_it_is_for_the_console() {
        let windows = env::var_os("SystemRoot").expect("its folder");
        let explorer = Path::new(&windows).join("explorer.exe");
        assert!(!is_for_console(&explorer).expect("readable"));
        let test = env::current_exe().expect("a running test");
        assert!(is_for_console(&test).expect("readable"));
    }

    #[test]
    fn what_is_no_program_says_nothing() {
        let dir = tempfile::tempdir().expect("a folder");
        let file = dir.path().join("no.exe");
        assert!(is_for_console(&file).is_err());
        for text in ["", "MZ", &"x".repeat(200), &"\0".repeat(200)] {
            fs::write(&file, text).expect("writable");
            assert!(is_for_console(&file).is_err(), "{text:?}");
        }
    }
}
