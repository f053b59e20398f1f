//! Configuration files as nobody would write them: an answer or an error with its place, and never
//! a panic or a wait.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use serde_json::Value;

use crate::config::{ConfigError, ConfigFile, FleetConfig, SidecarConfig};
use crate::mangled::mangled;

const WHOLE: [&str; 4] = [
    include_str!("../../../tests/config_json/accepted/every-key.json"),
    include_str!("../../../tests/config_json/accepted/nulls.json"),
    include_str!("../../../tests/config_json/accepted/one.json"),
    include_str!("../../../tests/config_json/accepted/short-forms.json"),
];

/// A file that is a thousand times as large as those that people write takes far less than this,
/// also without optimisation and on a busy machine.
const LONG: Duration = Duration::from_secs(20);

/// What each reader makes of a text: nothing but a word that it is right.
fn readers(text: &str) -> [Result<(), ConfigError>; 3] {
    [
        SidecarConfig::from_json(text).map(drop),
        FleetConfig::from_json(text).map(drop),
        ConfigFile::from_json(text, |builder| builder).map(drop),
    ]
}

/// What is refused is refused in words, each with a line that the text has.
fn told_with_its_place(text: &str) -> Result<(), TestCaseError> {
    let lines = text.matches('\n').count() + 1;
    for error in readers(text).into_iter().filter_map(Result::err) {
        prop_assert!(!error.problems.is_empty());
        for problem in error.problems {
            prop_assert!(!problem.message.is_empty());
            let line = problem.line.unwrap_or_default();
            prop_assert!((1..=lines).contains(&line), "{problem} in {text:?}");
        }
    }
    Ok(())
}

/// The same document that was parsed by somebody else is read the same. Somebody else has kept one
/// of two equal keys only.
fn same_of_a_value(text: &str) -> Result<(), TestCaseError> {
    if let (Ok(file), Ok(value)) = (
        ConfigFile::from_json(text, |builder| builder),
        serde_json::from_str::<Value>(text),
    ) {
        match file {
            ConfigFile::One(one) => {
                let again = SidecarConfig::from_value(&value);
                prop_assert_eq!(again.ok(), Some(*one));
            }
            ConfigFile::Fleet(fleet) => {
                let again = FleetConfig::from_value(&value).map(|f| f.sidecars.len());
                prop_assert_eq!(again.ok(), Some(fleet.sidecars.len()));
            }
        }
    }
    Ok(())
}

/// Values that no key expects.
fn odd() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("1e400".to_owned()),
        Just("-0".to_owned()),
        Just("18446744073709551616".to_owned()),
        Just("1e-400".to_owned()),
        Just("\"\\ud800\"".to_owned()),
        Just("\"\\u0000\"".to_owned()),
        (0usize..200).prop_map(|n| format!("{}{}", "[".repeat(n), "]".repeat(n))),
        (0usize..100).prop_map(|n| format!("{}null{}", "{\"a\":".repeat(n), "}".repeat(n))),
        "[0-9]{1,40}(ms|s|m|h)?".prop_map(|text| format!("\"{text}\"")),
        any::<f64>().prop_map(|number| number.to_string()),
        "\\PC{0,20}".prop_map(|text| Value::from(text).to_string()),
    ]
}

/// A document in which the value of one line is another, and one line may stand twice.
fn with_odd_values() -> impl Strategy<Value = String> {
    let line = any::<prop::sample::Index>;
    (prop::sample::select(&WHOLE[..]), line(), odd(), line()).prop_map(|(text, at, odd, twice)| {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let at = at.index(lines.len());
        if let Some((key, value)) = lines[at].split_once(": ") {
            let comma = if value.ends_with(',') { "," } else { "" };
            lines[at] = format!("{key}: {odd}{comma}");
        }
        let twice = twice.index(lines.len() * 2);
        if let Some(line) = lines.get(twice).filter(|line| line.ends_with(',')) {
            lines.insert(twice, line.clone());
        }
        lines.join("\n")
    })
}

proptest! {
    #[test]
    fn mangled_bytes_are_read_or_told_with_their_place(
        bytes in mangled(WHOLE.iter().map(|text| text.as_bytes().to_vec()).collect())
    ) {
        let text = String::from_utf8_lossy(&bytes);
        told_with_its_place(&text)?;
        same_of_a_value(&text)?;
    }

    #[test]
    fn so_are_odd_values_and_keys_that_stand_twice(text in with_odd_values()) {
        told_with_its_place(&text)?;
        same_of_a_value(&text)?;
    }

    #[test]
    fn so_is_garbage(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        told_with_its_place(&String::from_utf8_lossy(&bytes))?;
    }
}

/// Each is some ten or hundred thousand bytes of one thing.
#[test]
fn nothing_large_takes_long() {
    let many = |one: &dyn Fn(usize) -> String, count: usize| {
        (0..count).map(one).collect::<Vec<_>>().join(",\n")
    };
    for text in [
        "[".repeat(500_000),
        "{\"a\":".repeat(200_000),
        format!("{{\"name\": \"{}\"}}", "x".repeat(1_000_000)),
        format!("{{\"name\": \"x\", \"port\": {}}}", "9".repeat(500_000)),
        format!("{{\n{}\n}}", many(&|n| format!("\"k{n}\": {n}"), 5_000)),
        format!("{{\n{}\n}}", many(&|_| "\"name\": \"x\"".into(), 20_000)),
        format!(
            "{{\"name\": \"x\", \"args\": [{}]}}",
            many(&|n| n.to_string(), 20_000)
        ),
        format!(
            "{{\"sidecars\": {{{}}}}}",
            many(
                &|n| format!(
                    "\"s{n}\": {{\"name\": \"x\", \"dependsOn\": [\"s{}\"]}}",
                    n + 1
                ),
                5_000
            )
        ),
    ] {
        let begun = Instant::now();
        told_with_its_place(&text).expect("it has a place");
        let (took, begins) = (begun.elapsed(), text.get(..40).unwrap_or(&text));
        assert!(took < LONG, "{took:?} for {begins}");
    }
}
