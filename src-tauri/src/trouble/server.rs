//! The project's server did not come up, or went down.

use super::{make, retry};
use crate::launch::{Action, Trouble};

const NOT_FOUND: &str = "A program that it starts was not found. Its last lines name it; it may \
                         belong to a package that is not installed.";
const MISSING: &str = "A package is missing: installing the packages may help.";

fn install_or_retry() -> Vec<Action> {
    vec![
        Action::primary("install", "Install and Retry"),
        Action::other("retry", "Retry"),
    ]
}

/// A time-out as its user wrote it.
fn span(ms: u64) -> String {
    match ms {
        0..1_000 => format!("{ms} ms"),
        60_000.. if ms.is_multiple_of(60_000) => format!("{} min", ms / 60_000),
        _ => format!("{} s", ms as f64 / 1_000.0),
    }
}

/// How it ended, in words.
fn end((code, signal): (Option<i32>, Option<i32>)) -> String {
    match (code, signal) {
        (Some(code), _) => format!("ended with code {code}"),
        (None, Some(signal)) => format!("was ended by signal {signal}"),
        (None, None) => "ended".to_owned(),
    }
}

/// It ended before it was ready. With `can_install`, there is somebody to install packages.
pub(crate) fn server_exited(
    command: &str,
    ended: (Option<i32>, Option<i32>),
    lines: &[String],
    can_install: bool,
) -> Trouble {
    /// What a shell answers when there is no such program.
    const NO_SUCH_PROGRAM: i32 = 127;
    let sentence = format!("{command} {} before its server was ready.", end(ended));
    let cause = match ended {
        (Some(NO_SUCH_PROGRAM), _) => NOT_FOUND.to_owned(),
        _ => cause_in(lines),
    };
    let actions = if can_install && [NOT_FOUND, MISSING].contains(&cause.as_str()) {
        install_or_retry()
    } else {
        vec![retry()]
    };
    Trouble {
        actions,
        ..make("server-exited", sentence, cause, Vec::new())
    }
}

/// It ended at once, and there is not one package of those that the project asks for.
pub(crate) fn not_installed(command: &str) -> Trouble {
    let sentence = "The project’s packages are not installed.".to_owned();
    let cause = format!(
        "{command} ended before its server was ready, and there is no node_modules folder. A \
         project that was just cloned or copied has none."
    );
    Trouble {
        actions: install_or_retry(),
        ..make("not-installed", sentence, cause, Vec::new())
    }
}

/// The packages could not be installed.
pub(crate) fn install_failed(ended: (Option<i32>, Option<i32>), lines: &[String]) -> Trouble {
    let sentence = format!("Installing the packages {}.", end(ended));
    Trouble {
        actions: vec![
            Action::primary("install", "Install Again"),
            Action::other("retry", "Start without"),
        ],
        ..make("install-failed", sentence, cause_in(lines), Vec::new())
    }
}

/// It runs and never answered.
pub(crate) fn never_ready(command: &str, timeout_ms: u64, lines: &[String]) -> Trouble {
    let sentence = format!(
        "{command} did not become ready within {}.",
        span(timeout_ms)
    );
    let cause = if lines.is_empty() {
        "It printed nothing. It may wait for something, or listen where Berth does not look."
    } else {
        "It runs, but nothing of it answers on its port. Its last lines may say why; a slow \
         project can set “readyTimeout” in berth.json."
    };
    make("never-ready", sentence, cause.to_owned(), Vec::new())
}

/// What becomes of a server that died in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// It is started again by itself.
    Underway,
    /// That was tried, and it died each time.
    GivenUp,
    /// It ended as if it were done: nobody starts it unasked.
    Untried,
}

/// It was ready, and then it ended.
pub(crate) fn server_died(
    command: &str,
    ended: Option<(Option<i32>, Option<i32>)>,
    lines: &[String],
    next: Next,
) -> Trouble {
    let how = ended.map_or_else(|| "stopped answering".to_owned(), end);
    let next = match next {
        Next::Underway => "Berth is starting it again; then this page goes back to where you were.",
        Next::GivenUp => {
            "Berth started it again, it ended each time, and Berth has stopped trying. Retry goes \
             back to where you were."
        }
        Next::Untried => "Retry starts it again and goes back to where you were.",
    };
    make(
        "server-died",
        format!("{command} {how} while it was in use."),
        format!("{} {next}", cause_in(lines)),
        Vec::new(),
    )
}

/// The code of [`page_missing`].
pub(crate) const PAGE_MISSING: &str = "page-missing";

/// It runs, and the window did not get its page, for the `times`th time in a row.
pub(crate) fn page_missing(why: &str, times: u32) -> Trouble {
    let sentence = "The server is running, but its page did not load.".to_owned();
    let cause = "It may be starting itself anew, as after a change of its configuration; then it \
                 is back in a moment. Its log may say more.";
    let evidence = match times {
        0..=1 => why.to_owned(),
        times => format!("{why} ({times} times)"),
    };
    Trouble {
        actions: vec![
            Action::primary("load-again", "Load Again"),
            Action::other("refresh", "Restart the Server"),
        ],
        ..make(PAGE_MISSING, sentence, cause.to_owned(), vec![evidence])
    }
}

/// Well-known words in the last lines, translated.
fn cause_in(lines: &[String]) -> String {
    const KNOWN: [(&str, &str); 7] = [
        (
            "EADDRINUSE",
            "Its port was taken by another program at that moment.",
        ),
        (
            "node_modules missing",
            "The packages are not installed yet: install them in the project’s folder.",
        ),
        ("ERR_MODULE_NOT_FOUND", MISSING),
        ("Cannot find module", MISSING),
        ("ENOSPC", "The disk is full, or too many files are watched."),
        ("heap out of memory", "Node ran out of memory."),
        (
            "Unsupported engine",
            "The project wants another version of Node.",
        ),
    ];
    let text = lines.join("\n");
    let unknown = if text.trim().is_empty() {
        "It printed nothing that would say why."
    } else {
        "Its last lines may say why."
    };
    KNOWN
        .iter()
        .find(|(sign, _)| text.contains(sign))
        .map_or(unknown, |(_, cause)| cause)
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_offered_where_they_may_be_missing_and_somebody_installs_them() {
        let lines = vec!["Error: Cannot find module 'vite'".to_owned()];
        let first = |code, can_install| {
            let trouble = server_exited("npm run dev", (Some(code), None), &lines, can_install);
            trouble.actions[0].id.clone()
        };
        assert_eq!(first(1, true), "install");
        assert_eq!(first(127, true), "install");
        assert_eq!(first(1, false), "retry");
        let other = vec!["SyntaxError".to_owned()];
        let other = server_exited("npm run dev", (Some(1), None), &other, true);
        assert_eq!(other.actions[0].id, "retry");
    }

    #[test]
    fn time_outs_are_told_as_people_write_them() {
        assert_eq!(span(250), "250 ms");
        assert_eq!(span(1_500), "1.5 s");
        assert_eq!(span(90_000), "90 s");
        assert_eq!(span(120_000), "2 min");
    }
}
