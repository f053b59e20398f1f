//! Durations as people write them: `250ms`, `5s`, `2m`.

use std::time::Duration;

/// Why a text is no duration.
///
/// ```
/// use sidecar_lifecycle::config::parse_duration;
///
/// let said = parse_duration("5").unwrap_err().to_string();
/// assert!(said.starts_with("`5` is no duration"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no duration: write a whole number and a unit, like 250ms, 5s or 2m")]
pub struct BadDuration(String);

/// Reads `250ms`, `5s` or `2m`: a whole number and a unit, nothing between them.
///
/// ```
/// use std::time::Duration;
/// use sidecar_lifecycle::config::parse_duration;
///
/// assert_eq!(parse_duration("2m")?, Duration::from_secs(120));
/// assert!(parse_duration("2 minutes").is_err());
/// # Ok::<(), sidecar_lifecycle::config::BadDuration>(())
/// ```
///
/// # Errors
/// [`BadDuration`] for anything else, and for what does not fit.
pub fn parse_duration(text: &str) -> Result<Duration, BadDuration> {
    let bad = || BadDuration(text.to_owned());
    let digits = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(bad)?;
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().map_err(|_| bad())?;
    match unit {
        "ms" => Ok(Duration::from_millis(number)),
        "s" => Ok(Duration::from_secs(number)),
        "m" => number
            .checked_mul(60)
            .map(Duration::from_secs)
            .ok_or_else(bad),
        _ => Err(bad()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units() {
        assert_eq!(parse_duration("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(parse_duration("5s"), Ok(Duration::from_secs(5)));
        assert_eq!(parse_duration("2m"), Ok(Duration::from_mins(2)));
        assert_eq!(parse_duration("0s"), Ok(Duration::ZERO));
    }

    #[test]
    fn everything_else_is_named() {
        let most = u64::MAX;
        for text in [
            "",
            "5",
            "s",
            "5 s",
            " 5s",
            "-5s",
            "5.5s",
            "5h",
            "5S",
            "5m5s",
            "٥s",
            &format!("{most}m"),
            &format!("{most}0s"),
        ] {
            let error = parse_duration(text).unwrap_err();
            let named = error.to_string().starts_with(&format!("`{text}`"));
            assert!(named, "{error}");
        }
    }
}
