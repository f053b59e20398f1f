//! Versions and the ranges of them that projects ask for, as npm reads them.

use std::fmt;
use std::str::FromStr;

/// Three numbers. What follows them (`-rc.1`, `+build`) is not compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u64, pub u64, pub u64);

impl Version {
    /// The first version in what a tool has printed: `v20.11.1`, `deno 2.5.4 (stable, …)`.
    ///
    /// ```
    /// use berth_project::Version;
    ///
    /// assert_eq!(Version::find_in("deno 2.5.4 (stable)"), Some(Version(2, 5, 4)));
    /// assert_eq!(Version::find_in("command not found"), None);
    /// ```
    pub fn find_in(text: &str) -> Option<Version> {
        let words = text.split(|c: char| c.is_whitespace() || "@,()".contains(c));
        words
            .filter(|word| word.contains('.'))
            .find_map(|word| word.parse().ok())
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// A text that is no version, or no range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no version that is understood: write 22, >=20.19 or ^22.12.0")]
pub struct NotUnderstood(String);

impl FromStr for Version {
    type Err = NotUnderstood;

    fn from_str(text: &str) -> Result<Version, NotUnderstood> {
        match Partial::read(text) {
            Some(Partial(Some(major), Some(minor), Some(patch))) => {
                Ok(Version(major, minor, patch))
            }
            _ => Err(NotUnderstood(text.to_owned())),
        }
    }
}

/// Which versions will do: `22`, `>=20.19 <23`, `^20.19.0 || >=22.12.0`, `18 - 22`, `20.x`, `*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    /// One of these must hold: at least the first, below the second.
    any: Vec<(Version, Option<Version>)>,
}

impl Range {
    /// Whether a version lies in it.
    ///
    /// ```
    /// use berth_project::{Range, Version};
    ///
    /// let range: Range = "^20.19.0 || >=22.12.0".parse()?;
    /// assert!(range.holds(Version(22, 12, 0)) && !range.holds(Version(21, 0, 0)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn holds(&self, version: Version) -> bool {
        let within = |(from, to): &(Version, Option<Version>)| {
            version >= *from && to.is_none_or(|to| version < to)
        };
        self.any.iter().any(within)
    }
}

impl FromStr for Range {
    type Err = NotUnderstood;

    fn from_str(text: &str) -> Result<Range, NotUnderstood> {
        let any: Option<Vec<_>> = text.split("||").map(|part| all_of(part.trim())).collect();
        any.map(|any| Range { any })
            .ok_or_else(|| NotUnderstood(text.to_owned()))
    }
}

/// Comparisons that must all hold.
fn all_of(text: &str) -> Option<(Version, Option<Version>)> {
    if let Some((from, to)) = text.split_once(" - ") {
        let (from, to) = (Partial::read(from)?, Partial::read(to)?);
        return Some((from.least(), to.above()));
    }
    let mut both = (Version(0, 0, 0), None::<Version>);
    let mut operator = "";
    for word in text.split_whitespace() {
        // `>= 20` has a space where `>=20` has none.
        let digits = word.trim_start_matches(['>', '<', '=', '^', '~']);
        let own = &word[..word.len() - digits.len()];
        if digits.is_empty() {
            operator = own;
            continue;
        }
        let operator = if own.is_empty() {
            std::mem::take(&mut operator)
        } else {
            own
        };
        let (from, to) = compare(operator, &Partial::read(digits)?)?;
        both.0 = both.0.max(from);
        both.1 = [both.1, to].into_iter().flatten().min();
    }
    operator.is_empty().then_some(both)
}

fn compare(operator: &str, wish: &Partial) -> Option<(Version, Option<Version>)> {
    let least = wish.least();
    Some(match operator {
        "" | "=" => (least, wish.above()),
        ">=" => (least, None),
        ">" => (wish.above()?, None),
        "<" => (Version(0, 0, 0), Some(least)),
        "<=" => (Version(0, 0, 0), wish.above()),
        "~" => match wish {
            Partial(_, None, _) => (least, wish.above()),
            Partial(..) => (least, Some(Version(least.0, least.1 + 1, 0))),
        },
        // Up to what may break: the leftmost number that is not zero.
        "^" => match (least, wish) {
            (_, Partial(None, ..)) => (least, None),
            (Version(0, _, _), Partial(_, None, _)) => (least, Some(Version(1, 0, 0))),
            (Version(0, 0, patch), Partial(_, _, Some(_))) => {
                (least, Some(Version(0, 0, patch + 1)))
            }
            (Version(0, minor, _), _) => (least, Some(Version(0, minor + 1, 0))),
            (Version(major, ..), _) => (least, Some(Version(major + 1, 0, 0))),
        },
        _ => return None,
    })
}

