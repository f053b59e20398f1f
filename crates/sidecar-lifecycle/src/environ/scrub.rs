//! What a child must not inherit, and what a server without a terminal needs.

use std::ffi::{OsStr, OsString};
use std::path::{Component, Path, PathBuf};

use super::map::{EnvMap, get};
use super::node_options::without_inspect;

/// Removed by name.
const NAMES: [&str; 21] = [
    // Markers of coding agents. With one of them Astro 7 detaches and exits 0, and Next 16 writes
    // a file into the user's project.
    "AGENT",
    "AI_AGENT",
    "AMP_CURRENT_THREAD_ID",
    "AUGMENT_AGENT",
    "CLAUDECODE",
    "CRUSH",
    "CURSOR_AGENT",
    "CURSOR_TRACE_ID",
    "GEMINI_CLI",
    "QWEN_CODE",
    // Of the package manager that may have started this program: another folder's.
    "INIT_CWD",
    "PNPM_PACKAGE_NAME",
    "PNPM_SCRIPT_SRC_DIR",
    "PROJECT_CWD",
    "BERRY_BIN_FOLDER",
    // Of a Node, Electron or debugger that may have started this program.
    "ELECTRON_RUN_AS_NODE",
    "ELECTRON_NO_ATTACH_CONSOLE",
    "NODE_CHANNEL_FD",
    "NODE_CHANNEL_SERIALIZATION_MODE",
    "NODE_UNIQUE_ID",
    "VSCODE_INSPECTOR_OPTIONS",
];

/// Removed by how the name begins.
const PREFIXES: [&str; 7] = [
    "ANTIGRAVITY_",
    "CLAUDE_CODE_",
    "CODEX_",
    "CRUSH_",
    "OPENCODE",
    "TAURI_",
    "npm_",
];

/// What an `AppImage`'s runtime and its start script set, whatever the value.
const OF_APPIMAGE: [&str; 7] = [
    "APPDIR",
    "APPIMAGE",
    "APPIMAGE_GTK_THEME",
    "APPIMAGE_UUID",
    "ARGV0",
    "GTK_THEME",
    "OWD",
];

/// Removes what would mislead a child: variables of an `AppImage` (of lists only the entries that
/// lie in it), markers of coding agents, `--inspect` in `NODE_OPTIONS`, and what npm, Tauri or
/// Electron have set for this program alone. Returns the names of what was removed or changed, in
/// order. Doing it twice changes nothing more.
///
/// ```
/// use sidecar_lifecycle::environ::{EnvMap, scrub};
///
/// let mut env = EnvMap::from([
///     ("LANG".into(), "de_DE.UTF-8".into()),
///     ("NODE_OPTIONS".into(), "--inspect --max-old-space-size=4096".into()),
///     ("TAURI_ENV_DEBUG".into(), "true".into()),
/// ]);
/// assert_eq!(scrub(&mut env), ["NODE_OPTIONS", "TAURI_ENV_DEBUG"]);
/// assert_eq!(env["NODE_OPTIONS".as_ref() as &std::ffi::OsStr], "--max-old-space-size=4096");
/// assert_eq!(env.len(), 2);
/// ```
pub fn scrub(env: &mut EnvMap) -> Vec<String> {
    let mut touched = Vec::new();
    if let Some(mount) = appimage_mount(env) {
        drop_entries(env, &mut touched, |_, entry| {
            Path::new(entry).starts_with(&mount)
        });
        // The start script forces X11; a user's own choice cannot be told from it.
        remove(env, &mut touched, |name, value| {
            OF_APPIMAGE.contains(&name) || name == "GDK_BACKEND" && value == "x11"
        });
    }
    if ["npm_lifecycle_event", "npm_execpath", "INIT_CWD"]
        .iter()
        .any(|name| has(env, name))
    {
        // A script runner puts its own project's tools first on the PATH.
        drop_entries(env, &mut touched, |name, entry| {
            is(name, "PATH") && is_script_runners(entry)
        });
    }
    remove(env, &mut touched, |name, _| {
        NAMES.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
    });
    if let Some(options) = env
        .get(OsStr::new("NODE_OPTIONS"))
        .and_then(|value| value.to_str())
        && let Some(rest) = without_inspect(options)
    {
        if rest.is_empty() {
            env.remove(OsStr::new("NODE_OPTIONS"));
        } else {
            env.insert("NODE_OPTIONS".into(), rest.into());
        }
        touched.push("NODE_OPTIONS".into());
    }
    touched.sort();
    touched.dedup();
    touched
}

