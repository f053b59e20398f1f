//! The two forms that a path has on Windows, and which one is taken where.
//!
//! What `canonicalize` answers begins with `\\?\`: the system then takes every name as it is, of any
//! length. Most programs cannot live with that as their own folder: Node's `process.cwd()` shows it,
//! and `cmd.exe` refuses it and works in Windows' folder instead. So a program is told a path as
//! people write it, and the system alone gets the other form, where a path is too long without it.
//! Text is UTF-16 here, so that the rules can be tested on every system.

use std::ops::Range;

/// A path of this many units or more is too long for the system, its final NUL not counted.
const LONG: usize = 260;
/// The same for a folder to work in: the system puts a `\` behind it.
const LONG_FOLDER: usize = 259;

const SLASH: u16 = b'\\' as u16;

/// As people write it, where that means the same file.
pub(crate) fn for_people(path: &[u16]) -> Vec<u16> {
    let Some(rest) = after(path, r"\\?\") else {
        return path.to_vec();
    };
    let (start, rest) = match after(rest, r"UNC\") {
        Some(share) => (r"\\", share),
        None if is_on_drive(rest) => ("", rest),
        None => return path.to_vec(), // A volume by its number, or a device.
    };
    let short: Vec<u16> = start.encode_utf16().chain(rest.iter().copied()).collect();
    // The short form is tidied up by the system, and this is what that would change.
    let means_the_same = short.len() < LONG && rest.split(|&u| u == SLASH).all(is_ordinary);
    if means_the_same { short } else { path.to_vec() }
}