/// A version of which the end may be left open.
struct Partial(Option<u64>, Option<u64>, Option<u64>);

impl Partial {
    fn read(text: &str) -> Option<Partial> {
        let text = text.trim().trim_start_matches('v');
        let numbers = text.split(['-', '+']).next()?;
        let mut parts = numbers.split('.').map(|part| match part {
            "x" | "X" | "*" => Some(None),
            part => part.parse().ok().map(Some),
        });
        let mut next = || parts.next().unwrap_or(Some(None));
        let (major, minor, patch) = (next()?, next()?, next()?);
        let ends = parts.next().is_none();
        let ordered = (major.is_some() || minor.is_none()) && (minor.is_some() || patch.is_none());
        (ends && ordered).then_some(Partial(major, minor, patch))
    }

    /// The lowest version that it can mean.
    fn least(&self) -> Version {
        let number = Option::unwrap_or_default;
        Version(number(self.0), number(self.1), number(self.2))
    }

    /// The lowest version above all that it can mean.
    fn above(&self) -> Option<Version> {
        Some(match *self {
            Partial(None, ..) => return None,
            Partial(Some(major), None, _) => Version(major + 1, 0, 0),
            Partial(Some(major), Some(minor), None) => Version(major, minor + 1, 0),
            Partial(Some(major), Some(minor), Some(patch)) => Version(major, minor, patch + 1),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_hold_what_npm_says_they_hold() {
        let cases: [(&str, &[&str], &[&str]); 16] = [
            ("22", &["22.0.0", "22.99.1"], &["21.9.9", "23.0.0"]),
            ("v20.1.0", &["20.1.0"], &["20.1.1", "20.0.9"]),
            ("20.x", &["20.0.0"], &["21.0.0"]),
            ("*", &["0.0.1", "99.0.0"], &[]),
            ("", &["1.0.0"], &[]),
            (">=22.12", &["22.12.0", "30.0.0"], &["22.11.9"]),
            (">= 18 <23", &["18.0.0", "22.9.9"], &["17.9.9", "23.0.0"]),
            (">20", &["21.0.0"], &["20.9.9"]),
            ("<=20", &["20.9.9"], &["21.0.0"]),
            (
                "^20.19.0 || >=22.12.0",
                &["20.19.0", "22.12.0", "24.0.0"],
                &["20.18.9", "21.0.0"],
            ),
            ("~22.4", &["22.4.9"], &["22.5.0", "22.3.9"]),
            ("^0.2.3", &["0.2.3", "0.2.9"], &["0.3.0", "0.2.2"]),
            ("^0.0.3", &["0.0.3"], &["0.0.4"]),
            ("18 - 20", &["18.0.0", "20.9.9"], &["17.0.0", "21.0.0"]),
            ("=10.1.0", &["10.1.0"], &["10.1.1"]),
            ("^22", &["22.0.0"], &["23.0.0"]),
        ];
        for (text, inside, outside) in cases {
            let range: Range = text.parse().unwrap_or_else(|e| panic!("{e}"));
            for version in inside {
                assert!(
                    range.holds(version.parse().unwrap()),
                    "{text} holds {version}"
                );
            }
            for version in outside {
                assert!(
                    !range.holds(version.parse().unwrap()),
                    "{text} lacks {version}"
                );
            }
        }
    }

    #[test]
    fn what_is_not_understood_is_not_judged() {
        for text in [
            "lts/*", "latest", "1.2.3.4", ">=", "x.1", "!20", ">=abc", "^^20",
        ] {
            assert!(text.parse::<Range>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_first_version_in_what_a_tool_prints() {
        let found = |text| Version::find_in(text).map(|v| v.to_string());
        assert_eq!(found("v20.11.1\n").as_deref(), Some("20.11.1"));
        assert_eq!(found("pnpm@10.1.0+sha512.abc").as_deref(), Some("10.1.0"));
        assert_eq!(
            found("deno 2.5.4 (stable, release)\nv8 13.2").as_deref(),
            Some("2.5.4")
        );
        assert_eq!(found("4.0.0-rc.42").as_deref(), Some("4.0.0"));
        assert_eq!(found("rubbish in 3 parts."), None);
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in "[0-9x.<>=^~| v*-]{0,24}") {
            if let Ok(range) = text.parse::<Range>() {
                range.holds(Version(1, 2, 3));
            }
        }
    }
}
