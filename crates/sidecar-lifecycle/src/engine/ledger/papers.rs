//! A state file's bytes: written with a seal, and believed only with it.

use std::fs;
use std::path::Path;

use serde::Deserialize;

use super::{State, VERSION};

/// What a state file turns out to be.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Papers {
    Whole(State),
    /// Another version's, which knows what it has left; ours must not throw that away.
    Foreign,
    /// Missing, cut short or changed: not a word of it is believed.
    Damaged,
}

impl Papers {
    pub(super) fn of(bytes: &[u8]) -> Papers {
        #[derive(Deserialize)]
        struct Head {
            version: u32,
        }
        let Some(text) = unsealed(bytes) else {
            return Papers::Damaged;
        };
        match serde_json::from_slice::<Head>(text) {
            Ok(head) if head.version != VERSION => Papers::Foreign,
            Ok(_) => serde_json::from_slice(text).map_or(Papers::Damaged, Papers::Whole),
            Err(_) => Papers::Damaged,
        }
    }

    pub(super) fn whole(self) -> Option<State> {
        match self {
            Papers::Whole(state) => Some(state),
            Papers::Foreign | Papers::Damaged => None,
        }
    }
}

pub(super) fn read_state(path: &Path) -> Papers {
    fs::read(path).map_or(Papers::Damaged, |bytes| Papers::of(&bytes))
}

/// The text with its check sum in a line of its own below it.
///
/// One damaged digit of a pid names another process; and who was started in the same hundredth of
/// a second has the same start time.
pub(super) fn sealed(mut text: Vec<u8>) -> Vec<u8> {
    let sum = check_sum(&text);
    text.extend_from_slice(format!("\n{sum:016x}").as_bytes());
    text
}

/// The text, if its sum is there and right.
fn unsealed(bytes: &[u8]) -> Option<&[u8]> {
    let end = bytes.iter().rposition(|&b| b == b'\n')?;
    let (text, sum) = (&bytes[..end], &bytes[end + 1..]);
    (sum == format!("{:016x}", check_sum(text)).as_bytes()).then_some(text)
}

/// FNV-1a: every step is a bijection, so that no single damaged byte goes unnoticed.
fn check_sum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |sum, &byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
