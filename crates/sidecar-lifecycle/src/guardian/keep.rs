//! What is not ours although we started it.
//!
//! A dev server opens editors, browsers and terminals. They hold their user's work; ending them
//! with the server would lose it.

use crate::sys::ProcessFacts;
use crate::sys::process;

/// Executables that are released unless the configuration says otherwise: editors, browsers,
/// terminals and the daemons that they and build tools share.
///
/// ```
/// use sidecar_lifecycle::{SidecarConfig, guardian::DEFAULT_KEEP};
///
/// let config = SidecarConfig::builder()
///     .name("pnpm")
///     .keep(DEFAULT_KEEP.iter().copied().chain(["my-editor"]))
///     .build()?;
/// # Ok::<(), sidecar_lifecycle::ConfigError>(())
/// ```
pub const DEFAULT_KEEP: &[&str] = &[
    // Editors.
    "code",
    "code-insiders",
    "codium",
    "cursor",
    "windsurf",
    "zed",
    "zed-editor",
    "zeditor",
    "sublime_text",
    "subl",
    "atom",
    "emacs",
    "emacsclient",
    "vim",
    "nvim",
    "gvim",
    "nvim-qt",
    "neovide",
    "hx",
    "helix",
    "kak",
    "nano",
    "micro",
    "kate",
    "gedit",
    "gnome-text-editor",
    "mousepad",
    "geany",
    "idea",
    "webstorm",
    "phpstorm",
    "pycharm",
    "rider",
    "clion",
    "goland",
    "rubymine",
    "Code",
    "Cursor",
    "Electron",
    // Browsers.
    "firefox",
    "firefox-bin",
    "firefox-esr",
    "chrome",
    "google-chrome",
    "chromium",
    "brave",
    "brave-browser",
    "vivaldi-bin",
    "opera",
    "msedge",
    "microsoft-edge",
    "epiphany",
    "falkon",
    "librewolf",
    "zen",
    "Safari",
    "Google Chrome",
    "Firefox",
    "Brave Browser",
    "Arc",
    // Terminals and multiplexers.
    "gnome-terminal-server",
    "gnome-terminal",
    "konsole",
    "xterm",
    "alacritty",
    "kitty",
    "wezterm-gui",
    "foot",
    "tilix",
    "terminator",
    "xfce4-terminal",
    "ghostty",
    "ptyxis",
    "tmux",
    "screen",
    "zellij",
    "Terminal",
    "iTerm2",
    // Shared daemons.
    "watchman",
    "dbus-daemon",
    "ssh-agent",
    "gpg-agent",
    "dockerd",
    "containerd",
    "adb",
];

/// Whether a person uses this process at a terminal that `ours`, the tree that it came from, has
/// no part in.
///
/// A tree makes terminals too (script(1), node-pty, a test runner): then it holds the other end.
/// When that end closes, the kernel takes the terminal from the whole session; so a terminal
/// that is still there, and that nobody of ours holds, is somebody else's.
pub(crate) fn is_used_elsewhere(facts: &ProcessFacts, ours: &[u32]) -> bool {
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
    let name = executable_name(facts);
    let mut names = lists.iter().copied().flatten();
    names.any(|listed| is_same_name(listed, &name)) && !is_automated(facts.pid)
}

/// Whether a list names the file that a process runs, by a look at that one process alone.
#[cfg(windows)]
pub(crate) fn is_named(pid: u32, names: &[String]) -> bool {
    let name = file_name(pid);
    name.is_some_and(|name| names.iter().any(|n| is_same_name(n, bare_name(&name))))
}

/// Whether a name on a list is that of a file. Windows does not mind case.
fn is_same_name(listed: &str, name: &str) -> bool {
    if cfg!(windows) {
        bare_name(listed).eq_ignore_ascii_case(name)
    } else {
        listed == name
    }
}

/// The name of the file that a process runs, on Windows without its `.exe`: the lists are for all
/// systems.
pub(crate) fn executable_name(facts: &ProcessFacts) -> String {
    let name = file_name(facts.pid).unwrap_or_else(|| facts.comm.clone());
    // An executable replaced by an update while it runs reads as "code (deleted)".
    let name = name.strip_suffix(" (deleted)").unwrap_or(&name);
    bare_name(name).to_owned()
}

fn file_name(pid: u32) -> Option<String> {
    let file = process::exe_of(pid)?;
    Some(file.file_name()?.to_string_lossy().into_owned())
}

/// On Windows, a program's name without its `.exe`.
pub(crate) fn bare_name(name: &str) -> &str {
    if cfg!(not(windows)) {
        return name;
    }
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
