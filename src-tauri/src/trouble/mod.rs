//! What failed, as a colleague would say it, and what helps.

mod port;
mod server;

use berth_project::{ProjectError, share_of};

use crate::launch::{Action, Trouble};
use crate::paths::for_people;

pub(crate) use port::{port_barred, port_held};
pub(crate) use server::{
    Next, PAGE_MISSING, install_failed, never_ready, not_installed, page_missing, server_died,
    server_exited,
};

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
        ProjectError::OnAShare(path) => (
            format!("{} is on a network share.", for_people(path)),
            format!(
                "Its command needs Windows’ command line (cmd.exe), which runs in no folder of a \
                 share. “net use Z: {}” gives the share a letter: open the folder on that drive.",
                share_of(path)
            ),
        ),
        ProjectError::NoPackageJson(path) => (
            format!("{} has no package.json.", for_people(path)),
            "This may not be the project’s own folder. A project without one can name its command \
             in berth.json."
                .to_owned(),
        ),
        ProjectError::Unreadable { file, .. } => (
            format!("{} cannot be read.", for_people(file)),
            "Its permissions, or those of its folder, may keep you out.".to_owned(),
        ),
        ProjectError::BadPackageJson { .. } => (
            "package.json has a mistake in it.".to_owned(),
            "Nothing was started; a comma too many is the usual one.".to_owned(),
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
        ProjectError::Unreadable { why, .. } => vec![why.clone()],
        ProjectError::BadPackageJson { .. } | ProjectError::BadConfig(_) => {
            vec![error.to_string()]
        }
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

/// It could not even be spawned.
pub(crate) fn cannot_start(reason: &str) -> Trouble {
    let sentence = "The server cannot be started.".to_owned();
    make("spawn-failed", sentence, reason.to_owned(), Vec::new())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    #[test]
    fn every_trouble_has_exactly_one_primary_button() {
        let lines = vec!["Error: EADDRINUSE".to_owned()];
        for trouble in [
            server_exited("pnpm dev", (Some(1), None), &lines, true),
            never_ready("pnpm dev", 120_000, &[]),
            server_died("pnpm dev", None, &[], Next::GivenUp),
            page_missing("Connection refused", 1),
            not_installed("npm run dev"),
            install_failed((Some(1), None), &lines),
            cannot_start("no"),
            project(&ProjectError::FolderMissing(PathBuf::from("/x"))),
            project(&ProjectError::OnAShare(PathBuf::from(r"\\nas\home\shop"))),
        ] {
            assert_eq!(
                trouble.actions.iter().filter(|a| a.primary).count(),
                1,
                "{trouble:?}"
            );
        }
        let cause = project(&ProjectError::OnAShare(PathBuf::from(r"\\nas\home\shop"))).cause;
        assert!(cause.contains(r"“net use Z: \\nas\home”"), "{cause}");
        assert!(
            server_exited("x", (Some(1), None), &lines, false)
                .cause
                .contains("port")
        );
    }
}
