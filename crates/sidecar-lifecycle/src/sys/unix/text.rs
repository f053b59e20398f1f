//! What a program says, as text.

use std::borrow::Cow;

/// Bytes as text, whatever they are.
pub(crate) fn text_of(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}
