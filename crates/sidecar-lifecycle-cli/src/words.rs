//! Quantities for people.

use std::time::{Duration, SystemTime};

/// `12 s`, `3 min`, `2 h 5 min`, `4 d`: as exact as anybody wants to know.
pub(crate) fn duration(time: Duration) -> String {
    let (minutes, hours) = (time.as_secs() / 60, time.as_secs() / 3600);
    match time.as_secs() {
        seconds @ 0..60 => format!("{seconds} s"),
        60..3600 => format!("{minutes} min"),
        3600..86_400 if minutes % 60 == 0 => format!("{hours} h"),
        3600..86_400 => format!("{hours} h {} min", minutes % 60),
        _ => format!("{} d", hours / 24),
    }
}

/// How long ago; a clock that was set back since makes it no time.
pub(crate) fn age(since: SystemTime) -> String {
    duration(since.elapsed().unwrap_or_default())
}

/// `812 KiB`, `84 MiB`, `1.2 GiB`.
pub(crate) fn bytes(bytes: u64) -> String {
    let kib = bytes / 1024;
    match kib {
        0..1024 => format!("{kib} KiB"),
        1024..1_048_576 => format!("{} MiB", kib / 1024),
        _ => format!("{:.1} GiB", kib as f64 / 1_048_576.0),
    }
}

/// At most so many columns, with an ellipsis where something was left out.
pub(crate) fn shorten(text: &str, columns: usize) -> String {
    if text.chars().count() <= columns {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(columns.saturating_sub(1)).collect();
    short.truncate(short.trim_end().len());
    short.push('…');
    short
}

/// Lines of at most so many columns. A word that is too long for a line stays whole: it may be a
/// path that somebody wants to copy.
pub(crate) fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        let fits = line.chars().count() + 1 + word.chars().count() <= columns;
        if !line.is_empty() && !fits {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
}

/// `1 process`, `3 processes`.
pub(crate) fn processes(count: usize) -> String {
    format!("{count} process{}", if count == 1 { "" } else { "es" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_one_or_two_units() {
        let said = |seconds| duration(Duration::from_secs(seconds));
        assert_eq!(said(0), "0 s");
        assert_eq!(said(59), "59 s");
        assert_eq!(said(60), "1 min");
        assert_eq!(said(3599), "59 min");
        assert_eq!(said(3600), "1 h");
        assert_eq!(said(7500), "2 h 5 min");
        assert_eq!(said(4 * 86_400 + 5), "4 d");
    }

    #[test]
    fn sizes_are_short() {
        assert_eq!(bytes(0), "0 KiB");
        assert_eq!(bytes(831_488), "812 KiB");
        assert_eq!(bytes(84 << 20), "84 MiB");
        assert_eq!(bytes(1_288_490_189), "1.2 GiB");
    }

    #[test]
    fn lines_are_broken_between_words_only() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(
            wrap("one /a/long/path two", 5),
            ["one", "/a/long/path", "two"]
        );
        assert_eq!(wrap("one two", usize::MAX), ["one two"]);
        assert_eq!(wrap("", 5), [""]);
    }

    #[test]
    fn what_is_cut_says_so_and_never_grows() {
        assert_eq!(shorten("node server.js", 14), "node server.js");
        assert_eq!(shorten("node server.js", 6), "node…");
        assert_eq!(shorten("größer", 3), "gr…");
        assert_eq!(shorten("node", 0), "…");
    }
}
