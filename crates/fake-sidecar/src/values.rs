//! The small languages inside arguments: durations, sizes, floods.

use std::str::FromStr;
use std::time::Duration;

/// Reads `250ms`, `5s` or `2m`.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, String> {
    let digits = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: u64 = number
        .parse()
        .map_err(|_| format!("`{text}` is no duration: try `250ms`, `5s`, `2m`"))?;
    match unit {
        "ms" => Ok(Duration::from_millis(number)),
        "s" => Ok(Duration::from_secs(number)),
        "m" => Ok(Duration::from_secs(number.saturating_mul(60))),
        _ => Err(format!(
            "`{text}` has no unit: try `{number}ms`, `{number}s`, `{number}m`"
        )),
    }
}

/// Reads a number of bytes: `4096`, `64k`, `10M`, `1G` (powers of 1024).
pub(crate) fn parse_bytes(text: &str) -> Result<u64, String> {
    let (number, factor) = match text.char_indices().last() {
        Some((at, 'k' | 'K')) => (&text[..at], 1 << 10),
        Some((at, 'M')) => (&text[..at], 1 << 20),
        Some((at, 'G')) => (&text[..at], 1 << 30),
        _ => (text, 1),
    };
    number
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(factor))
        .ok_or_else(|| format!("`{text}` is no size: try `4096`, `64k`, `10M`"))
}

/// One of the two output streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    /// Descriptor 1.
    Stdout,
    /// Descriptor 2.
    Stderr,
}

/// How much to flood, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Flood {
    /// Bytes in all; `None` never ends.
    pub(crate) bytes: Option<u64>,
    /// Where they go.
    pub(crate) stream: Stream,
}

impl FromStr for Flood {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (amount, stream) = match text.split_once('/') {
            None | Some((_, "stdout")) => (text, Stream::Stdout),
            Some((_, "stderr")) => (text, Stream::Stderr),
            Some((_, other)) => return Err(format!("`{other}` is neither `stdout` nor `stderr`")),
        };
        let amount = amount.split('/').next().unwrap_or_default();
        let bytes = if amount == "endless" {
            None
        } else {
            Some(parse_bytes(amount)?)
        };
        Ok(Self { bytes, stream })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_need_a_unit() {
        assert_eq!(parse_duration("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(parse_duration("5s"), Ok(Duration::from_secs(5)));
        assert_eq!(parse_duration("2m"), Ok(Duration::from_mins(2)));
        for wrong in ["", "5", "s", "-1s", "1h", "1.5s"] {
            assert!(parse_duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn sizes_may_have_a_suffix() {
        assert_eq!(parse_bytes("4096"), Ok(4096));
        assert_eq!(parse_bytes("64k"), Ok(65_536));
        assert_eq!(parse_bytes("10M"), Ok(10_485_760));
        for wrong in ["", "k", "1T", "99999999999G", "ä"] {
            assert!(parse_bytes(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_flood_names_its_stream() {
        let flood = |bytes, stream| Ok(Flood { bytes, stream });
        assert_eq!("1k".parse(), flood(Some(1024), Stream::Stdout));
        assert_eq!("1k/stderr".parse(), flood(Some(1024), Stream::Stderr));
        assert_eq!("endless/stdout".parse(), flood(None, Stream::Stdout));
        assert!("1k/paper".parse::<Flood>().is_err());
    }
}
