//! What failed, as a colleague would say it, and what helps.

use std::time::SystemTime;

use berth_project::ProjectError;
use sidecar_lifecycle::ports::{self, Holder, HolderKind};

use crate::launch::{Action, Trouble};
use crate::paths::for_people;

fn retry() -> Action {
    Action::primary("retry", "Retry")
}

fn make(code: &str, sentence: String, cause: String, evidence: Vec<String>) -> Trouble {
    let actions = vec![retry()];
    Trouble {
        code: code.to_owned(),
        sentence,
        cause,
        evidence,
        actions,
        log_path: None,
    }
}

/// The project's own files do not say how to run it.
pub(crate) fn project(error: &ProjectError) -> Trouble {
    let (sentence, cause) = match error {
        ProjectError::FolderMissing(path) => (
            format!("{} does not exist.", for_people(path)),
            "It may have been moved or renamed, or lie on a disk that is not connected.".to_owned(),
        ),
        ProjectError::NotAFolder(path) => (
            format!("{} is not a folder.", for_people(path)),
            "Open the folder that holds the project’s package.json.".to_owned(),
        ),
        ProjectError::NoPackageJson(path) => (
            format!("{} has no package.json.", for_people(path)),
            "This may not be the project’s own folder. A project without one can name its command \
             in berth.json."
                .to_owned(),
        ),
        ProjectError::BadPackageJson { file, .. } => (
            format!("{} cannot be read.", for_people(file)),
            "There is a mistake in it; a comma too many is the usual one.".to_owned(),
        ),
        ProjectError::NoDevScript { script, available } => (
            format!("package.json has no script “{script}”."),
            if available.is_empty() {
                "It has no scripts at all: add one that starts the server.".to_owned()
            } else {
                format!(
                    "It has {}. Name the right one in berth.json as “script”.",
                    available.join(", ")
                )
            },
        ),
        ProjectError::PortConflict { configured, script } => (
            format!("Port {configured} is configured, but the script fixes port {script}."),
            "Remove one of them.".to_owned(),
        ),
        ProjectError::BadConfig(_) => (
            "berth.json has a mistake in it.".to_owned(),
            "Nothing was started; correct it and try again.".to_owned(),
        ),
        other => (
            "The project cannot be opened.".to_owned(),
            other.to_string(),
        ),
    };
    // Where a file is at fault, its own message has the key and the line.
    let evidence = match error {
        ProjectError::BadPackageJson { .. } | ProjectError::BadConfig(_) => vec![error.to_string()],
        _ => Vec::new(),
    };
    make(error.code(), sentence, cause, evidence)
}

/// The tool that runs the script is nowhere.
pub(crate) fn tool_not_found(missing: &crate::launch::NotFound) -> Trouble {
    let tool = &missing.tool;
    let cause = match tool.as_str() {
        "pnpm" => "It is not installed, or its folder is not on the PATH of your login shell. \
                   “npm install -g pnpm” installs it."
            .to_owned(),
        _ => {
            "It is not installed, or its folder is not on the PATH of your login shell.".to_owned()
        }
    };
    let evidence = if missing.looked_in.is_empty() {
        vec!["There was no folder to look in: the PATH is empty.".to_owned()]
    } else {
        missing
            .looked_in
            .iter()
            .map(|p| format!("Not in {}", for_people(p)))
            .collect()
    };
    make(
        "tool-not-found",
        format!("{tool} was not found."),
        cause,
        evidence,
    )
}

/// Somebody else has the port.
pub(crate) fn port_held(port: u16, holder: &Holder) -> Trouble {
    let who = holder
        .command
        .as_deref()
        .map_or("another user’s process", program_name);
    let pid = holder
        .pid
        .map_or(String::new(), |pid| format!(", pid {pid}"));
    let age = holder
        .started
        .and_then(|at| SystemTime::now().duration_since(at).ok());
    let since = age.map_or(String::new(), |age| {
        format!(", started {}", ago(age.as_secs()))
    });
    let place = holder
        .cwd
        .as_ref()
        .map_or(String::new(), |cwd| format!(" in {}", for_people(cwd)));
    let sentence = format!("Port {port} is held by {who}{pid}{since}{place}.");
    let free = next_free(port);
    let same = holder.kind == HolderKind::SameProject;
    let cause = if same {
        "This project’s server seems to run elsewhere already, perhaps in a terminal. Berth leaves \
         it alone: end it there, or open it as it is."
    } else {
        "Another program uses the port. Berth does not end what it has not started. Another port \
         works too, but pages keep logins and storage by port."
    };
    let mut actions = vec![retry()];
    if same {
        actions.push(Action::other(
            format!("open-url:http://localhost:{port}/"),
            format!("Open localhost:{port} in the browser"),
        ));
    }
    if let Some(free) = free {
        actions.push(Action::other(
            format!("use-port:{free}"),
            format!("Use port {free} instead"),
        ));
    }
    let evidence = holder
        .command
        .iter()
        .map(|c| format!("Its command: {c}"))
        .collect();
    Trouble {
        actions,
        ..make("port-held", sentence, cause.to_owned(), evidence)
    }
}

