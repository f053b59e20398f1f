//! `sidecar doctor`, with tools made for the test: scripts of a shell, on Windows batch files. Their
//! lines mean the same to both.

#[cfg(unix)]
mod unix;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use fake_host::testing::{Setup, eventually, fake_sidecar};
use serde_json::{Value, json};

use crate::support::{Answer, SIDECAR, variable};

/// A home with a project in it, and tools on the PATH.
struct Home(Setup);

impl Home {
    /// The caller and the login shell find the same tools, before the system's.
    fn new(manifest: &Value) -> Home {
        let home = Home(Setup::new());
        let profile = format!("PATH='{}':$PATH\n", home.path("tools").display());
        home.write(".profile", &profile);
        home.write("project/package.json", &manifest.to_string());
        for (name, version) in [("node", "v22.12.0"), ("npm", "11.0.0"), ("pnpm", "10.1.0")] {
            home.tool(&format!("tools/{name}"), &format!("echo {version}"));
        }
        home
    }

    fn path(&self, name: &str) -> PathBuf {
        let mut path = self.0.folder().to_owned();
        path.extend(name.split('/')); // With separators of one kind.
        path
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, text).expect("written");
    }

    #[cfg(unix)]
    fn tool(&self, name: &str, script: &str) -> PathBuf {
        use std::os::unix::fs::PermissionsExt;

        self.write(name, &format!("#!/bin/sh\n{script}\n"));
        let tool = self.path(name);
        fs::set_permissions(&tool, fs::Permissions::from_mode(0o755)).expect("ours");
        tool
    }

    #[cfg(windows)]
    fn tool(&self, name: &str, script: &str) -> PathBuf {
        let name = format!("{name}.cmd");
        let lines = script.lines().map(|line| format!("{line}\r\n"));
        self.write(
            &name,
            &format!("@echo off\r\n{}", lines.collect::<String>()),
        );
        self.path(&name)
    }

    fn doctor(&self, args: &[&str]) -> Answer {
        let path = [self.path("tools")].into_iter().chain(system_folders());
        let path = std::env::join_paths(path).expect("no separators");
        let mut command = Command::new(SIDECAR);
        command.arg("doctor").args(args).env_clear();
        // What Windows' programs do not run without.
        for name in ["SystemRoot", "SystemDrive", "ComSpec", "PATHEXT", "TEMP"] {
            command.envs(std::env::var_os(name).map(|value| (name, value)));
        }
        command
            .env("HOME", self.0.folder())
            .env("BUN_INSTALL", self.path(".bun"))
            .env("PATH", path)
            .env("SHELL", "/bin/sh");
        Answer::of(command.current_dir(self.path("project")))
    }

    fn report(&self, args: &[&str]) -> Report {
        let args: Vec<&str> = args.iter().copied().chain(["--json"]).collect();
        let answer = self.doctor(&args);
        let json = answer.json();
        assert_eq!(answer.code, i32::from(json["ok"] == false), "{json:#}");
        Report(json)
    }
}

/// Where no package manager puts anything.
fn system_folders() -> Vec<PathBuf> {
    if cfg!(windows) {
        let windows = std::env::var_os("SystemRoot").expect("every process has it");
        vec![Path::new(&windows).join("system32")]
    } else {
        ["/usr/bin", "/bin"].map(PathBuf::from).into()
    }
}

struct Report(Value);

impl Report {
    fn is_ok(&self) -> bool {
        self.0["ok"] == true
    }

    #[track_caller]
    fn check(&self, id: &str) -> &Value {
        let all = self.0["checks"].as_array().expect("an array");
        let found = all.iter().find(|check| check["id"] == id);
        found.unwrap_or_else(|| panic!("no {id}: {:#}", self.0))
    }

    #[track_caller]
    fn expect(&self, id: &str, level: &str, words: &str) {
        let check = self.check(id);
        assert_eq!(check["level"], level, "{check:#}");
        let says = check["says"].as_str().expect("a text");
        assert!(says.contains(words), "{words}: {says}");
        let helped = check["helps"].is_string();
        assert!(helped || !matches!(level, "warning" | "error"), "{check:#}");
    }
}

