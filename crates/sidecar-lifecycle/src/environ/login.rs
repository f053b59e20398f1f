//! Asking the user's login shell for the environment it sets up.

use std::ffi::OsStr;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::framing::{Framing, Progress};
use super::map::{EnvMap, current_env};
use super::platform::{self, Ended, Launch};
use super::scrub::scrub;
use super::shells::{FOLDER_VARIABLE, Question, RESOLVING_VARIABLE};

/// oh-my-zsh asks whether to update itself unless this is set.
const NO_UPDATE_VARIABLE: &str = "DISABLE_AUTO_UPDATE";

/// What describes the shell that was asked, not what it set up.
const OF_THE_SHELL: [&str; 5] = [FOLDER_VARIABLE, RESOLVING_VARIABLE, "_", "OLDPWD", "SHLVL"];

/// Why the login shell's environment is not known.
///
/// ```
/// use sidecar_lifecycle::environ::CaptureError;
///
/// /// What a page says below the message.
/// fn help(error: &CaptureError) -> Option<&'static str> {
///     match error {
///         CaptureError::NotNeeded => None,
///         CaptureError::TimedOut { .. } => Some("Open a terminal: what does it wait for?"),
///         CaptureError::Start { .. } => Some("Choose another shell"),
///         _ => Some("Show what the shell has said"),
///     }
/// }
/// assert_eq!(help(&CaptureError::NotNeeded), None);
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CaptureError {
    /// Programs started from the desktop have the user's whole environment on Windows.
    #[error("the login shell was not asked: on Windows an app has the user's environment already")]
    NotNeeded,
    /// The shell could not be run at all.
    #[error("cannot start the login shell {}: {source}; set SHELL to a shell that exists", shell.display())]
    Start {
        /// The shell that was to be asked.
        shell: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The shell was still busy at the limit, and was ended with all that it had started.
    #[error(
        "the login shell {} gave no environment within {limit:?}; something in its start-up files \
         waits or is slow{}",
        shell.display(), said(stderr)
    )]
    TimedOut {
        /// The shell that was asked.
        shell: PathBuf,
        /// How long it had.
        limit: Duration,
        /// The end of what it wrote to stderr.
        stderr: String,
    },
    /// The shell ended, or closed its output, without an answer.
    #[error(
        "the login shell {} ended ({status}) before it printed its environment; a start-up file \
         may exit or run another program in its place{}",
        shell.display(), said(stderr)
    )]
    NoAnswer {
        /// The shell that was asked.
        shell: PathBuf,
        /// How it ended.
        status: String,
        /// The end of what it wrote to stderr.
        stderr: String,
    },
    /// What stood between the sentinels is no environment, or has no end.
    #[error(
        "the login shell {} printed something that is no environment; a start-up file may \
         replace env or printf{}",
        shell.display(), said(stderr)
    )]
    Garbled {
        /// The shell that was asked.
        shell: PathBuf,
        /// The end of what it wrote to stderr.
        stderr: String,
    },
}

fn said(stderr: &str) -> String {
    match stderr.lines().rev().find(|line| !line.trim().is_empty()) {
        Some(line) => format!("; its last words: {}", line.trim()),
        None => String::new(),
    }
}

/// The environment that `shell` sets up in `cwd`, as a login *and* interactive shell: nvm and its
/// kin live in files that only an interactive one reads, and version managers choose by folder.
///
/// Blocks for `limit` at most (plus the moment that ending the shell takes). The shell has a
/// session of its own and no stdin. When this returns, nothing of that session is left, whatever
/// the outcome; what a start-up file put into another session on purpose (an `ssh-agent`) stays.
///
/// Starts from this process's environment, scrubbed (see [`scrub()`]).
///
/// ```
/// # #[cfg(unix)] {
/// use std::path::Path;
/// use std::time::Duration;
/// use sidecar_lifecycle::environ::{CaptureError, capture_login_env};
///
/// let (sh, limit) = (Path::new("/bin/sh"), Duration::from_secs(10));
/// let env = capture_login_env(sh, Path::new("/"), limit)?;
/// assert!(env.contains_key("PATH".as_ref() as &std::ffi::OsStr));
///
/// let error = capture_login_env(Path::new("/bin/no-shell"), Path::new("/"), limit).unwrap_err();
/// assert!(error.to_string().contains("/bin/no-shell"));
/// # }
/// # Ok::<(), sidecar_lifecycle::environ::CaptureError>(())
/// ```
///
/// # Errors
/// [`CaptureError`]: the shell is not there, is busy for longer than `limit`, or answers something
/// else. On Windows always [`CaptureError::NotNeeded`].
pub fn capture_login_env(
    shell: &Path,
    cwd: &Path,
    limit: Duration,
) -> Result<EnvMap, CaptureError> {
    capture_login_env_from(current_env(), shell, cwd, limit)
}

