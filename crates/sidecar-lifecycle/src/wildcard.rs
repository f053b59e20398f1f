//! Patterns for names.

/// Whether a name matches a pattern: `*` stands for any characters, `?` for one.
pub fn matches_wildcard(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), name.chars().collect());
    let (mut p, mut n) = (0, 0);
    // Where the last star stood, and how much of the name it has swallowed so far.
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(&c) if c == '?' || c == name[n] => {
                p += 1;
                n += 1;
            }
            Some(_) | None => {
                let Some((at, swallowed)) = star else {
                    return false;
                };
                star = Some((at, swallowed + 1));
                p = at + 1;
                n = swallowed + 1;
            }
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::matches_wildcard as matches;

    #[test]
    fn patterns() {
        for (pattern, name) in [
            ("node", "node"),
            ("terminator-mcp-agent*", "terminator-mcp-agent-x64"),
            ("*", ""),
            ("*agent", "an-agent-agent"),
            ("n?de*", "node22"),
            ("*a*b*c", "xxaxxbxbxc"),
        ] {
            assert!(matches(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [
            ("node", "nodejs"),
            ("node", "Node"),
            ("?", ""),
            ("*agent", "agent-x64"),
            ("", "node"),
            ("*a*b*c", "xxaxxbxbx"),
        ] {
            assert!(!matches(pattern, name), "{pattern} {name}");
        }
    }

    #[test]
    fn a_hostile_pattern_takes_no_time() {
        assert!(!matches(&"*a".repeat(500), &"a".repeat(400)));
    }
}
