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
