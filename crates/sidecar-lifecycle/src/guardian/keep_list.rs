//! The names of what is not ours unless the configuration says otherwise.

/// Executables that are released unless the configuration says otherwise: editors, browsers,
/// terminals and the daemons that they and build tools share.
///
/// The names are those of the files, for all systems at once; on Windows `.exe` and case do not
/// count. Not on it is what a terminal of a tree's own consists of too, such as Windows'
/// `OpenConsole.exe`: beside a Windows Terminal it lives on as what that has started. A program below a
/// `node_modules` folder came with the project's packages and is ended, whatever its name.
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
    // Editors, by the names of their files on Linux and, without `.exe`, on Windows.
    "code",
    "code-insiders",
    "codium",
    "vscodium",
    "code-oss",
    "cursor",
    "windsurf",
    "trae",
    "antigravity",
    "zed",
    "zed-editor",
    "zeditor",
    "sublime_text",
    "subl",
    "atom",
    "brackets",
    "lapce",
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
    "notepad",
    "notepad++",
    "devenv",
    "Code - Insiders",
    // JetBrains' launchers, on macOS too, and Android Studio's; on Windows they say for how many bits.
    "idea",
    "idea64",
    "webstorm",
    "webstorm64",
    "phpstorm",
    "phpstorm64",
    "pycharm",
    "pycharm64",
    "rider",
    "rider64",
    "clion",
    "clion64",
    "goland",
    "goland64",
    "rubymine",
    "rubymine64",
    "rustrover",
    "rustrover64",
    "datagrip",
    "datagrip64",
    "dataspell",
    "dataspell64",
    "fleet",
    "studio",
    "studio64",
    // Editors on macOS.
    "Code",
    "Electron",
    "VSCodium",
    "Cursor",
    "Windsurf",
    "Trae",
    "Antigravity",
    "Sublime Text",
    "Atom",
    "Brackets",
    "MacVim",
    "Emacs",
    "TextEdit",
    "Xcode",
    "BBEdit",
    "Nova",
    // Browsers on Linux and Windows.
    "firefox",
    "firefox-bin",
    "firefox-esr",
    "chrome",
    "google-chrome",
    "chromium",
    "chromium-browser",
    "brave",
    "brave-browser",
    "vivaldi",
    "vivaldi-bin",
    "opera",
    "msedge",
    "microsoft-edge",
    "iexplore",
    "epiphany",
    "falkon",
    "librewolf",
    "waterfox",
    "zen",
    "arc",
    // Browsers on macOS.
    "Safari",
    "Google Chrome",
    "Google Chrome Canary",
    "Chromium",
    "Firefox",
    "Brave Browser",
    "Microsoft Edge",
    "Opera",
    "Vivaldi",
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
    "WindowsTerminal",
    "wt",
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

#[cfg(test)]
mod tests {
    use super::DEFAULT_KEEP;
    use crate::guardian::keep::{is_same_name, without_exe};

    fn is_kept(file: &str, windows: bool) -> bool {
        let name = if windows { without_exe(file) } else { file };
        DEFAULT_KEEP.iter().any(|n| is_same_name(n, name, windows))
    }

    #[test]
    fn editors_browsers_and_terminals_are_known_by_their_files_on_windows() {
        for file in [
            "Code.exe",
            "Code - Insiders.exe",
            "VSCodium.exe",
            "Cursor.exe",
            "Windsurf.exe",
            "Trae.exe",
            "Antigravity.exe",
            "Zed.exe",
            "sublime_text.exe",
            "atom.exe",
            "Brackets.exe",
            "notepad.exe",
            "Notepad.exe",
            "notepad++.exe",
            "devenv.exe",
            "idea.exe",
            "idea64.exe",
            "webstorm64.exe",
            "phpstorm64.exe",
            "pycharm64.exe",
            "rider64.exe",
            "clion64.exe",
            "goland64.exe",
            "rubymine64.exe",
            "rustrover64.exe",
            "datagrip64.exe",
            "studio64.exe",
            "nvim-qt.exe",
            "chrome.exe",
            "CHROME.EXE",
            "msedge.exe",
            "firefox.exe",
            "brave.exe",
            "vivaldi.exe",
            "opera.exe",
            "iexplore.exe",
            "Arc.exe",
            "WindowsTerminal.exe",
            "wt.exe",
            "alacritty.exe",
            "wezterm-gui.exe",
        ] {
            assert!(is_kept(file, true), "{file}");
        }
    }

    #[test]
    fn editors_browsers_and_terminals_are_known_by_their_files_on_linux_and_macos() {
        for file in [
            // Linux.
            "code",
            "code-insiders",
            "codium",
            "vscodium",
            "cursor",
            "windsurf",
            "trae",
            "antigravity",
            "zed-editor",
            "sublime_text",
            "idea",
            "webstorm",
            "rustrover",
            "datagrip",
            "studio",
            "gnome-text-editor",
            "firefox-esr",
            "chrome",
            "vivaldi-bin",
            "gnome-terminal-server",
            // macOS.
            "Electron",
            "Code",
            "Code - Insiders",
            "VSCodium",
            "Cursor",
            "Sublime Text",
            "pycharm",
            "Google Chrome",
            "Microsoft Edge",
            "Safari",
            "firefox",
            "iTerm2",
        ] {
            assert!(is_kept(file, false), "{file}");
        }
    }

    #[test]
    fn what_a_server_consists_of_is_on_no_list() {
        for file in [
            "node",
            "bun",
            "deno",
            "java",
            "python3",
            "esbuild",
            "sh",
            "zsh",
            "cmd",
            "powershell",
            "pwsh",
            "conhost",
            "OpenConsole",
            "winpty-agent",
            "msedgewebview2",
            "explorer",
        ] {
            assert!(!is_kept(file, false), "{file}");
            assert!(!is_kept(&format!("{file}.exe"), true), "{file}");
        }
        assert!(
            !is_kept("Code.exe", false),
            "elsewhere that is another name"
        );
        assert!(!is_kept("FIREFOX", false), "and case counts");
    }
}