fn shop() -> Value {
    json!({
        "name": "shop", "packageManager": "pnpm@10.1.0", "scripts": {"dev": "vite"},
        "engines": {"node": "^20.19.0 || >=22.12.0"},
    })
}

#[test]
fn where_all_is_well_it_says_so() {
    let home = Home::new(&shop());
    home.write("project/.nvmrc", "# ours\n22\n");
    let report = home.report(&[]);
    assert!(report.is_ok());
    report.expect("project", "ok", "shop, run by pnpm, named in package.json");
    let shell = if cfg!(windows) {
        "there is none, and none is needed"
    } else {
        "/bin/sh answered in "
    };
    report.expect("login shell", "ok", shell);
    report.expect("node", "ok", "22.12.0 at ");
    report.expect("pnpm", "ok", ", on the PATH");
    report.expect(".nvmrc", "ok", "node 22.12.0");
    report.expect("engines", "ok", "^20.19.0 || >=22.12.0");
    report.expect("pinned version", "ok", "pnpm 10.1.0");
    if cfg!(windows) {
        report.expect("protection", "ok", "job objects");
        report.expect("kernel", "ok", "job objects");
    } else {
        report.expect("protection", "ok", "guardian");
    }
    let pnpm = report.check("pnpm");
    let file = home.tool("tools/pnpm", "echo 10.1.0");
    let seen = json!({"path": file, "via": "path", "version": "10.1.0"});
    let login = if cfg!(windows) { &Value::Null } else { &seen };
    assert_eq!((&pnpm["found"], &pnpm["login"]), (&seen, login));

    let text = home.doctor(&[]).stdout;
    assert!(text.contains("\n✓ pnpm           10.1.0 at "), "{text}");
    assert!(!text.contains("✗") && !text.contains('\u{1b}'), "{text}");
}

#[test]
fn a_tool_that_hangs_is_told_of_and_ended_with_what_it_started() {
    let home = Home::new(&shop());
    let family = home.0.family("pids");
    let script = format!(
        "\"{}\" --no-listen --max-life 3m --fork 1 --pidfile \"{}\"",
        fake_sidecar().display(),
        family.file().display()
    );
    home.tool("tools/pnpm", &script);
    // Long enough for the tool to be there with its child, also under Wine.
    let limit = if cfg!(windows) { "15s" } else { "5s" };
    let report = home.report(&["--timeout", limit]);
    assert!(!report.is_ok());
    let words = format!("does not answer `--version` within {limit}");
    report.expect("pnpm", "error", &words);
    assert_eq!(report.check("pnpm")["found"]["version"], Value::Null);
    assert!(!family.written().is_empty(), "it was asked");
    eventually("its child is gone", || family.living().is_empty());
}

#[test]
fn a_tool_that_crashes_is_quoted() {
    let home = Home::new(&shop());
    home.tool(
        "tools/pnpm",
        ">&2 echo at x.js\n>&2 echo TypeError: no such thing\nexit 1",
    );
    let report = home.report(&[]);
    report.expect("pnpm", "error", "TypeError: no such thing");
    assert!(!report.is_ok());
}

#[test]
fn a_tool_that_prints_rubbish_is_doubted_and_no_version_is_made_up() {
    let home = Home::new(&shop());
    let blank = if cfg!(windows) { "echo." } else { "echo" };
    home.tool("tools/node", &format!("{blank}\necho Welcome to 3 things"));
    let report = home.report(&[]);
    report.expect(
        "node",
        "warning",
        "says \"Welcome to 3 things\" instead of a version",
    );
    assert_eq!(report.check("node")["found"]["version"], Value::Null);
    assert!(report.is_ok(), "it may work all the same");
}

/// Bun is the one tool that no distribution brings along.
#[test]
fn what_the_project_needs_and_is_nowhere_is_an_error() {
    let home = Home::new(&json!({"name": "shop"}));
    home.write("project/bun.lock", "");
    let report = home.report(&[]);
    assert!(!report.is_ok());
    report.expect("project", "ok", "run by bun, because of bun.lock");
    report.expect("bun", "error", "not found, and this project needs it");
    let text = home.doctor(&[]);
    assert_eq!(text.code, 1);
    assert!(text.stdout.contains("✗ bun "), "{}", text.stdout);
    assert!(
        text.stdout
            .ends_with("\nOne thing would keep it from starting.\n"),
        "{}",
        text.stdout
    );
}

