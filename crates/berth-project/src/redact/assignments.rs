//! `NAME=value`, `"name": "value"`, `Name: value` and `--name value` with a secret name.

use super::REMOVED;
use super::names::{is_compound, is_secret, is_secret_in_url, is_unmistakable};

/// Words before a credential.
const SCHEMES: [&str; 5] = ["bearer", "basic", "digest", "token", "negotiate"];

/// Removes the values.
pub(super) fn without_values(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    let mut copied = 0;
    let mut at = 0;
    while at < bytes.len() {
        if !is_name_byte(bytes[at]) {
            at += 1;
            continue;
        }
        let start = at;
        while at < bytes.len() && is_name_byte(bytes[at]) {
            at += 1;
        }
        let name = &text[start..at];
        let value = value_after(text, start, at)
            .filter(|_| is_secret(name) || in_url(bytes, start) && is_secret_in_url(name))
            .or_else(|| credential_after(text, name, at));
        if let Some((from, to)) = value {
            out.push_str(&text[copied..from]);
            out.push_str(REMOVED);
            copied = to;
            at = to;
        }
    }
    out.push_str(&text[copied..]);
    out
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

/// Whether the name that begins here is a parameter of an address.
fn in_url(bytes: &[u8], start: usize) -> bool {
    let before = start.checked_sub(1).map(|at| bytes[at]);
    matches!(before, Some(b'?' | b'&' | b'#'))
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

fn skip_blanks(bytes: &[u8], mut at: usize) -> usize {
    while bytes.get(at).copied().is_some_and(is_blank) {
        at += 1;
    }
    at
}

/// Where the value of the name at `start..end` stands, if something is given to it.
fn value_after(text: &str, start: usize, end: usize) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    let before = start.checked_sub(1).map(|at| bytes[at]);
    // A name in quotes may have a backslash before the closing one: JSON within JSON.
    let mut at = end;
    while matches!(bytes.get(at), Some(b'\\' | b'"' | b'\'' | b'`' | b']')) {
        at += 1;
    }
    let was_quoted = at > end;
    at = skip_blanks(bytes, at);
    match bytes.get(at)? {
        b'=' => {
            // `==` and `=>` compare and map.
            while matches!(bytes.get(at), Some(b'=' | b'>')) {
                at += 1;
            }
        }
        b':' => {
            // In a sentence ("Unexpected token: x") a colon gives nothing to anybody, unless it is
            // the sentence that tells a password, or what follows is no word of any language.
            let line = &text[text[..start].rfind('\n').map_or(0, |at| at + 1)..start];
            let begins = line.trim_end().is_empty()
                || line.trim_end().ends_with(['{', ',', '(', '[', '>', '-']);
            let quoted = matches!(before, Some(b'"' | b'\'' | b'`'));
            let name = &text[start..end];
            let told = is_unmistakable(name) || looks_random(&text[skip_blanks(bytes, at + 1)..]);
            if !(was_quoted || begins || quoted || is_compound(name) || told) {
                return None;
            }
            at += 1;
        }
        // A flag with its value as the next word.
        _ if text[start..end].starts_with("--") && at > end && !was_quoted => {
            if bytes.get(at) == Some(&b'-') {
                return None;
            }
        }
        _ => return None,
    }
    let from = skip_blanks(bytes, at);
    let in_url = in_url(bytes, start);
    let name = text[start..end].to_ascii_lowercase();
    let is_header = ["authorization", "cookie"]
        .iter()
        .any(|header| name.ends_with(header));
    value_at(text, from, in_url, is_header)
}

/// How far the value at `from` reaches.
fn value_at(text: &str, from: usize, in_url: bool, is_header: bool) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    let first = *bytes
        .get(from)
        .filter(|byte| !matches!(byte, b'\n' | b'\r'))?;
    // A quote, or one that is itself within quotes.
    let escapes = bytes[from..]
        .iter()
        .take_while(|byte| **byte == b'\\')
        .count();
    if let Some(quote @ (b'"' | b'\'' | b'`')) = bytes.get(from + escapes) {
        let inner = from + escapes + 1;
        let mut at = inner;
        while at < bytes.len() && bytes[at] != b'\n' {
            if bytes[at] == *quote {
                // The same number of backslashes closes it; fewer or more are part of the value.
                let before = bytes[inner..at]
                    .iter()
                    .rev()
                    .take_while(|it| **it == b'\\')
                    .count();
                if before == escapes {
                    return (at - before > inner).then_some((inner, at - before));
                }
            }
            at += 1;
        }
        return (at > inner).then_some((inner, at));
    }
    if matches!(first, b'{' | b'}' | b')' | b',') {
        return None;
    }
    let mut to = from;
    loop {
        let ends = |byte: u8| match byte {
            b'\n' | b'\r' | b'"' | b'\'' | b'`' => true,
            b'&' | b'#' => in_url,
            // A header is a whole line, and a cookie has blanks in it.
            _ => !is_header && byte.is_ascii_whitespace(),
        };
        while to < bytes.len() && !ends(bytes[to]) {
            to += 1;
        }
        // `AUTH=Bearer abc`: the scheme is not the secret.
        let scheme = SCHEMES.contains(&text[from..to].to_ascii_lowercase().as_str());
        let next = skip_blanks(bytes, to);
        if !scheme || next == to {
            break;
        }
        to = next;
        if to >= bytes.len() || ends(bytes[to]) {
            break;
        }
    }
    (to > from).then_some((from, to))
}

/// Whether the text begins with a word that only a machine makes: long, of letters and digits.
fn looks_random(text: &str) -> bool {
    const LEAST: usize = 12;
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_".contains(byte);
    let word = text.bytes().take_while(is_part);
    let (mut length, mut digits, mut letters) = (0, false, false);
    for byte in word {
        length += 1;
        digits |= byte.is_ascii_digit();
        letters |= byte.is_ascii_alphabetic();
    }
    length >= LEAST && digits && letters
}

/// `Bearer abc…` anywhere: something long, or with digits in it, is no word of a sentence.
fn credential_after(text: &str, name: &str, end: usize) -> Option<(usize, usize)> {
    if !name.eq_ignore_ascii_case("bearer") && name != "Basic" {
        return None;
    }
    let bytes = text.as_bytes();
    let from = skip_blanks(bytes, end);
    let is_part = |byte: &&u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(byte);
    let length = bytes[from..].iter().take_while(is_part).count();
    let value = &text[from..from + length];
    let looks_random =
        value.len() >= 20 || value.contains(|char: char| char.is_ascii_digit() || char == '=');
    (from > end && value.len() >= 6 && looks_random).then_some((from, from + length))
}
