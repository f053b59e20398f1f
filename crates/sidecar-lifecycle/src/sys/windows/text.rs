//! What a program says, as text.

use std::borrow::Cow;

use windows_sys::Win32::Globalization::{CP_OEMCP, MultiByteToWideChar};

/// Bytes as text, whatever they are.
pub(crate) fn text_of(bytes: &[u8]) -> Cow<'_, str> {
    match str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => {
            in_the_consoles_page(bytes).map_or_else(|| String::from_utf8_lossy(bytes), Cow::Owned)
        }
    }
}

/// Text in the code page of the system's consoles: `cmd.exe` and old tools write it into pipes too,
/// in French, Japanese or Russian.
fn in_the_consoles_page(bytes: &[u8]) -> Option<String> {
    let length = i32::try_from(bytes.len())
        .ok()
        .filter(|&length| length > 0)?;
    // One byte is one code unit at the most.
    let mut wide = vec![0_u16; bytes.len()];
    // SAFETY: both pointers go with the lengths beside them.
    let n = unsafe {
        MultiByteToWideChar(
            CP_OEMCP,
            0,
            bytes.as_ptr(),
            length,
            wide.as_mut_ptr(),
            length,
        )
    };
    let n = usize::try_from(n).ok().filter(|&n| n > 0)?;
    Some(String::from_utf16_lossy(&wide[..n]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_console_shows_is_read() {
        // As far as the code pages of western Europe and America agree: 437, 850, 858.
        let text = text_of(b"'vite' n'est pas reconnu en tant que commande int\x82rieure");
        assert!(text.starts_with("'vite' n'est pas reconnu"), "{text}");
        assert!(
            text.ends_with("rieure") && !text.contains('\u{82}'),
            "{text}"
        );
    }

    #[test]
    fn what_is_utf_8_stays_so() {
        assert_eq!(text_of("vite ⚡ prêt".as_bytes()), "vite ⚡ prêt");
        assert_eq!(text_of(b""), "");
    }
}
