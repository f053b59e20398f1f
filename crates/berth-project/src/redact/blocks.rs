//! Escape codes and private keys: things with a beginning and an end.

use super::REMOVED;

/// Removes CSI and OSC sequences, and every escape character that is left.
pub(super) fn without_escapes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        if char == '\u{9b}' || char == '\u{1b}' && chars.next_if_eq(&'[').is_some() {
            // Parameters, then one letter.
            while chars.next_if(|char| matches!(char, ' '..='?')).is_some() {}
            chars.next_if(|char| matches!(char, '@'..='~'));
        } else if char == '\u{1b}' && chars.next_if_eq(&']').is_some() {
            // A title or a link, ended by BEL or by another escape; never longer than its line.
            while chars
                .next_if(|char| !matches!(char, '\u{7}' | '\u{1b}' | '\n'))
                .is_some()
            {}
            chars.next_if_eq(&'\u{7}');
        } else if char != '\u{1b}' && char != '\0' {
            out.push(char);
        }
    }
    out
}

const BEGIN: &str = "-----BEGIN ";
const KEY: &str = "PRIVATE KEY";
const END: &str = "-----END ";

/// Removes private keys, from the dashes to the dashes. One without an end reaches to the end.
pub(super) fn without_private_keys(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(begin) = rest.find(BEGIN) {
        let (before, block) = rest.split_at(begin);
        out.push_str(before);
        let label = &block[BEGIN.len()..];
        let label = &label[..label.find(['-', '\n', '\r']).unwrap_or(label.len())];
        if !label.contains(KEY) {
            out.push_str(BEGIN);
            rest = &block[BEGIN.len()..];
            continue;
        }
        out.push_str(REMOVED);
        rest = match block.find(END) {
            Some(end) => {
                let label = &block[end + END.len()..];
                let dashes = label.find("-----").map(|at| &label[at..]);
                dashes.map_or("", |dashes| dashes.trim_start_matches('-'))
            }
            None => "",
        };
    }
    out + rest
}