/// As [`capture_login_env`], starting from another environment than this process's.
///
/// # Errors
/// As there.
///
/// ```no_run
/// use std::path::Path;
/// use std::time::Duration;
/// use sidecar_lifecycle::environ::{EnvMap, capture_login_env_from};
///
/// // What a fresh login begins with: what comes of it owes nothing to this program.
/// let bare = EnvMap::from([("HOME", "/home/ana"), ("USER", "ana")].map(|(k, v)| (k.into(), v.into())));
/// let (shell, limit) = (Path::new("/bin/zsh"), Duration::from_secs(10));
/// let env = capture_login_env_from(bare, shell, Path::new("/home/ana/shop"), limit)?;
/// # Ok::<(), sidecar_lifecycle::environ::CaptureError>(())
/// ```
pub fn capture_login_env_from(
    mut start: EnvMap,
    shell: &Path,
    cwd: &Path,
    limit: Duration,
) -> Result<EnvMap, CaptureError> {
    if cfg!(windows) {
        return Err(CaptureError::NotNeeded); // Git's bash sets SHELL all the same.
    }
    scrub(&mut start);
    let had_no_update = start.contains_key(OsStr::new(NO_UPDATE_VARIABLE));
    start.insert(FOLDER_VARIABLE.into(), cwd.into());
    start.insert(RESOLVING_VARIABLE.into(), "1".into());
    start
        .entry(NO_UPDATE_VARIABLE.into())
        .or_insert_with(|| "true".into());

    let mut framing = Framing::new();
    let question = Question::new(shell, framing.begin(), framing.end());
    let launch = Launch {
        program: &question.program,
        arg0: question.arg0.as_deref(),
        args: &question.args,
        cwd,
        env: &start,
    };
    let mut too_large = false;
    let outcome = platform::run_in_session(&launch, limit, &mut |bytes| {
        let progress = framing.feed(bytes);
        too_large = progress == Progress::TooLarge;
        if progress == Progress::More {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    });

    let shell = shell.to_path_buf();
    let outcome = match outcome {
        Ok(outcome) => outcome,
        Err(source) => return Err(CaptureError::Start { shell, source }),
    };
    let stderr = outcome.stderr;
    let mut env = match outcome.ended {
        Ended::TimedOut => {
            return Err(CaptureError::TimedOut {
                shell,
                limit,
                stderr,
            });
        }
        Ended::OutputClosed(status) => {
            return Err(CaptureError::NoAnswer {
                shell,
                status,
                stderr,
            });
        }
        Ended::Satisfied if too_large => return Err(CaptureError::Garbled { shell, stderr }),
        Ended::Satisfied => framing
            .into_env()
            .ok_or(CaptureError::Garbled { shell, stderr })?,
    };

    for name in OF_THE_SHELL {
        env.remove(OsStr::new(name));
    }
    if !had_no_update {
        env.remove(OsStr::new(NO_UPDATE_VARIABLE));
    }
    settle_path(&mut env);
    Ok(env)
}

/// fnm puts a symlink per shell on the PATH, which does not outlive the login session: an
/// environment that is kept needs what it points to.
fn settle_path(env: &mut EnvMap) {
    let Some(path) = env.get(OsStr::new("PATH")) else {
        return;
    };
    let settled = std::env::split_paths(path).map(|entry| {
        let of_one_shell = entry
            .components()
            .any(|part| part.as_os_str() == "fnm_multishells");
        if of_one_shell {
            entry.canonicalize().unwrap_or(entry)
        } else {
            entry
        }
    });
    if let Ok(joined) = std::env::join_paths(settled) {
        env.insert("PATH".into(), joined);
    }
}
