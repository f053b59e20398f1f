//! Innocent bystanders: whatever the state files say and however a host ends, nobody else is ever
//! signalled.

use crate::scenario::Scenario;

/// Runs in every suite; the long one (`scripts/attack/bystanders.sh`) sets many more.
const SAMPLE: u64 = 6;

/// Reads a number from the environment.
pub(crate) fn number(name: &str, otherwise: u64) -> u64 {
    let set = std::env::var(name).ok();
    set.map_or(otherwise, |text| text.parse().expect("a number"))
}

#[test]
fn no_bystander_is_ever_signalled() {
    let (first, runs) = (number("ATTACK_SEED", 1), number("ATTACK_RUNS", SAMPLE));
    let mut met = std::collections::BTreeMap::<String, u64>::new();
    for seed in first..first + runs {
        for role in Scenario::play(seed) {
            let role = role.trim_end_matches(|c: char| c == ' ' || c.is_ascii_digit());
            *met.entry(role.to_owned()).or_default() += 1;
        }
    }
    // Shown by the long suite, which asks for the output.
    let met: Vec<String> = met.iter().map(|(role, n)| format!("{role} {n}")).collect();
    assert!(!met.is_empty(), "there was nobody to hurt");
    print(&format!(
        "seeds {first} to {}: {}",
        first + runs - 1,
        met.join(", ")
    ));
}

#[expect(clippy::print_stdout, reason = "the long suite's figures")]
fn print(line: &str) {
    println!("{line}");
}
