//! "Did you mean": the nearest of some known words.

/// The known word that `word` is most likely a slip of, if any is near.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded = fold(word);
    let allowed = (folded.len() / 3).max(1);
    known
        .into_iter()
        .map(|candidate| (candidate, fold(candidate)))
        // Each letter more or less is one step: most need no closer look.
        .filter(|(_, its)| its.len().abs_diff(folded.len()) <= allowed)
        .map(|(candidate, its)| (distance(&folded, &its), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// `ready_timeout`, `ready-timeout` and `readytimeout` are all `readyTimeout`.
fn fold(word: &str) -> Vec<char> {
    let chars = word.chars().filter(|char| !matches!(char, '_' | '-' | ' '));
    chars.take(40).flat_map(char::to_lowercase).collect()
}

/// Insertions, deletions, replacements and swaps of neighbours (restricted Damerau-Levenshtein).
fn distance(left: &[char], right: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=right.len()).collect();
    for (i, l) in left.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, r) in right.iter().enumerate() {
            let mut best = (above[j] + usize::from(l != r))
                .min(above[j + 1] + 1)
                .min(row[j] + 1);
            if i > 0 && j > 0 && *l == right[j - 1] && left[i - 1] == *r {
                best = best.min(before[j - 1] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut above, row);
    }
    above[right.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn slips_are_mended_and_other_words_are_not() {
        let known = ["command", "port", "path", "readyTimeout", "env", "logDir"];
        for (word, expected) in [
            ("prot", Some("port")),
            ("Port", Some("port")),
            ("ports", Some("port")),
            ("ready_timeout", Some("readyTimeout")),
            ("readyTimout", Some("readyTimeout")),
            ("comand", Some("command")),
            ("log-dir", Some("logDir")),
            ("environment", None),
            ("", None),
            ("zzz", None),
        ] {
            assert_eq!(nearest(word, known), expected, "{word}");
        }
    }
}
