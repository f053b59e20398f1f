//! Input for parsers that is nearly right: what a flipped bit, a full disk or a stranger makes of it.

use proptest::prelude::*;
use proptest::sample::Index;

#[derive(Debug, Clone)]
enum Edit {
    Flip(Index, u8),
    Set(Index, u8),
    Insert(Index, Vec<u8>),
    Remove(Index, Index),
    /// Once more at another place.
    Repeat(Index, Index, Index),
    Cut(Index),
}

/// One of these, with up to eight things done to it.
pub(crate) fn mangled(valid: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let edits = prop::collection::vec(edit(), 0..8);
    (prop::sample::select(valid), edits).prop_map(|(mut bytes, edits)| {
        for edit in edits {
            apply(&mut bytes, edit);
        }
        bytes
    })
}

fn edit() -> impl Strategy<Value = Edit> {
    let at = any::<Index>;
    // Some bytes mean something to somebody.
    let byte = || {
        let special = prop::sample::select(b"\0\n\"{}[]():,./%-+ 019".to_vec());
        prop_oneof![special, any::<u8>()]
    };
    prop_oneof![
        4 => (at(), 0u8..8).prop_map(|(at, bit)| Edit::Flip(at, bit)),
        4 => (at(), byte()).prop_map(|(at, byte)| Edit::Set(at, byte)),
        2 => (at(), prop::collection::vec(byte(), 1..20)).prop_map(|(at, b)| Edit::Insert(at, b)),
        2 => (at(), at()).prop_map(|(a, b)| Edit::Remove(a, b)),
        1 => (at(), at(), at()).prop_map(|(a, b, to)| Edit::Repeat(a, b, to)),
        1 => at().prop_map(Edit::Cut),
    ]
}

fn apply(bytes: &mut Vec<u8>, edit: Edit) {
    let end = bytes.len();
    let place = |index: Index| index.index(end + 1);
    let range = |a, b| {
        let (a, b) = (place(a), place(b));
        a.min(b)..a.max(b)
    };
    match edit {
        Edit::Flip(at, _) | Edit::Set(at, _) if place(at) == end => {}
        Edit::Flip(at, bit) => bytes[place(at)] ^= 1 << bit,
        Edit::Set(at, byte) => bytes[place(at)] = byte,
        Edit::Insert(at, new) => drop(bytes.splice(place(at)..place(at), new)),
        Edit::Remove(a, b) => drop(bytes.drain(range(a, b))),
        Edit::Repeat(a, b, to) => {
            let piece = bytes[range(a, b)].to_vec();
            drop(bytes.splice(place(to)..place(to), piece));
        }
        Edit::Cut(at) => bytes.truncate(place(at)),
    }
}