/// The next port that nobody has.
fn next_free(port: u16) -> Option<u16> {
    (port.checked_add(1)?..=port.saturating_add(20)).find(|&p| ports::is_free(p).is_ok())
}

/// The program's name out of a command line.
fn program_name(command: &str) -> &str {
    let program = command.split_whitespace().next().unwrap_or(command);
    program.rsplit(['/', '\\']).next().unwrap_or(program)
}

fn ago(seconds: u64) -> String {
    let (n, unit) = match seconds {
        0..=4 => return "just now".to_owned(),
        5..=59 => (seconds, "second"),
        60..=3_599 => (seconds / 60, "minute"),
        3_600..=86_399 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    let plural = if n == 1 { "" } else { "s" };
    format!("{n} {unit}{plural} ago")
}

/// How it ended, in words.
fn end((code, signal): (Option<i32>, Option<i32>)) -> String {
    match (code, signal) {
        (Some(code), _) => format!("ended with code {code}"),
        (None, Some(signal)) => format!("was ended by signal {signal}"),
        (None, None) => "ended".to_owned(),
    }
}

/// It ended before it was ready.
pub(crate) fn server_exited(
    command: &str,
    ended: (Option<i32>, Option<i32>),
    lines: &[String],
) -> Trouble {
    let sentence = format!("{command} {} before its server was ready.", end(ended));
    make("server-exited", sentence, cause_in(lines), Vec::new())
}

/// It runs and never answered.
pub(crate) fn never_ready(command: &str, timeout_ms: u64, lines: &[String]) -> Trouble {
    let sentence = format!(
        "{command} did not become ready within {} s.",
        timeout_ms / 1000
    );
    let cause = if lines.is_empty() {
        "It printed nothing. It may wait for something, or listen where Berth does not look."
    } else {
        "It runs, but nothing of it answers on its port. Its last lines may say why; a slow \
         project can set “readyTimeout” in berth.json."
    };
    make("never-ready", sentence, cause.to_owned(), Vec::new())
}

/// It was ready, and then it ended.
pub(crate) fn server_died(
    command: &str,
    ended: Option<(Option<i32>, Option<i32>)>,
    lines: &[String],
) -> Trouble {
    let how = ended.map_or_else(|| "stopped answering".to_owned(), end);
    let mut cause = cause_in(lines);
    cause.push_str(" When it runs again, this page goes back to where you were.");
    make(
        "server-died",
        format!("{command} {how} while it was in use."),
        cause,
        Vec::new(),
    )
}

/// It could not even be spawned.
pub(crate) fn cannot_start(reason: &str) -> Trouble {
    let sentence = "The server cannot be started.".to_owned();
    make("spawn-failed", sentence, reason.to_owned(), Vec::new())
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
        (
            "ERR_MODULE_NOT_FOUND",
            "A package is missing: installing the packages may help.",
        ),
        (
            "Cannot find module",
            "A package is missing: installing the packages may help.",
        ),
        ("ENOSPC", "The disk is full, or too many files are watched."),
        ("heap out of memory", "Node ran out of memory."),
        (
            "Unsupported engine",
            "The project wants another version of Node.",
        ),
    ];
    let text = lines.join("\n");
    KNOWN
        .iter()
        .find(|(sign, _)| text.contains(sign))
        .map_or("Its last lines may say why.", |(_, cause)| cause)
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    #[test]
    fn a_stranger_is_named_with_what_is_known_and_nothing_else() {
        let holder = Holder {
            pid: Some(4711),
            uid: Some(1000),
            command: Some("/usr/bin/node server.js".into()),
            cwd: Some(PathBuf::from("/srv/shop")),
            started: Some(SystemTime::now() - std::time::Duration::from_secs(125)),
            kind: HolderKind::Stranger,
            live: false,
            identity: None,
        };
        let trouble = port_held(5173, &holder);
        assert_eq!(
            trouble.sentence,
            "Port 5173 is held by node, pid 4711, started 2 minutes ago in /srv/shop."
        );
        let unknown = Holder {
            pid: None,
            command: None,
            cwd: None,
            started: None,
            ..holder
        };
        let sentence = port_held(5173, &unknown).sentence;
        assert_eq!(sentence, "Port 5173 is held by another user’s process.");
    }

    #[test]
    fn every_trouble_has_exactly_one_primary_button() {
        let lines = vec!["Error: EADDRINUSE".to_owned()];
        for trouble in [
            server_exited("pnpm dev", (Some(1), None), &lines),
            never_ready("pnpm dev", 120_000, &[]),
            server_died("pnpm dev", None, &[]),
            cannot_start("no"),
            project(&ProjectError::FolderMissing(PathBuf::from("/x"))),
        ] {
            assert_eq!(
                trouble.actions.iter().filter(|a| a.primary).count(),
                1,
                "{trouble:?}"
            );
        }
        assert!(
            server_exited("x", (Some(1), None), &lines)
                .cause
                .contains("port")
        );
    }

    #[test]
    fn times_are_rounded_as_people_do() {
        assert_eq!(ago(0), "just now");
        assert_eq!(ago(59), "59 seconds ago");
        assert_eq!(ago(60), "1 minute ago");
        assert_eq!(ago(7_300), "2 hours ago");
        assert_eq!(ago(90_000), "1 day ago");
    }
}
