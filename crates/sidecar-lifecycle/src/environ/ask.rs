//! Asking a tool for its version, or anything that it prints and ends.

use std::ffi::OsString;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::map::EnvMap;
use super::platform::{self, Ended, Launch};
use crate::sys::text_of;

/// More than any tool says when it is asked for its version.
const ANSWER_CAP: usize = 64 * 1024;

/// Why a tool gave no answer.
///
/// ```
/// use std::path::Path;
/// use std::time::Duration;
/// use sidecar_lifecycle::environ::{AskError, EnvMap, ask_tool};
///
/// let (nowhere, limit) = (Path::new("/nowhere/pnpm"), Duration::from_secs(5));
/// let asked = ask_tool(nowhere, &["--version"], &EnvMap::new(), Path::new("/"), limit);
/// assert!(matches!(asked, Err(AskError::Start { program, .. }) if program == nowhere));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AskError {
    /// It could not be run at all.
    #[error("cannot start {}: {source}", program.display())]
    Start {
        /// The tool's file.
        program: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// It was still busy at the limit, and was ended with all that it had started.
    #[error("{} did not answer within {limit:?}", program.display())]
    TimedOut {
        /// The tool's file.
        program: PathBuf,
        /// How long it had.
        limit: Duration,
    },
    /// It ended without printing anything to stdout.
    #[error("{} said nothing ({status}){}", program.display(), last_words(stderr))]
    Silent {
        /// The tool's file.
        program: PathBuf,
        /// How it ended.
        status: String,
        /// The end of what it wrote to stderr.
        stderr: String,
    },
}

fn last_words(stderr: &str) -> String {
    // Node prints a stack and its own version behind the sentence that matters.
    let telling = |line: &&str| line.contains("Error") || line.starts_with("ERR");
    let mut lines = stderr
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty());
    let line = lines.clone().find(telling).or_else(|| lines.next_back());
    line.map_or(String::new(), |line| format!(": {line}"))
}

/// What a program prints to stdout, such as `pnpm --version`.
///
/// It has a session of its own (on Windows a job, and a console that nobody sees), no stdin, and
/// exactly the environment `env`. A batch file (`pnpm.cmd`) is run there as well. Blocks for `limit` at
/// most (plus the moment that ending it takes); when this returns, nothing of that session is left.
/// No more than the first 64 KiB are kept.
///
/// ```
/// # #[cfg(unix)] {
/// use std::path::Path;
/// use std::time::Duration;
/// use sidecar_lifecycle::environ::{ask_tool, current_env};
///
/// let said = ask_tool(
///     Path::new("/bin/echo"), &["v1.2.3"], &current_env(), Path::new("/"), Duration::from_secs(5),
/// )?;
/// assert_eq!(said.trim(), "v1.2.3");
/// # }
/// # Ok::<(), sidecar_lifecycle::environ::AskError>(())
/// ```
///
/// # Errors
/// [`AskError`]; how it ends does not matter when it has printed something.
pub fn ask_tool(
    program: &Path,
    args: &[&str],
    env: &EnvMap,
    folder: &Path,
    limit: Duration,
) -> Result<String, AskError> {
    let args: Vec<OsString> = args.iter().map(OsString::from).collect();
    let launch = Launch {
        program,
        arg0: None,
        args: &args,
        cwd: folder,
        env,
    };
    let mut said = Vec::new();
    let outcome = platform::run_in_session(&launch, limit, &mut |bytes| {
        let room = ANSWER_CAP - said.len();
        said.extend_from_slice(&bytes[..bytes.len().min(room)]);
        if said.len() < ANSWER_CAP {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    });
    let program = program.to_path_buf();
    let outcome = match outcome {
        Ok(outcome) => outcome,
        Err(source) => return Err(AskError::Start { program, source }),
    };
    let status = match outcome.ended {
        Ended::TimedOut => return Err(AskError::TimedOut { program, limit }),
        Ended::Satisfied => String::new(),
        Ended::OutputClosed(status) => status,
    };
    let said = text_of(&said).into_owned();
    if said.trim().is_empty() {
        let stderr = outcome.stderr;
        return Err(AskError::Silent {
            program,
            status,
            stderr,
        });
    }
    Ok(said)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn ask(script: &str, limit: Duration) -> Result<String, AskError> {
        let env = EnvMap::from([("PATH".into(), "/usr/bin:/bin".into())]);
        ask_tool(
            Path::new("/bin/sh"),
            &["-c", script],
            &env,
            Path::new("/"),
            limit,
        )
    }

    const LONG: Duration = Duration::from_secs(30);

    #[test]
    fn what_it_prints_counts_and_not_how_it_ends() {
        assert_eq!(ask("echo 1.2.3; exit 3", LONG).unwrap(), "1.2.3\n");
    }

    #[test]
    fn one_that_hangs_is_ended_with_its_children() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let script = format!("sleep 1000 & echo $! > {}; wait", file.path().display());
        // Time enough to start them on a busy machine.
        let asked = ask(&script, Duration::from_secs(5));
        assert!(matches!(asked, Err(AskError::TimedOut { .. })), "{asked:?}");
        let pid = std::fs::read_to_string(file.path()).unwrap();
        let alive = crate::identity::Identity::of(pid.trim().parse().unwrap());
        assert!(alive.is_none_or(|id| !id.is_alive()), "sleep {pid} lives");
    }

    #[test]
    fn one_that_says_nothing_is_quoted_with_what_it_complained_of() {
        let error = ask(
            "echo 'at file:3' >&2; echo 'SyntaxError: no' >&2; echo v20 >&2; exit 1",
            LONG,
        );
        let text = error.unwrap_err().to_string();
        assert_eq!(
            text,
            "/bin/sh said nothing (exit status: 1): SyntaxError: no"
        );
    }

    #[test]
    fn endless_output_is_no_answer_without_an_end() {
        let said = ask("yes", LONG).unwrap();
        assert_eq!(said.len(), ANSWER_CAP);
    }
}