#[test]
fn a_tool_in_its_own_folder_alone_is_found_and_said_to_be_on_no_path() {
    let home = Home::new(&json!({"name": "shop"}));
    home.write("project/bun.lock", "");
    home.tool(".bun/bin/bun", "echo 1.3.0");
    let report = home.report(&[]);
    report.expect("bun", "warning", "bun's, which is on no PATH");
    assert_eq!(report.check("bun")["found"]["via"], "bun");
    assert!(report.is_ok());
}

#[test]
fn versions_that_do_not_fit_are_told_with_what_was_asked_for() {
    let home = Home::new(&json!({
        "name": "shop", "packageManager": "pnpm@10.9.0", "engines": {"node": ">=24", "pnpm": "<9"},
    }));
    home.write("project/.node-version", "20.1.0\n");
    home.write("project/.nvmrc", "lts/*\n");
    let report = home.report(&[]);
    assert!(report.is_ok(), "a warning is no error");
    report.expect(
        "engines",
        "warning",
        "it asks for node >=24, and 22.12.0 is what runs",
    );
    report.expect(".node-version", "warning", "it asks for node 20.1.0");
    report.expect(
        "pinned version",
        "warning",
        "pins pnpm 10.9.0, and 10.1.0 is installed",
    );
    let says = report.0.to_string();
    assert!(
        says.contains("it asks for pnpm <9, and 10.1.0 is what runs"),
        "{says}"
    );
    assert!(
        !says.contains("lts/*"),
        "what is not understood is not judged"
    );
}

#[test]
fn pnpm_11_on_an_old_node_is_an_error() {
    let home = Home::new(&json!({"name": "shop", "packageManager": "pnpm@11.2.0"}));
    home.tool("tools/node", "echo v20.11.1");
    home.tool("tools/pnpm", "echo 11.2.0");
    let report = home.report(&[]);
    report.expect(
        "pnpm on Node",
        "error",
        "pnpm 11.2.0 does not start on Node 20.11.1",
    );
    assert!(!report.is_ok());
}

#[test]
fn being_asked_for_its_version_pnpm_fetches_no_other_one() {
    let home = Home::new(&shop());
    let told = home.path("told");
    let names = [
        "npm_config_manage_package_manager_versions",
        "pnpm_config_pm_on_fail",
        "COREPACK_ENABLE_NETWORK",
    ];
    let script = format!(
        ">\"{}\" echo {}\necho 10.1.0",
        told.display(),
        names.map(variable).join(" ")
    );
    home.tool("tools/pnpm", &script);
    home.report(&[]).expect("pnpm", "ok", "10.1.0 at ");
    let told = fs::read_to_string(told).expect("it was asked");
    assert_eq!(told.trim_end(), "false ignore 0");
}

#[test]
fn a_folder_without_a_project_needs_nothing_and_a_broken_one_is_an_error() {
    let home = Home::new(&shop());
    let empty = home.path("empty");
    fs::create_dir_all(&empty).expect("made");
    let report = home.report(&[&empty.to_string_lossy()]);
    report.expect("project", "note", "no package.json here");
    assert!(report.is_ok());
    let real = empty.canonicalize().expect("it exists");
    let real = real.to_string_lossy();
    assert_eq!(report.0["folder"], real.trim_start_matches(r"\\?\"));

    home.write("project/package.json", "{\"name\": ");
    let report = home.report(&[]);
    let check = report.check("project");
    assert_eq!(check["level"], "error", "{check}");
    assert!(!report.is_ok());

    for bad in ["nowhere", "package.json"] {
        let answer = home.doctor(&[bad]);
        assert_eq!((answer.code, answer.stdout.as_str()), (2, ""));
        assert!(answer.stderr.starts_with("sidecar: "), "{}", answer.stderr);
    }
}
