//! That there is a binary: the tests in `tests/plugin` drive it, and Cargo builds a package's programs
//! for its tests.

use std::process::Command;

#[test]
fn a_command_line_that_is_wrong_is_refused_before_there_is_a_window() {
    let mut app = Command::new(env!("CARGO_BIN_EXE_fake-app"));
    let output = app
        .args(["--sidecar", "without-json"])
        .output()
        .expect("it runs");
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("ID=JSON is expected"), "{told}");
}
