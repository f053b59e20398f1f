//! Durations as people write them: `250ms`, `5s`, `2m`.

use std::time::Duration;

/// Why a text is no duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no duration; write a whole number and a unit, like 250ms, 5s or 2m")]
pub struct DurationError(String);

/// Reads `250ms`, `5s` or `2m`: a whole number and a unit, nothing between them.
pub fn parse_duration(text: &str) -> Result<Duration, DurationError> {
    let error = || DurationError(text.to_owned());
    let digits = text
        .find(|char: char| !char.is_ascii_digit())
        .ok_or_else(error)?;
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().map_err(|_| error())?;
    match unit {
        "ms" => Ok(Duration::from_millis(number)),
        "s" => Ok(Duration::from_secs(number)),
        "m" => number
            .checked_mul(60)
            .map(Duration::from_secs)
            .ok_or_else(error),
        _ => Err(error()),
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
            assert!(
                error.to_string().starts_with(&format!("`{text}`")),
                "{error}"
            );
        }
    }
}
