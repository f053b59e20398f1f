//! The menu's keys as Windows names them, and those that mean the same.

/// What is held with a key.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Held {
    pub(super) ctrl: bool,
    pub(super) shift: bool,
    pub(super) alt: bool,
    /// On many keyboards `AltGr`, which Windows tells as Ctrl and Alt: with it a letter is written.
    pub(super) right_alt: bool,
}

// Virtual keys. Letters and digits have their ASCII code.
const NUMPAD_0: u32 = 0x60;
const NUMPAD_PLUS: u32 = 0x6b;
const NUMPAD_MINUS: u32 = 0x6d;
/// The key with `+` on it, whether that takes Shift or not: on an American keyboard the one of `=`.
const PLUS: u32 = 0xbb;
const MINUS: u32 = 0xbd;
const DIGIT_0: u32 = b'0' as u32;
const I: u32 = b'I' as u32;
const Q: u32 = b'Q' as u32;
const R: u32 = b'R' as u32;

/// The menu's item that a virtual key stands for.
pub(super) fn item(key: u32, held: Held) -> Option<&'static str> {
    if held.right_alt {
        return None;
    }
    match (held.ctrl, held.shift, held.alt, key) {
        (true, false, false, Q) => Some("quit"),
        (true, false, false, R) => Some("reload"),
        (true, true, false, R) => Some("refresh"),
        (true, false, true, I) => Some("devtools"),
        (true, false, false, DIGIT_0 | NUMPAD_0) => Some("zoom-reset"),
        (true, _, false, PLUS) | (true, false, false, NUMPAD_PLUS) => Some("zoom-in"),
        (true, false, false, MINUS | NUMPAD_MINUS) => Some("zoom-out"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(held: &str, key: u32) -> Option<&'static str> {
        let held = Held {
            ctrl: held.contains('c'),
            shift: held.contains('s'),
            alt: held.contains('a'),
            right_alt: held.contains('r'),
        };
        item(key, held)
    }

    /// By its keys alone, Tauri's accelerator of `Ctrl+=` missed all but one of these.
    #[test]
    fn zoom_has_a_key_wherever_the_keyboard_has_it() {
        for (held, key, id) in [
            ("c", 0xbb, "zoom-in"),
            ("cs", 0xbb, "zoom-in"),
            ("c", 0x6b, "zoom-in"),
            ("c", 0xbd, "zoom-out"),
            ("c", 0x6d, "zoom-out"),
            ("c", 0x30, "zoom-reset"),
            ("c", 0x60, "zoom-reset"),
        ] {
            assert_eq!(of(held, key), Some(id), "{held} {key:#x}");
        }
    }

    /// The ids and keys of `menu::build`, whose items need a display.
    #[test]
    fn each_item_of_the_menu_with_a_key_has_it_here() {
        let menu = include_str!("../menu.rs");
        let keys = |spelling: &str| match spelling.rsplit('+').next() {
            Some("=") => PLUS,
            Some("-") => MINUS,
            Some(key) => u32::from(key.as_bytes()[0]),
            None => unreachable!(),
        };
        let mut seen = 0;
        for line in menu
            .lines()
            .filter(|line| line.contains("Some(\"CmdOrCtrl+"))
        {
            let quoted: Vec<&str> = line.split('"').collect();
            let spelling = quoted[quoted.len() - 2];
            let id = quoted[1];
            let held = Held {
                ctrl: true,
                shift: spelling.contains("Shift"),
                alt: spelling.contains("Alt"),
                right_alt: false,
            };
            assert_eq!(item(keys(spelling), held).unwrap_or("none"), id, "{line}");
            seen += 1;
        }
        assert_eq!(seen, 7);
    }

    #[test]
    fn other_keys_are_the_pages() {
        for (held, key) in [
            ("", 0x52),
            ("s", 0xbb),
            ("a", 0x49),
            ("ca", 0x52),
            ("csa", 0x49),
            ("car", 0x49), // í, on an Irish keyboard.
            ("ca", 0xbb),
            ("cs", 0xbd),
            ("cs", 0x51),
            ("c", 0x43),
        ] {
            assert_eq!(of(held, key), None, "{held} {key:#x}");
        }
    }
}
