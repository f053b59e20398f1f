//! What a program says, as text.

use std::borrow::Cow;

use windows_sys::Win32::Globalization::{GetOEMCP, MultiByteToWideChar};

/// Bytes as text, whatever they are: each line by itself, as programs of both kinds may write into
/// one stream.
pub(crate) fn text_of(bytes: &[u8]) -> Cow<'_, str> {
    match str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(
            bytes
                .split_inclusive(|&b| b == b'\n')
                .map(line_of)
                .collect(),
        ),
    }
}

fn line_of(line: &[u8]) -> Cow<'_, str> {
    if is_cut_utf_8(line) {
        return String::from_utf8_lossy(line);
    }
    // SAFETY: it has no argument.
    let page = unsafe { GetOEMCP() };
    in_code_page(page, line).map_or_else(|| String::from_utf8_lossy(line), Cow::Owned)
}

/// Whether only a character at its beginning or its end is missing something: where a tail begins, or
/// where a program was killed.
fn is_cut_utf_8(line: &[u8]) -> bool {
    let is_inside = |&&b: &&u8| b & 0b1100_0000 == 0b1000_0000;
    let inside = line.iter().take(3).take_while(is_inside).count();
    match str::from_utf8(&line[inside..]) {
        Ok(text) => inside == 0 || !text.is_empty(),
        Err(e) => e.error_len().is_none() && e.valid_up_to() > 0,
    }
}

/// Text in the code page of the system's consoles: `cmd.exe` and old tools write it into pipes too,
/// in French, Japanese or Russian.
fn in_code_page(page: u32, bytes: &[u8]) -> Option<String> {
    let length = i32::try_from(bytes.len())
        .ok()
        .filter(|&length| length > 0)?;
    // One byte is one code unit at the most.
    let mut wide = vec![0_u16; bytes.len()];
    // SAFETY: both pointers go with the lengths beside them.
    let n =
        unsafe { MultiByteToWideChar(page, 0, bytes.as_ptr(), length, wide.as_mut_ptr(), length) };
    let n = usize::try_from(n).ok().filter(|&n| n > 0)?;
    Some(String::from_utf16_lossy(&wide[..n]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRENCH: &[u8] = b"'vite' n'est pas reconnu en tant que commande int\x82rieure";

    #[test]
    fn what_a_console_shows_is_read() {
        let text = in_code_page(850, FRENCH).expect("it is text");
        assert_eq!(
            text,
            "'vite' n'est pas reconnu en tant que commande intérieure"
        );
        assert_eq!(in_code_page(850, b""), None);
    }

    #[test]
    fn what_is_utf_8_stays_so_whoever_writes_beside_it() {
        assert_eq!(text_of("vite ⚡ prêt".as_bytes()), "vite ⚡ prêt");
        assert_eq!(text_of(b""), "");
        let both = ["prêt\n".as_bytes(), FRENCH, "\nprêt".as_bytes()].concat();
        let text = text_of(&both);
        assert!(
            text.starts_with("prêt\n'vite' n'est") && text.ends_with("\nprêt"),
            "{text}"
        );
    }

    #[test]
    fn what_was_cut_is_utf_8_all_the_same() {
        let whole = "é prêt ⚡".as_bytes();
        assert_eq!(text_of(&whole[1..]), "\u{fffd} prêt ⚡");
        assert_eq!(text_of(&whole[..whole.len() - 1]), "é prêt \u{fffd}");
    }
}
