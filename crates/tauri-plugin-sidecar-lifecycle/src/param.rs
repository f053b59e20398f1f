//! What a page may choose about a sidecar: validated values for declared places.

use std::ops::RangeInclusive;

/// What values a placeholder takes. A value comes from a page, so each kind says exactly what is
/// let through; it never becomes more than a part of one argument or of one variable's value.
///
/// ```
/// use tauri_plugin_sidecar_lifecycle::Param;
///
/// let model = Param::one_of(["tiny", "base", "large"]);
/// assert!(model.check("base").is_ok());
/// assert!(model.check("base; rm -rf ~").is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Param {
    /// One of these.
    OneOf(Vec<String>),
    /// A whole number within these bounds.
    Integer(RangeInclusive<i64>),
    /// A text.
    Text {
        /// Characters at the most; at least one is needed.
        max_len: usize,
        /// Which characters, besides letters and digits of ASCII.
        besides: String,
    },
}

impl Param {
    /// One of these, and nothing else.
    ///
    /// ```
    /// # use tauri_plugin_sidecar_lifecycle::Param;
    /// let codec = Param::one_of(["opus", "flac"]);
    /// assert_eq!(codec.check("mp3").unwrap_err(), "it is none of opus, flac");
    /// ```
    pub fn one_of<S: Into<String>>(values: impl IntoIterator<Item = S>) -> Param {
        Param::OneOf(values.into_iter().map(Into::into).collect())
    }

    /// A whole number from the first to the last.
    ///
    /// ```
    /// # use tauri_plugin_sidecar_lifecycle::Param;
    /// let threads = Param::integer(1..=16);
    /// assert!(threads.check("4").is_ok());
    /// assert_eq!(threads.check("99").unwrap_err(), "it is no whole number from 1 to 16");
    /// ```
    pub fn integer(range: RangeInclusive<i64>) -> Param {
        Param::Integer(range)
    }

    /// A text of one to `max_len` letters and digits of ASCII, and of the characters in `besides`. It
    /// cannot begin with `-`, where it could be taken for an option, and holds no control
    /// characters, whatever `besides` says.
    ///
    /// A text with `/` and `.` in it is a path, and a page may then name any file: join a checked
    /// name to a folder in the argument (`/recordings/{param.take}.opus`) instead.
    ///
    /// ```
    /// # use tauri_plugin_sidecar_lifecycle::Param;
    /// let take = Param::text(40, "-_ ");
    /// assert!(take.check("Take 7").is_ok());
    /// assert!(take.check("../../.ssh/id_rsa").is_err());
    /// assert!(take.check("--help").is_err());
    /// ```
    pub fn text(max_len: usize, besides: impl Into<String>) -> Param {
        Param::Text {
            max_len,
            besides: besides.into(),
        }
    }

    /// Whether a value is let through.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    ///
    /// ```
    /// # use tauri_plugin_sidecar_lifecycle::Param;
    /// assert!(Param::integer(1..=3).check("+2").is_err(), "numbers are written in one way");
    /// ```
    pub fn check(&self, value: &str) -> Result<(), String> {
        match self {
            Param::OneOf(values) if values.iter().any(|v| v == value) => Ok(()),
            Param::OneOf(values) => Err(format!("it is none of {}", values.join(", "))),
            Param::Integer(range) => {
                let number = value.parse::<i64>().ok();
                // One spelling for one number: what is compared later is the text.
                let number = number.filter(|n| n.to_string() == value && range.contains(n));
                let (first, last) = (range.start(), range.end());
                number
                    .map(drop)
                    .ok_or_else(|| format!("it is no whole number from {first} to {last}"))
            }
            Param::Text { max_len, besides } => check_text(value, *max_len, besides),
        }
    }

    /// What is wrong with the kind itself.
    pub(crate) fn contradiction(&self) -> Option<&'static str> {
        match self {
            Param::OneOf(values) if values.is_empty() => Some("there is nothing to choose from"),
            Param::Integer(range) if range.is_empty() => Some("there is no number in this range"),
            Param::Text { max_len: 0, .. } => Some("a text of no characters says nothing"),
            Param::OneOf(_) | Param::Integer(_) | Param::Text { .. } => None,
        }
    }
}

fn check_text(value: &str, max_len: usize, besides: &str) -> Result<(), String> {
    if value.is_empty() {
        return Err("it is empty".to_owned());
    }
    if value.chars().count() > max_len {
        return Err(format!("it has more than {max_len} characters"));
    }
    if value.starts_with('-') {
        return Err("it begins with `-`, as an option does".to_owned());
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || (besides.contains(c) && !c.is_control());
    match value.chars().find(|c| !allowed(*c)) {
        Some(c) => Err(format!(
            "{c:?} is not among the characters that it may hold"
        )),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_let_through_what_is_named_and_nothing_else() {
        let param = Param::text(5, "-_é\0\n");
        for good in ["a", "A-1_é", "abcde"] {
            assert_eq!(param.check(good), Ok(()), "{good}");
        }
        for bad in ["", "abcdef", "-a", "a b", "a\0", "a\nb", "a/b", "ä"] {
            assert!(param.check(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn numbers_have_one_spelling() {
        let param = Param::integer(-3..=12);
        for good in ["-3", "0", "12"] {
            assert_eq!(param.check(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "13",
            "-4",
            "+1",
            "01",
            "1.0",
            " 1",
            "-0",
            "1e1",
            "99999999999999999999",
        ] {
            assert!(param.check(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn what_no_value_can_fulfil_is_a_contradiction() {
        #[expect(clippy::reversed_empty_ranges, reason = "that is what is tested")]
        let empty = Param::integer(2..=1);
        for param in [Param::one_of::<&str>([]), empty, Param::text(0, "")] {
            assert!(param.contradiction().is_some(), "{param:?}");
        }
        assert_eq!(Param::one_of(["a"]).contradiction(), None);
    }
}
