//! Terminal escape sequences, for readers that want the text.

/// The text without its escape sequences. Vite puts colour codes *inside* the port of the URL
/// that it prints.
pub(crate) fn strip(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\u{1b}' {
            if !c.is_control() || c == '\t' {
                out.push(c);
            }
            continue;
        }
        match chars.next() {
            // CSI: parameters, then one final byte from @ to ~.
            Some('[') => {
                for c in chars.by_ref() {
                    if ('\u{40}'..='\u{7e}').contains(&c) {
                        break;
                    }
                }
            }
            // OSC (hyperlinks, titles): up to BEL or ESC \.
            Some(']') => {
                while let Some(c) = chars.next() {
                    if c == '\u{7}' || (c == '\u{1b}' && chars.next_if_eq(&'\\').is_some()) {
                        break;
                    }
                }
            }
            Some(_) | None => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::strip;

    #[test]
    fn colour_inside_a_port_disappears() {
        let line = "  \u{1b}[32m➜\u{1b}[39m  Local:   \u{1b}[36mhttp://localhost:\u{1b}[1m5173\u{1b}[22m/\u{1b}[39m";
        assert_eq!(strip(line), "  ➜  Local:   http://localhost:5173/");
    }

    #[test]
    fn hyperlinks_and_cut_sequences_are_no_text() {
        assert_eq!(
            strip("\u{1b}]8;;http://x/\u{1b}\\here\u{1b}]8;;\u{7}"),
            "here"
        );
        assert_eq!(strip("a\u{1b}"), "a");
        assert_eq!(strip("a\u{1b}[31"), "a");
    }
}
