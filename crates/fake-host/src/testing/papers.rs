//! State files, as an engine writes them.

use std::fs;
use std::path::Path;

use serde_json::Value;

/// The text with its check sum below it: without, it is not believed.
pub fn sealed(text: &str) -> Vec<u8> {
    let sum = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{text}\n{sum:016x}").into_bytes()
}

/// The members of all runs in a state file. One that cannot be read has none.
pub(super) fn members(file: &Path) -> Vec<i64> {
    let text = fs::read_to_string(file).unwrap_or_default();
    let (json, _sum) = text.rsplit_once('\n').unwrap_or_default();
    let state: Value = serde_json::from_str(json).unwrap_or_default();
    let runs = state["runs"].as_array().into_iter().flatten();
    let members = runs.filter_map(|run| run["members"].as_array()).flatten();
    members
        .filter_map(|member| member["pid"].as_i64())
        .collect()
}