/// As the system takes it.
pub(crate) fn for_system(path: &[u16]) -> Vec<u16> {
    let prefix = if path.len() < LONG {
        return path.to_vec();
    } else if is_on_drive(path) {
        r"\\?\"
    } else if after(path, r"\\?\").is_none() && after(path, r"\\.\").is_none() && is_on_share(path)
    {
        r"\\?\UNC\"
    } else {
        return path.to_vec();
    };
    let rest = if is_on_drive(path) { path } else { &path[2..] };
    // In this form nothing is tidied up by the system any more.
    if !rest.split(|&u| u == SLASH).all(is_ordinary) {
        return path.to_vec();
    }
    prefix.encode_utf16().chain(rest.iter().copied()).collect()
}

/// Whether it leads to another machine, or to a Linux beside this system (`\\wsl.localhost\…`), and
/// not by way of a drive's letter.
pub(crate) fn is_on_share(path: &[u16]) -> bool {
    let is_slash = |u: u16| u == SLASH || u == u16::from(b'/');
    match path {
        [a, b, ..] if is_slash(*a) && is_slash(*b) => {
            let verbatim = after(path, r"\\?\").or_else(|| after(path, r"\\.\"));
            verbatim.is_none_or(|rest| after(rest, r"UNC\").is_some())
        }
        _ => false,
    }
}

/// Whether a folder of so many units is too long to work in.
pub(crate) fn is_long_folder(units: usize) -> bool {
    units >= LONG_FOLDER
}

/// What follows `start`, of which the case does not matter.
fn after<'p>(path: &'p [u16], start: &str) -> Option<&'p [u16]> {
    let (head, rest) = path.split_at_checked(start.len())?;
    head.iter()
        .zip(start.bytes())
        .all(|(&u, b)| u8::try_from(u).is_ok_and(|u| u.eq_ignore_ascii_case(&b)))
        .then_some(rest)
}

fn is_on_drive(path: &[u16]) -> bool {
    let letter = |u: u16| u8::try_from(u).is_ok_and(|b| b.is_ascii_alphabetic());
    matches!(path, [drive, colon, SLASH, ..] if letter(*drive) && *colon == u16::from(b':'))
}

/// Whether the system takes this name as it is in either form.
fn is_ordinary(name: &[u16]) -> bool {
    let forbidden = |u: &u16| *u == u16::from(b'/') || *u == 0;
    let ends_badly = [b'.', b' '].map(u16::from);
    if name.iter().any(forbidden) || name.last().is_some_and(|u| ends_badly.contains(u)) {
        return false;
    }
    !is_device(name)
}

/// `NUL`, `con.txt`, `COM1`: names of devices in every folder.
fn is_device(name: &[u16]) -> bool {
    const NUMBERED: [&str; 2] = ["COM", "LPT"];
    const ALONE: [&str; 6] = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];
    const DIGITS: Range<u16> = b'1' as u16..b'9' as u16 + 1;
    const RAISED: [u16; 3] = [0xb9, 0xb2, 0xb3]; // ¹ ² ³
    let stem = name.split(|&u| u == u16::from(b'.') || u == u16::from(b':'));
    let stem = stem.into_iter().next().unwrap_or_default();
    let end = stem.iter().rposition(|&u| u != u16::from(b' '));
    let stem = &stem[..end.map_or(0, |last| last + 1)];
    let is = |word: &str| after(stem, word).is_some_and(<[u16]>::is_empty);
    let numbered = |word: &str| {
        let number = after(stem, word);
        matches!(number, Some([n]) if DIGITS.contains(n) || RAISED.contains(n))
    };
    ALONE.into_iter().any(is) || NUMBERED.into_iter().any(numbered)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wide(text: &str) -> Vec<u16> {
        text.encode_utf16().collect()
    }

    fn text(path: &[u16]) -> String {
        String::from_utf16(path).expect("a text")
    }

    #[test]
    fn programs_get_what_people_write() {
        for (path, wanted) in [
            (r"\\?\C:\shop", r"C:\shop"),
            (r"\\?\c:\", r"c:\"),
            (r"\\?\C:\ein Laden\größer", r"C:\ein Laden\größer"),
            (r"\\?\UNC\server\share\shop", r"\\server\share\shop"),
            (
                r"\\?\unc\wsl.localhost\Debian\home",
                r"\\wsl.localhost\Debian\home",
            ),
            (r"C:\shop", r"C:\shop"),
            (r"\\server\share", r"\\server\share"),
            ("", ""),
        ] {
            assert_eq!(text(&for_people(&wide(path))), wanted, "{path}");
        }
    }

    #[test]
    fn what_would_mean_something_else_stays() {
        for path in [
            r"\\?\C:\shop.",
            r"\\?\C:\shop \web",
            r"\\?\C:\a\..\b",
            r"\\?\C:\a/b",
            r"\\?\C:\nul",
            r"\\?\C:\aux.txt\web",
            r"\\?\C:\com1 .log",
            r"\\?\C:\lpt²",
            r"\\?\C:",
            r"\\?\Volume{01234567-89ab-cdef-0123-456789abcdef}\shop",
            r"\\.\pipe\x",
        ] {
            assert_eq!(text(&for_people(&wide(path))), path);
        }
        for path in [
            r"\\?\C:\nulls",
            r"\\?\C:\com10",
            r"\\?\C:\console",
            r"\\?\C:\.git",
        ] {
            assert_eq!(text(&for_people(&wide(path))), path[4..]);
        }
        let long = format!(r"\\?\C:\{}", "x".repeat(300));
        assert_eq!(text(&for_people(&wide(&long))), long);
    }

    #[test]
    fn the_system_gets_long_ones_as_they_are() {
        let (short, long) = ("x".repeat(200), "x".repeat(260));
        for (path, wanted) in [
            (format!(r"C:\{short}"), format!(r"C:\{short}")),
            (format!(r"C:\{long}"), format!(r"\\?\C:\{long}")),
            (format!(r"\\s\d\{long}"), format!(r"\\?\UNC\s\d\{long}")),
            (format!(r"\\?\C:\{long}"), format!(r"\\?\C:\{long}")),
            (format!(r"\\?\UNC\s\{long}"), format!(r"\\?\UNC\s\{long}")),
            // The system would have tidied these up.
            (format!(r"C:\{long}\..\x"), format!(r"C:\{long}\..\x")),
            (format!(r"C:\{long}/x"), format!(r"C:\{long}/x")),
            (format!(r"..\{long}"), format!(r"..\{long}")),
        ] {
            assert_eq!(text(&for_system(&wide(&path))), wanted);
        }
        assert!(is_long_folder(259) && !is_long_folder(258));
    }

    #[test]
    fn shares_are_known() {
        for path in [
            r"\\server\share",
            "//server/share",
            r"\\?\UNC\server\share",
            r"\\wsl$\Debian",
        ] {
            assert!(is_on_share(&wide(path)), "{path}");
        }
        for path in [r"C:\", r"\\?\C:\shop", r"\\.\pipe\x", r"\shop", "", r"\"] {
            assert!(!is_on_share(&wide(path)), "{path}");
        }
    }
}
