//! What a user can paste into an issue: enough to help, nothing that is secret.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use berth_project::redact;

use crate::launch::{Launcher, SERVER};

/// Lines of each log.
const LINES: usize = 100;

/// The whole text, redacted.
pub(crate) fn text(launcher: &Launcher) -> String {
    let launch = launcher.snapshot();
    let mut out = String::new();
    // Writing to a string cannot fail; the results are dropped.
    let _ = writeln!(out, "Berth {} on {}", env!("CARGO_PKG_VERSION"), system());
    let _ = writeln!(
        out,
        "Webview: {}",
        tauri::webview_version().unwrap_or("unknown".into())
    );
    let _ = writeln!(out, "Protection: {:?}", launcher.engine().protection());
    let _ = writeln!(
        out,
        "\nProject: {} in {}",
        launch.project.name, launch.project.folder
    );
    let _ = writeln!(
        out,
        "Command: {}",
        launch.project.command.as_deref().unwrap_or("none yet")
    );
    let _ = writeln!(out, "Phase: {:?}, {}", launch.phase, launch.step);
    if let Some(trouble) = &launch.trouble {
        let _ = writeln!(
            out,
            "\nTrouble: {} ({})\n{}",
            trouble.sentence, trouble.code, trouble.cause
        );
        for line in &trouble.evidence {
            let _ = writeln!(out, "  {line}");
        }
    }
    if let Some(info) = launcher.engine().info(SERVER) {
        let _ = writeln!(out, "\nServer: {info:#?}");
    }
    let path = std::env::var("PATH").unwrap_or_default();
    let _ = writeln!(out, "\nPATH of this app: {path}");
    section(
        &mut out,
        "Last lines of the server",
        launcher.engine().logs(SERVER).map(|r| r.last(LINES)),
    );
    section(
        &mut out,
        "Last events",
        tail(&launcher.session.paths.app_log()),
    );
    redact(&out, &dirs::home_dir().unwrap_or_default())
}

fn section(out: &mut String, title: &str, lines: Option<Vec<String>>) {
    let _ = writeln!(out, "\n{title}:"); // As above.
    for line in lines.unwrap_or_default() {
        let _ = writeln!(out, "  {line}"); // As above.
    }
}

fn tail(file: &Path) -> Option<Vec<String>> {
    let text = fs::read_to_string(file).ok()?;
    let lines: Vec<&str> = text.lines().collect();
    let from = lines.len().saturating_sub(LINES);
    Some(lines[from..].iter().map(ToString::to_string).collect())
}

fn system() -> String {
    let name = fs::read_to_string("/etc/os-release").ok().and_then(|text| {
        text.lines()
            .find_map(|l| l.strip_prefix("PRETTY_NAME="))
            .map(|n| n.trim_matches('"').to_owned())
    });
    name.unwrap_or_else(|| format!("{} {}", std::env::consts::OS, std::env::consts::ARCH))
}
