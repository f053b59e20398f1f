//! The mark that sidecars and their descendants carry in their environment.
//!
//! ```
//! use sidecar_lifecycle::{RunId, marker::{self, Marker}};
//!
//! // What the environment of a sidecar has, in its third run:
//! let marker = Marker {
//!     app_id: "com.example.app".to_owned(),
//!     instance: "5f3c".to_owned(),
//!     sidecar: "web".to_owned(),
//!     run: RunId(3),
//! };
//! let entry = format!("{}={marker}", marker::VARIABLE);
//! assert_eq!(entry, "SIDECAR_LIFECYCLE=com.example.app/5f3c/web/3");
//! ```

use std::fmt;
use std::str::FromStr;

use crate::core::RunId;

/// Name of the environment variable that holds a [`Marker`].
///
/// A program that wants to know whether it runs as a sidecar:
///
/// ```
/// use sidecar_lifecycle::marker::{self, Marker};
///
/// let value = std::env::var(marker::VARIABLE).ok();
/// if let Some(marker) = value.and_then(|value| value.parse::<Marker>().ok()) {
///     println!("I am {} of {}", marker.sidecar, marker.app_id);
/// }
/// ```
pub const VARIABLE: &str = "SIDECAR_LIFECYCLE";

/// Who started a process: `<app id>/<instance>/<sidecar>/<run>`.
///
/// Best effort, since a program may wipe its environment, and a hint rather than a proof, since
/// anyone may set it: what decides is ancestry and the state file.
///
/// ```
/// use sidecar_lifecycle::{RunId, marker::Marker};
///
/// let marker: Marker = "com.example.app/5f3c/web/7".parse()?;
/// assert_eq!((marker.sidecar.as_str(), marker.run), ("web", RunId(7)));
/// assert_eq!(marker.to_string(), "com.example.app/5f3c/web/7");
/// # Ok::<(), sidecar_lifecycle::marker::NotAMarker>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Marker {
    /// The app, such as `dev.berth.app`.
    pub app_id: String,
    /// One start of that app.
    pub instance: String,
    /// The sidecar's id within the app.
    pub sidecar: String,
    /// The run of that sidecar.
    pub run: RunId,
}

/// A text that is no [`Marker`].
///
/// ```
/// use sidecar_lifecycle::marker::{Marker, NotAMarker};
///
/// assert_eq!("web/7".parse::<Marker>(), Err(NotAMarker));
/// assert!(NotAMarker.to_string().starts_with("not a marker: expected <app id>/<instance>"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a marker: expected <app id>/<instance>/<sidecar>/<run>, percent-encoded")]
pub struct NotAMarker;

impl Marker {
    /// Reads the variable's value as the kernel hands it out.
    ///
    /// ```
    /// use sidecar_lifecycle::marker::{Marker, NotAMarker};
    ///
    /// assert_eq!(Marker::from_bytes(b"something else"), Err(NotAMarker));
    /// ```
    ///
    /// # Errors
    /// [`NotAMarker`] for anything that [`Marker`]'s `Display` would not have written.
    pub fn from_bytes(value: &[u8]) -> Result<Marker, NotAMarker> {
        std::str::from_utf8(value).map_err(|_| NotAMarker)?.parse()
    }
}

impl fmt::Display for Marker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in [&self.app_id, &self.instance, &self.sidecar] {
            encode(part, f)?;
            f.write_str("/")?;
        }
        write!(f, "{}", self.run)
    }
}

impl FromStr for Marker {
    type Err = NotAMarker;

    fn from_str(text: &str) -> Result<Marker, NotAMarker> {
        let mut parts = text.split('/');
        let mut next = || parts.next().ok_or(NotAMarker);
        let marker = Marker {
            app_id: decode(next()?)?,
            instance: decode(next()?)?,
            sidecar: decode(next()?)?,
            run: RunId(decimal(next()?)?),
        };
        if parts.next().is_some() {
            Err(NotAMarker)
        } else {
            Ok(marker)
        }
    }
}

/// What would be taken for a separator or an escape, and what an environment cannot hold.
fn must_be_encoded(c: char) -> bool {
    matches!(c, '/' | '%') || c.is_ascii_control()
}

fn encode(part: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for c in part.chars() {
        if must_be_encoded(c) {
            write!(f, "%{:02X}", u32::from(c))?;
        } else {
            write!(f, "{c}")?;
        }
    }
    Ok(())
}

fn decode(part: &str) -> Result<String, NotAMarker> {
    let mut pieces = part.split('%');
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (digits, rest) = piece.split_at_checked(2).ok_or(NotAMarker)?;
        // `from_str_radix` would take a sign.
        if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(NotAMarker);
        }
        let code = u8::from_str_radix(digits, 16).map_err(|_| NotAMarker)?;
        // Only ASCII is ever encoded, so no escape can build a broken character.
        text.push(
            Some(char::from(code))
                .filter(|&c| must_be_encoded(c))
                .ok_or(NotAMarker)?,
        );
        text.push_str(rest);
    }
    Ok(text)
}

/// A number in one spelling only: no sign, no leading zero.
fn decimal(digits: &str) -> Result<u64, NotAMarker> {
    let number: u64 = digits.parse().map_err(|_| NotAMarker)?;
    if number.to_string() == digits {
        Ok(number)
    } else {
        Err(NotAMarker)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_parts_come_back(
            app_id in any::<String>(),
            instance in any::<String>(),
            sidecar in any::<String>(),
            run in any::<u64>(),
        ) {
            let marker = Marker { app_id, instance, sidecar, run: RunId(run) };
            let text = marker.to_string();
            prop_assert!(!text.contains('\0'), "an environment cannot hold it");
            prop_assert_eq!(Marker::from_bytes(text.as_bytes()), Ok(marker));
        }

        #[test]
        fn hostile_bytes_are_refused_or_are_exactly_what_we_would_write(
            bytes in proptest::collection::vec(
                prop_oneof![Just(b'/'), Just(b'%'), Just(b'2'), Just(b'F'), any::<u8>()], 0..40)
        ) {
            if let Ok(marker) = Marker::from_bytes(&bytes) {
                prop_assert_eq!(Marker::from_bytes(marker.to_string().as_bytes()), Ok(marker));
            }
        }
    }

    #[test]
    fn slashes_and_percents_do_not_shift_the_parts() {
        let marker = Marker {
            app_id: "a/b".into(),
            instance: "%2F".into(),
            sidecar: String::new(),
            run: RunId(7),
        };
        assert_eq!(marker.to_string(), "a%2Fb/%252F//7");
        assert_eq!("a%2Fb/%252F//7".parse(), Ok(marker));
    }

    #[test]
    fn what_we_would_not_write_is_not_a_marker() {
        for text in [
            "",
            "a/b/c",
            "a/b/c/d",
            "a/b/c/1/",
            "a/b/c/-1",
            "a/b/c/+1",
            "a/b/c/01",
            "%/b/c/1",
            "%2/b/c/1",
            "%zz/b/c/1",
            "%+f/b/c/1",
            "%ä/b/c/1",
            "%FF/b/c/1",
            "%41/b/c/1",
            "a/b/c/99999999999999999999",
        ] {
            assert_eq!(text.parse::<Marker>(), Err(NotAMarker), "{text}");
        }
        assert_eq!(Marker::from_bytes(b"\xff/b/c/1"), Err(NotAMarker));
    }
}
