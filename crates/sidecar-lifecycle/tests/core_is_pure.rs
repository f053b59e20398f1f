//! House rule 1: the core has no I/O, no clock, no randomness and no `unsafe`.

use std::fs;
use std::path::Path;

/// What may not stand in the core, as a path or as a word.
const FORBIDDEN: [&str; 15] = [
    "std::fs",
    "std::net",
    "std::process",
    "std::thread",
    "std::env",
    "std::io",
    "std::os",
    // Would hide the ones above.
    "std::{",
    "Instant",
    "SystemTime",
    "unsafe",
    "tokio",
    "fastrand",
    "RandomState",
    // Iterates in an order that differs from run to run.
    "HashMap",
];

#[test]
fn the_core_is_pure() {
    let core = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/core");
    let mut files = 0;
    for entry in fs::read_dir(core).unwrap() {
        let path = entry.unwrap().path();
        assert!(
            !path.is_dir(),
            "{}: this test reads no folders",
            path.display()
        );
        if path.extension().is_some_and(|e| e == "rs") {
            files += 1;
            let impure = impurities(&fs::read_to_string(&path).unwrap());
            assert!(impure.is_empty(), "{}: {impure:?}", path.display());
        }
    }
    assert!(files > 5, "the core was looked for in the wrong place");
}

/// Who may ask what time of day it is, and what for.
const MAY_ASK: [&str; 12] = [
    // To see that a shell's files have changed, by comparing and not by age.
    "environ/fingerprint.rs",
    // To clear away lock files that nobody holds and nobody has named.
    "engine/ledger/instances.rs",
    // To show it to people.
    "census/mod.rs",
    "info.rs",
    "engine/leaders.rs",
    "engine/shared.rs",
    "engine/prepare.rs",
    "ports/holder.rs",
    "ports/rfc3339.rs",
    "sys/linux/process.rs",
    "sys/macos/process.rs",
    "sys/windows/process.rs",
];
/// The same by other names.
const WALL_CLOCKS: [&str; 6] = [
    "SystemTime",
    "CLOCK_REALTIME",
    "gettimeofday",
    "UNIX_EPOCH",
    ".modified()",
    ".elapsed()",
];

/// A clock that is set, by hand or over the network, must not end, start or keep waiting anybody.
#[test]
fn no_decision_asks_for_the_time_of_day() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut folders, mut files, mut found) = (vec![source.clone()], 0, Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            files += 1;
            let name = path
                .strip_prefix(&source)
                .unwrap()
                .to_string_lossy()
                .replace('\\', "/");
            let is_test = name.ends_with("tests.rs")
                || name.ends_with("fuzz.rs")
                || name.starts_with("bindings/");
            let code = fs::read_to_string(&path).unwrap();
            let code = code
                .split("#[cfg(test)]\nmod tests {")
                .next()
                .unwrap_or_default();
            let asks = WALL_CLOCKS.iter().any(|clock| code.contains(clock));
            if asks && !is_test && !MAY_ASK.contains(&name.as_str()) {
                found.push(name);
            }
        }
    }
    assert!(files > 100, "the source was looked for in the wrong place");
    assert!(found.is_empty(), "{found:?} ask for the time of day");
}

#[test]
fn what_is_forbidden_is_found_and_comments_are_not_code() {
    assert_eq!(impurities("use std::fs::File; // why\n").len(), 1);
    assert_eq!(
        impurities("use std::{fs, mem};\nlet t = Instant::now();\n").len(),
        2
    );
    assert_eq!(impurities("    unsafe { go() }\n").len(), 1);
    assert!(impurities("//! No `unsafe`, no std::fs.\nuse std::fmt; // SystemTime\n").is_empty());
}

/// Lines of code (comments left out) that contain something forbidden.
fn impurities(source: &str) -> Vec<String> {
    source
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default())
        .filter(|code| FORBIDDEN.iter().any(|word| code.contains(word)))
        .map(|code| code.trim().to_owned())
        .collect()
}