/// Sets, where it is not set, what a development server needs that nobody watches in a terminal.
/// Call it after [`scrub()`], which removes every `npm_*`.
///
/// - `BROWSER=none`: the page has a window already.
/// - `FORCE_COLOR=1`: the log view shows colours (unless `NO_COLOR` says that the user does not
///   want them; Node warns when both are set).
/// - `npm_config_manage_package_manager_versions=false` for pnpm 10, `pnpm_config_pm_on_fail=ignore`
///   for 11 and later: a pinned version that is not installed makes pnpm wait 70 s when offline,
///   and then fail.
///
/// ```
/// use sidecar_lifecycle::environ::{EnvMap, dev_defaults};
///
/// let mut env = EnvMap::from([("BROWSER".into(), "firefox".into())]);
/// dev_defaults(&mut env);
/// let value = |name: &str| env.get(name.as_ref() as &std::ffi::OsStr).and_then(|value| value.to_str());
/// assert_eq!(value("BROWSER"), Some("firefox"), "what is set stays");
/// assert_eq!(value("FORCE_COLOR"), Some("1"));
/// ```
pub fn dev_defaults(env: &mut EnvMap) {
    let mut default = |name: &str, value: &str| {
        env.entry(name.into()).or_insert_with(|| value.into());
    };
    default("BROWSER", "none");
    default("npm_config_manage_package_manager_versions", "false");
    default("pnpm_config_pm_on_fail", "ignore");
    if !has(env, "NO_COLOR") {
        env.entry("FORCE_COLOR".into())
            .or_insert_with(|| "1".into());
    }
}

fn has(env: &EnvMap, name: &str) -> bool {
    get(env, name).is_some()
}

/// Whether a variable is called this: `Path` is `PATH` on Windows.
fn is(name: &str, wanted: &str) -> bool {
    name == wanted || cfg!(windows) && name.eq_ignore_ascii_case(wanted)
}

fn remove(env: &mut EnvMap, touched: &mut Vec<String>, goes: impl Fn(&str, &OsStr) -> bool) {
    env.retain(|name, value| {
        let name = name.to_string_lossy();
        let goes = goes(&name, value);
        if goes {
            touched.push(name.into_owned());
        }
        !goes
    });
}

/// Drops entries of path lists, and a variable of which nothing stays. Order and duplicates of
/// what stays are kept; variables without such an entry are not touched.
fn drop_entries(env: &mut EnvMap, touched: &mut Vec<String>, goes: impl Fn(&str, &OsStr) -> bool) {
    let mut changed: Vec<(OsString, Option<OsString>)> = Vec::new();
    for (name, value) in &*env {
        let text = name.to_string_lossy();
        let entries: Vec<PathBuf> = std::env::split_paths(value).collect();
        let stay: Vec<&PathBuf> = entries
            .iter()
            .filter(|entry| !goes(&text, entry.as_os_str()))
            .collect();
        if stay.len() == entries.len() {
            continue;
        }
        let filled = stay.iter().any(|entry| !entry.as_os_str().is_empty());
        changed.push((
            name.clone(),
            std::env::join_paths(stay).ok().filter(|_| filled),
        ));
        touched.push(text.into_owned());
    }
    for (name, value) in changed {
        match value {
            Some(value) => env.insert(name, value),
            None => env.remove(&name),
        };
    }
}

fn is_script_runners(entry: &OsStr) -> bool {
    let entry = Path::new(entry);
    entry.ends_with("node_modules/.bin") || entry.ends_with("node-gyp-bin")
}

