//! A bystander that notices, see `src/witness.rs`.

use std::process::ExitCode;

#[cfg(target_os = "linux")]
fn main() -> ExitCode {
    fake_host::witness::main()
}

#[cfg(not(target_os = "linux"))]
#[expect(clippy::print_stderr, reason = "it is all that it has to say")]
fn main() -> ExitCode {
    eprintln!("witness: only Linux tells who has sent a signal");
    ExitCode::FAILURE
}
