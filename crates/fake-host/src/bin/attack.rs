//! The kill matrix as often as there is time for. `scripts/attack/matrix.sh` runs it.

use std::process::ExitCode;

#[cfg(target_os = "linux")]
fn main() -> ExitCode {
    fake_host::attack::main()
}

#[cfg(not(target_os = "linux"))]
#[expect(clippy::print_stderr, reason = "it is all that it has to say")]
fn main() -> ExitCode {
    eprintln!("attack: what is expected of each combination is written down for Linux alone");
    ExitCode::FAILURE
}
