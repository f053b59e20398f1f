//! Tokens that give themselves away by their shape.

use super::REMOVED;

/// How a kind of token begins, and how many characters follow at least.
const PREFIXES: [(&str, usize); 29] = [
    ("github_pat_", 20),
    ("ghp_", 16),
    ("gho_", 16),
    ("ghu_", 16),
    ("ghs_", 16),
    ("ghr_", 16),
    ("glpat-", 16),
    ("gldt-", 16),
    ("npm_", 30),
    ("xoxb-", 10),
    ("xoxp-", 10),
    ("xoxa-", 10),
    ("xoxs-", 10),
    ("xoxr-", 10),
    ("xapp-", 10),
    ("sk_live_", 10),
    ("sk_test_", 10),
    ("rk_live_", 10),
    ("rk_test_", 10),
    ("whsec_", 16),
    ("sk-", 20),
    ("AKIA", 16),
    ("ASIA", 16),
    ("AIza", 30),
    ("ya29.", 16),
    ("hf_", 20),
    ("dop_v1_", 20),
    ("shpat_", 20),
    ("SG.", 30),
];

/// Removes them.
pub(super) fn without_tokens(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    let mut copied = 0;
    let mut at = 0;
    while at < bytes.len() {
        let begins = at == 0 || !bytes[at - 1].is_ascii_alphanumeric();
        let length = if begins { token_at(&bytes[at..]) } else { None };
        match length {
            Some(length) => {
                out.push_str(&text[copied..at]);
                out.push_str(REMOVED);
                at += length;
                copied = at;
            }
            None => at += 1,
        }
    }
    out.push_str(&text[copied..]);
    out
}

fn token_at(bytes: &[u8]) -> Option<usize> {
    let known = PREFIXES.iter().find_map(|(prefix, least)| {
        let rest = bytes.strip_prefix(prefix.as_bytes())?;
        // Names of npm's variables begin like its tokens, which have no underscores.
        let underscores = *prefix != "npm_";
        let length = run(rest, underscores);
        (length >= *least).then_some(prefix.len() + length)
    });
    known.or_else(|| web_token(bytes))
}

/// A JSON Web Token: up to three parts, of which the first is `{"` in base64. A long first part is
/// enough: the rest may be cut off.
fn web_token(bytes: &[u8]) -> Option<usize> {
    bytes.strip_prefix(b"eyJ")?;
    let mut length = run(bytes, true);
    let mut parts = 1;
    while parts < 5
        && let Some(part) = bytes[length..]
            .strip_prefix(b".")
            .map(|rest| run(rest, true))
        && part > 0
    {
        length += 1 + part;
        parts += 1;
    }
    (length >= 24 || parts > 1 && length >= 12).then_some(length)
}

fn run(bytes: &[u8], underscores: bool) -> usize {
    let is_part =
        |byte: &&u8| byte.is_ascii_alphanumeric() || underscores && matches!(byte, b'_' | b'-');
    bytes.iter().take_while(is_part).count()
}