/// Where the `AppImage` is mounted or unpacked that this environment comes from. A user may have an
/// `APPDIR` of their own, so it counts only beside `APPIMAGE`, or when it looks like a mount.
fn appimage_mount(env: &EnvMap) -> Option<PathBuf> {
    let mount = PathBuf::from(env.get(OsStr::new("APPDIR"))?);
    let looks_mounted = mount.file_name().is_some_and(|name| {
        let name = name.to_string_lossy();
        name.starts_with(".mount_") || name.starts_with("appimage_extracted_")
    });
    let is_folder = mount.is_absolute()
        && mount
            .components()
            .any(|part| matches!(part, Component::Normal(_)));
    (is_folder && (looks_mounted || has(env, "APPIMAGE"))).then_some(mount)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environ::map::of;

    fn scrubbed(pairs: &[(&str, &str)]) -> (EnvMap, Vec<String>) {
        let mut env = of(pairs);
        let touched = scrub(&mut env);
        let once = env.clone();
        assert_eq!(scrub(&mut env), [""; 0], "scrubbing again finds nothing");
        assert_eq!(env, once);
        (env, touched)
    }

    #[test]
    fn each_of_these_goes() {
        for name in [
            "CLAUDECODE",
            "CLAUDE_CODE_ENTRYPOINT",
            "AI_AGENT",
            "AGENT",
            "CURSOR_TRACE_ID",
            "CODEX_THREAD_ID",
            "CODEX_SANDBOX",
            "GEMINI_CLI",
            "OPENCODE",
            "OPENCODE_BIN_PATH",
            "QWEN_CODE",
            "AUGMENT_AGENT",
            "AMP_CURRENT_THREAD_ID",
            "ANTIGRAVITY_AGENT",
            "CRUSH",
            "npm_config_registry",
            "npm_lifecycle_event",
            "npm_package_name",
            "INIT_CWD",
            "TAURI_ENV_PLATFORM",
            "TAURI_AUTOMATION",
            "ELECTRON_RUN_AS_NODE",
            "NODE_CHANNEL_FD",
        ] {
            let (env, touched) = scrubbed(&[(name, "1"), ("HOME", "/home/a")]);
            assert_eq!(env, of(&[("HOME", "/home/a")]), "{name}");
            assert_eq!(touched, [name]);
        }
    }

    #[test]
    fn each_of_these_stays() {
        for name in [
            "GEMINI_API_KEY",
            "ANTHROPIC_API_KEY",
            "OPENAI_API_KEY",
            "USER_AGENT",
            "SSH_AGENT_PID",
            "NPM_TOKEN",
            "PNPM_HOME",
            "NVM_DIR",
            "NODE_ENV",
            "NODE_OPTIONS",
            "NODE_EXTRA_CA_CERTS",
            "PORT",
            "BROWSER",
            "VIRTUAL_ENV",
            "CARGO_HOME",
            "GTK_THEME",
            "GDK_BACKEND",
            "APPDIR",
        ] {
            let (env, touched) = scrubbed(&[(name, "x11")]);
            assert_eq!(env, of(&[(name, "x11")]), "{name}");
            assert!(touched.is_empty());
        }
    }

    #[cfg(unix)]
    #[test]
    fn an_appimage_s_lists_lose_only_what_lies_in_it() {
        let (env, touched) = scrubbed(&[
            ("APPDIR", "/tmp/.mount_BerthX"),
            ("APPIMAGE", "/home/a/Berth.AppImage"),
            ("ARGV0", "./Berth.AppImage"),
            ("OWD", "/home/a"),
            (
                "PATH",
                "/tmp/.mount_BerthX/usr/bin:/usr/bin:/tmp/.mount_BerthXY/bin:/bin",
            ),
            ("LD_LIBRARY_PATH", "/tmp/.mount_BerthX/usr/lib:"),
            (
                "XDG_DATA_DIRS",
                "/tmp/.mount_BerthX/usr/share:/usr/local/share:/usr/share",
            ),
            ("PYTHONHOME", "/tmp/.mount_BerthX/usr"),
            ("GDK_BACKEND", "x11"),
            ("LANG", "C.UTF-8"),
            ("PS1", "a::b"),
        ]);
        assert_eq!(
            env,
            of(&[
                ("PATH", "/usr/bin:/tmp/.mount_BerthXY/bin:/bin"),
                ("XDG_DATA_DIRS", "/usr/local/share:/usr/share"),
                ("LANG", "C.UTF-8"),
                ("PS1", "a::b"),
            ])
        );
        assert_eq!(touched.len(), 9, "{touched:?}");
    }

    #[cfg(unix)]
    #[test]
    fn an_appdir_of_the_user_s_own_costs_nothing() {
        for appdir in ["/home/a/apps", "/", "", "relative", ".mount_x"] {
            let path = "/home/a/apps/bin:/usr/bin:relative";
            let (env, _) = scrubbed(&[("APPDIR", appdir), ("PATH", path)]);
            assert_eq!(env, of(&[("APPDIR", appdir), ("PATH", path)]), "{appdir}");
        }
        let (env, _) = scrubbed(&[("APPIMAGE", "x"), ("APPDIR", "/"), ("PATH", "/usr/bin")]);
        assert_eq!(env[OsStr::new("PATH")], "/usr/bin");
    }

    #[cfg(unix)]
    #[test]
    fn tools_of_the_project_that_ran_this_program_leave_the_path() {
        let path = "/berth/node_modules/.bin:/usr/lib/node-gyp-bin:/usr/bin";
        let (env, _) = scrubbed(&[("npm_lifecycle_event", "start"), ("PATH", path)]);
        assert_eq!(env, of(&[("PATH", "/usr/bin")]));
        let (env, _) = scrubbed(&[("PATH", path)]);
        assert_eq!(env, of(&[("PATH", path)]));
    }

    #[test]
    fn node_options_keep_what_is_not_the_debugger_s() {
        let (env, touched) = scrubbed(&[("NODE_OPTIONS", "--inspect=0 --max-old-space-size=4096")]);
        assert_eq!(env, of(&[("NODE_OPTIONS", "--max-old-space-size=4096")]));
        assert_eq!(touched, ["NODE_OPTIONS"]);
        assert_eq!(
            scrubbed(&[("NODE_OPTIONS", "--inspect-brk")]).0,
            EnvMap::new()
        );
    }

    #[test]
    fn defaults_come_after_npm_s_variables_went() {
        let mut env = of(&[("npm_config_manage_package_manager_versions", "true")]);
        scrub(&mut env);
        dev_defaults(&mut env);
        assert_eq!(
            env,
            of(&[
                ("BROWSER", "none"),
                ("FORCE_COLOR", "1"),
                ("npm_config_manage_package_manager_versions", "false"),
                ("pnpm_config_pm_on_fail", "ignore"),
            ])
        );
    }

    #[test]
    fn defaults_give_way_to_the_user() {
        let mut env = of(&[("BROWSER", "firefox"), ("NO_COLOR", "1")]);
        dev_defaults(&mut env);
        assert_eq!(env[OsStr::new("BROWSER")], "firefox");
        assert!(!has(&env, "FORCE_COLOR"));
    }
}
