//! The home folder's name is the user's.

use std::path::Path;

/// Writes `~` for the home folder, in each way in which logs write it.
pub(super) fn shortened(text: &str, home: &Path) -> String {
    let home = home.to_string_lossy();
    let home = home.trim_end_matches(['/', '\\']);
    // Without a home there is nothing to hide, and `C:` is everybody's.
    if home.len() < 3 {
        return text.to_owned();
    }
    let spellings = [
        home.to_owned(),
        home.replace('\\', "\\\\"),
        home.replace('\\', "/"),
        home.replace(' ', "%20"),
        home.replace('\\', "/").replace(' ', "%20"),
    ];
    let mut text = text.to_owned();
    for (at, spelling) in spellings.iter().enumerate() {
        if !spellings[..at].contains(spelling) {
            text = replace(&text, spelling);
        }
    }
    text
}

/// Replaces whole folders only: `/home/ann` is not the beginning of `/home/anna`, nor the end of
/// `/mnt/home/ann`.
fn replace(text: &str, home: &str) -> String {
    let is_part = |char: char| char.is_alphanumeric() || matches!(char, '_' | '-');
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(home) {
        let (before, found) = rest.split_at(at);
        let after = &found[home.len()..];
        out.push_str(before);
        let goes_on = after.starts_with(is_part)
            || after
                .strip_prefix('.')
                .is_some_and(|after| after.starts_with(is_part));
        // Vite's address for a file outside its root is `/@fs` before the whole path.
        let within = home.starts_with('/')
            && !out.ends_with("/@fs")
            && out.ends_with(|char: char| is_part(char) || char == '.' || char == '~');
        out.push_str(if goes_on || within { home } else { "~" });
        rest = after;
    }
    out + rest
}
