//! Which port a sidecar is to get.

use std::fmt;
use std::str::FromStr;

use serde::de::{self, Deserializer, Unexpected, Visitor};
use serde::{Deserialize, Serialize, Serializer};

/// Which port a sidecar is to get. Written `5173`, `4000-4010` or `auto`.
///
/// ```
/// use sidecar_lifecycle::ports::PortWish;
///
/// let wish: PortWish = "4000-4010".parse()?;
/// assert_eq!(wish, PortWish::Range(4000, 4010));
/// assert!(wish.is_choice(), "a port that is held is no trouble");
/// assert_eq!(PortWish::Fixed(5173).to_string(), "5173");
/// # Ok::<(), sidecar_lifecycle::ports::BadWish>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum PortWish {
    /// It needs none.
    #[default]
    None,
    /// This one and no other.
    Fixed(u16),
    /// The first free one of a range, both ends included. The first is not above the last.
    Range(u16, u16),
    /// Any that is free.
    Auto,
}

impl PortWish {
    /// Whether more than one port will do.
    ///
    /// ```
    /// use sidecar_lifecycle::ports::PortWish;
    ///
    /// assert!(PortWish::Auto.is_choice() && PortWish::Range(4000, 4010).is_choice());
    /// assert!(!PortWish::Fixed(4000).is_choice() && !PortWish::Range(4000, 4000).is_choice());
    /// ```
    pub fn is_choice(&self) -> bool {
        match self {
            PortWish::None | PortWish::Fixed(_) => false,
            PortWish::Range(first, last) => first < last,
            PortWish::Auto => true,
        }
    }
}

/// A text or number that is no port wish.
///
/// ```
/// use sidecar_lifecycle::ports::PortWish;
///
/// let said = "80 or so".parse::<PortWish>().unwrap_err().to_string();
/// assert!(said.starts_with("`80 or so` is not a port: write a number"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is not a port: write a number from 1 to 65535, a range such as 4000-4010, or auto"
)]
pub struct BadWish {
    text: String,
}

impl FromStr for PortWish {
    type Err = BadWish;

    fn from_str(text: &str) -> Result<PortWish, BadWish> {
        let wish = match text.split_once('-') {
            None if text == "auto" => Some(PortWish::Auto),
            None => port(text).map(PortWish::Fixed),
            Some((first, last)) => match (port(first.trim_end()), port(last.trim_start())) {
                (Some(first), Some(last)) if first <= last => Some(PortWish::Range(first, last)),
                _ => None,
            },
        };
        wish.ok_or_else(|| BadWish {
            text: text.to_owned(),
        })
    }
}

/// Digits only: `parse` would take `+80`. Port 0 means "any" to the system, which `auto` says.
fn port(digits: &str) -> Option<u16> {
    let plain = digits.bytes().all(|b| b.is_ascii_digit());
    digits.parse().ok().filter(|&port| plain && port != 0)
}

impl fmt::Display for PortWish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PortWish::None => f.write_str("none"),
            PortWish::Fixed(port) => write!(f, "{port}"),
            PortWish::Range(first, last) => write!(f, "{first}-{last}"),
            PortWish::Auto => f.write_str("auto"),
        }
    }
}

/// A fixed port is a number, none is null, the others are text.
impl Serialize for PortWish {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            PortWish::None => serializer.serialize_none(),
            PortWish::Fixed(port) => serializer.serialize_u16(*port),
            PortWish::Range(..) | PortWish::Auto => serializer.collect_str(self),
        }
    }
}

/// Takes what is written, and a fixed port as text too.
impl<'de> Deserialize<'de> for PortWish {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<PortWish, D::Error> {
        deserializer.deserialize_any(WishVisitor)
    }
}

struct WishVisitor;

impl<'de> Visitor<'de> for WishVisitor {
    type Value = PortWish;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a port from 1 to 65535, a range such as \"4000-4010\", or \"auto\"")
    }

    fn visit_unit<E: de::Error>(self) -> Result<PortWish, E> {
        Ok(PortWish::None)
    }

    fn visit_none<E: de::Error>(self) -> Result<PortWish, E> {
        Ok(PortWish::None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<PortWish, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<PortWish, E> {
        match u16::try_from(number) {
            Ok(port) if port != 0 => Ok(PortWish::Fixed(port)),
            _ => Err(E::invalid_value(Unexpected::Unsigned(number), &self)),
        }
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<PortWish, E> {
        match u64::try_from(number) {
            Ok(number) => self.visit_u64(number),
            Err(_) => Err(E::invalid_value(Unexpected::Signed(number), &self)),
        }
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<PortWish, E> {
        text.parse().map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_numbers_come_back() {
        for (text, json, wish) in [
            ("5173", "5173", PortWish::Fixed(5173)),
            ("4000-4010", "\"4000-4010\"", PortWish::Range(4000, 4010)),
            ("80-80", "\"80-80\"", PortWish::Range(80, 80)),
            ("auto", "\"auto\"", PortWish::Auto),
        ] {
            assert_eq!(text.parse(), Ok(wish));
            assert_eq!(wish.to_string(), text);
            assert_eq!(serde_json::to_string(&wish).expect("serialises"), json);
            assert_eq!(
                serde_json::from_str::<PortWish>(json).expect("deserialises"),
                wish
            );
        }
        assert_eq!(
            serde_json::to_string(&PortWish::None).expect("serialises"),
            "null"
        );
        assert_eq!(
            serde_json::from_str::<PortWish>("null").expect("reads"),
            PortWish::None
        );
        assert_eq!(
            serde_json::from_str::<PortWish>("\"80\"").expect("reads"),
            PortWish::Fixed(80)
        );
    }

    #[test]
    fn nonsense_is_refused_and_named() {
        for text in [
            "", "0", "65536", "-1", "+80", "80-", "-80", "90-80", "0-9", "1-2-3", "AUTO",
        ] {
            let refused = text.parse::<PortWish>().expect_err(text);
            assert!(refused.to_string().contains(&format!("`{text}`")));
        }
        for json in ["0", "65536", "-1", "true", "1.5", "[]", "\"x\""] {
            serde_json::from_str::<PortWish>(json).expect_err(json);
        }
    }
}
