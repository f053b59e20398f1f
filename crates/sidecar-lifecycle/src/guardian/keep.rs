//! What is not ours although we started it.
//!
//! A dev server opens editors, browsers and terminals. They hold their user's work; ending them
//! with the server would lose it.

use std::path::Path;

use crate::sys::ProcessFacts;
use crate::sys::process;

/// Whether a person uses this process at a terminal that `ours`, the tree that it came from, has
/// no part in.
///
/// A tree makes terminals too (script(1), node-pty, a test runner): then it holds the other end.
/// When that end closes, the kernel takes the terminal from the whole session; so a terminal
/// that is still there, and that nobody of ours holds, is somebody else's.
///
/// `is_judged`: it was found to be ours to end before. Where the system tells which terminal it is on,
/// and so who made it, another look may say otherwise. Elsewhere (macOS) it says less: who has made
/// the terminal has ended meanwhile, or the parent that spoke for it.
pub(crate) fn is_used_elsewhere(facts: &ProcessFacts, ours: &[u32], is_judged: bool) -> bool {
    if is_judged && !process::TELLS_TERMINALS {
        return false;
    }
    let made_by_us = || {
        let holds = |n| ours.iter().any(|&pid| process::holds_master(pid, n));
        facts.pty.is_some_and(holds)
    };
    facts.tty
        && !ours.contains(&facts.ppid)
        && !made_by_us()
        // Its holder may have ended since the facts were read.
        && process::process(facts.pid).is_some_and(|now| now.start == facts.start && now.tty)
}

/// Why this process is released, or `None` if it is ours to end. `escaped`: it has left its tree,
/// see [`is_used_elsewhere`].
pub(crate) fn reason(facts: &ProcessFacts, escaped: bool, names: &[String]) -> Option<String> {
    if escaped && facts.tty {
        return Some("it left the tree and is used at a terminal".to_owned());
    }
    let kept = is_listed(facts, &[names]);
    kept.then(|| format!("{} is on the keep list", executable_name(facts)))
}

/// Whether one of these lists names what a process runs.
pub(crate) fn is_listed(facts: &ProcessFacts, lists: &[&[String]]) -> bool {
    let file = file_name(facts.pid);
    let name = file_or_comm(file.as_deref(), facts);
    let mut names = lists.iter().copied().flatten();
    let is_it = |listed: &String| {
        is_same_name(listed, name, cfg!(windows))
            // Whose file may not be read is known by its short name alone.
            || file.is_none() && is_short_name(listed, name, KEPT_OF_NAMES)
    };
    names.any(is_it) && !comes_with_packages(facts.pid) && !is_automated(facts.pid)
}

/// Whether a program came with the project's packages: it is one of its tools, whatever its name.
/// `electron-vite` runs the app that is being developed by a program that is called like an editor.
fn comes_with_packages(pid: u32) -> bool {
    process::exe_of(pid).is_some_and(|file| is_below_packages(&file))
}

fn is_below_packages(file: &Path) -> bool {
    let mut folders = file.ancestors().skip(1).filter_map(Path::file_name);
    folders.any(|folder| folder.eq_ignore_ascii_case("node_modules"))
}

/// Whether a list names the file that a process runs, by a look at that one process alone.
#[cfg(windows)]
pub(crate) fn is_named(pid: u32, names: &[String]) -> bool {
    let name = file_name(pid);
    name.is_some_and(|name| {
        names
            .iter()
            .any(|n| is_same_name(n, bare_name(&name), true))
    }) && !comes_with_packages(pid)
}

/// Whether a name on a list is that of a file, without `.exe`. Windows does not mind case.
pub(super) fn is_same_name(listed: &str, name: &str, windows: bool) -> bool {
    if windows {
        without_exe(listed).eq_ignore_ascii_case(name)
    } else {
        listed == name
    }
}

/// How many bytes of a program's name the kernel keeps at the least: all, on Windows.
const KEPT_OF_NAMES: usize = if cfg!(unix) { 15 } else { usize::MAX };

/// Whether a kernel's short name is a listed one that it has cut after `kept` bytes or more.
fn is_short_name(listed: &str, comm: &str, kept: usize) -> bool {
    comm.len() >= kept
        && listed.len() > comm.len()
        && listed.as_bytes().starts_with(comm.as_bytes())
}

/// The name of the file that a process runs, on Windows without its `.exe`: the lists are for all
/// systems.
pub(crate) fn executable_name(facts: &ProcessFacts) -> String {
    file_or_comm(file_name(facts.pid).as_deref(), facts).to_owned()
}

fn file_or_comm<'a>(file: Option<&'a str>, facts: &'a ProcessFacts) -> &'a str {
    let name = file.unwrap_or(&facts.comm);
    // An executable replaced by an update while it runs reads as "code (deleted)".
    bare_name(name.strip_suffix(" (deleted)").unwrap_or(name))
}

fn file_name(pid: u32) -> Option<String> {
    let file = process::exe_of(pid)?;
    Some(file.file_name()?.to_string_lossy().into_owned())
}

/// On Windows, a program's name without its `.exe`.
pub(crate) fn bare_name(name: &str) -> &str {
    if cfg!(windows) {
        without_exe(name)
    } else {
        name
    }
}

pub(super) fn without_exe(name: &str) -> &str {
    let bare = name
        .len()
        .checked_sub(4)
        .and_then(|at| name.split_at_checked(at));
    match bare {
        Some((bare, end)) if end.eq_ignore_ascii_case(".exe") => bare,
        _ => name,
    }
}

/// A browser that a test drives is a tool and no user's window: it ends with its tree.
fn is_automated(pid: u32) -> bool {
    const FLAGS: [&str; 4] = [
        "--headless",
        "--remote-debugging-pipe",
        "--remote-debugging-port",
        "--enable-automation",
    ];
    process::command_line(pid).is_some_and(|line| FLAGS.iter().any(|flag| line.contains(flag)))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{is_below_packages, is_short_name};
    use crate::guardian::DEFAULT_KEEP;

    #[test]
    fn a_name_that_the_kernel_has_cut_is_known_by_what_is_left() {
        let known = |comm| DEFAULT_KEEP.iter().any(|n| is_short_name(n, comm, 15));
        assert!(known("gnome-terminal-"), "gnome-terminal-server");
        assert!(known("gnome-text-edit"), "gnome-text-editor");
        assert!(!known("gnome-terminal"), "is whole, and listed as it is");
        assert!(!known("gnome-text-edi"), "is another program");
        assert!(!known("node-text-edito"));
        assert!(!is_short_name("node", "node", usize::MAX), "nothing is cut");
    }

    #[test]
    fn a_program_below_node_modules_is_the_projects_own() {
        let of_a_package = |file: &str| is_below_packages(Path::new(file));
        for file in [
            "/p/node_modules/electron/dist/Electron.app/Contents/MacOS/Electron",
            "/p/node_modules/.pnpm/electron@1/node_modules/electron/dist/electron",
        ] {
            assert!(of_a_package(file), "{file}");
        }
        for file in [
            "/Applications/Visual Studio Code.app/Contents/MacOS/Electron",
            "/p/not_node_modules/code",
            "/usr/bin/node_modules",
        ] {
            assert!(!of_a_package(file), "{file}");
        }
    }
}
