//! Making diagnostics fit to be pasted into a public issue.

mod assignments;
mod blocks;
mod home;
mod names;
mod tokens;
mod urls;

use std::path::Path;

/// Stands where something was removed.
pub(crate) const REMOVED: &str = "[redacted]";

/// Two do for any real log; the bound is against a text that would never come to rest.
const MAX_ROUNDS: u32 = 16;

/// Removes what must not leave the machine: values of variables, headers and JSON keys whose name
/// says that they are secret; tokens of well-known shapes; private keys; names, passwords and
/// tokens in URLs; and writes the home folder as `~`.
///
/// Terminal escape codes are removed first: a colour in the middle of a secret would hide it. Where
/// it is unclear how far a secret reaches, more is removed rather than less. Line breaks stay.
/// Doing it twice changes nothing more. It cannot know a secret that looks like any other word.
pub fn redact(text: &str, home: &Path) -> String {
    let mut text = blocks::without_escapes(text);
    // What one rule leaves can be what an earlier one looks for, in text made to be hostile.
    for _ in 0..MAX_ROUNDS {
        let next = round(&text, home);
        if next == text {
            break;
        }
        text = next;
    }
    text
}

fn round(text: &str, home: &Path) -> String {
    let text = blocks::without_private_keys(text);
    let text = urls::without_logins(&text);
    let text = urls::without_webhooks(&text);
    let text = assignments::without_values(&text);
    let text = tokens::without_tokens(&text);
    home::shortened(&text, home)
}

#[cfg(test)]
mod tests;
