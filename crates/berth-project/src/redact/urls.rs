//! `https://user:password@host`. (Tokens in queries are assignments, and go with those.)

use super::REMOVED;

/// No user and password are longer, in bytes. Without a bound, a text of nothing but `://`
/// would take time by the square of its length.
const LONGEST_LOGIN: usize = 1024;

/// Addresses that are keys by themselves: whoever knows what follows may post there.
const WEBHOOKS: [&str; 4] = [
    "hooks.slack.com/services/",
    "discord.com/api/webhooks/",
    "discordapp.com/api/webhooks/",
    "api.telegram.org/bot",
];

/// Removes the rest of an address that is a key.
pub(super) fn without_webhooks(text: &str) -> String {
    let mut text = text.to_owned();
    for webhook in WEBHOOKS {
        let mut out = String::with_capacity(text.len());
        let mut rest = text.as_str();
        while let Some(at) = rest.find(webhook) {
            let (before, after) = rest.split_at(at + webhook.len());
            out.push_str(before);
            let ends = |char: char| char.is_whitespace() || "\"'`<>)".contains(char);
            let key = after.find(ends).unwrap_or(after.len());
            if key > 0 {
                out.push_str(REMOVED);
            }
            rest = &after[key..];
        }
        text = out + rest;
    }
    text
}

/// Removes what stands before the `@`.
pub(super) fn without_logins(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        out.push_str(before);
        // A password may have an unescaped `@` or `/` in it; the last `@` before a blank counts,
        // unless a path has begun by every reading.
        let ends = |char: char| char.is_whitespace() || "\"'`<>".contains(char);
        let bound = after.floor_char_boundary(LONGEST_LOGIN);
        let word = &after[..after[..bound].find(ends).unwrap_or(bound)];
        let authority = &word[..word.find(['/', '?', '#']).unwrap_or(word.len())];
        let login = authority.rfind('@').or_else(|| {
            // `user:pa/ss@host`: a colon that no port follows.
            let (_, port) = authority.split_once(':')?;
            let is_port =
                !authority.starts_with('[') && port.bytes().all(|byte| byte.is_ascii_digit());
            if is_port || authority.starts_with('[') {
                None
            } else {
                word.rfind('@')
            }
        });
        rest = match login {
            Some(login) => {
                out.push_str(REMOVED);
                &after[login..]
            }
            None => after,
        };
    }
    out + rest
}
