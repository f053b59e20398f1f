//! The port is somebody else's.

use std::time::SystemTime;

use tauri_plugin_sidecar_lifecycle::engine::ports::{self, Barred, Holder, HolderKind};

use super::{make, retry};
use crate::launch::{Action, Trouble, next_free};
use crate::paths::for_people;

/// How far another port is looked for beside one that is held, and beside one that the system keeps
/// for itself: in hundreds, several of them in a row.
const NEXT_TO_HELD: u16 = 20;
const NEXT_TO_BARRED: u16 = 2_000;
/// What is added to a privileged port, so that 80 becomes 8080.
const UNPRIVILEGED: u16 = 8_000;

/// The system keeps the port for itself. `movable`: the server can be told of another one.
pub(crate) fn port_barred(port: u16, why: Barred, movable: bool) -> Trouble {
    let (sentence, cause) = match why {
        Barred::Excluded => (
            format!("Windows keeps port {port} for itself."),
            "Nobody uses it, but Windows has reserved a range of ports around it, perhaps for \
             Hyper-V, WSL or Docker. “netsh interface ipv4 show excludedportrange protocol=tcp” \
             lists the ranges, which may change when Windows starts anew.",
        ),
        Barred::Privileged => (
            format!("Port {port} is for the administrator alone."),
            "Ports below 1024 may be opened by root only, unless the system is set otherwise.",
        ),
        _ => (
            format!("The system does not let you open port {port}."),
            "Nobody uses it; a security policy may forbid it.",
        ),
    };
    let from = match why {
        Barred::Privileged => port.saturating_add(UNPRIVILEGED - 1),
        _ => port,
    };
    let instead = another(from, NEXT_TO_BARRED, movable);
    let help = match &instead {
        Some(_) => "Another port works, but pages keep logins and storage by port.",
        None => {
            "Choose another port where this one is written down: in the script or in berth.json."
        }
    };
    // To try again changes nothing, unless the user has changed the system.
    let actions = match instead {
        Some(instead) => vec![
            Action {
                primary: true,
                ..instead
            },
            Action::other("retry", "Retry"),
        ],
        None => vec![retry()],
    };
    Trouble {
        actions,
        ..make(
            "port-barred",
            sentence,
            format!("{cause} {help}"),
            Vec::new(),
        )
    }
}

/// Somebody else has the port. `movable`: the server can be told of another one.
pub(crate) fn port_held(port: u16, holder: &Holder, movable: bool) -> Trouble {
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
    actions.extend(another(port, NEXT_TO_HELD, movable));
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

/// The button for the next port that can be had, if the server can be told of it.
fn another(port: u16, reach: u16, movable: bool) -> Option<Action> {
    if !movable {
        return None;
    }
    let free = next_free(port, reach, &|p| ports::is_free(p).is_ok())?;
    let label = format!("Use port {free} instead");
    Some(Action::other(format!("use-port:{free}"), label))
}

/// The program's name out of a command line. One with a space in its path is quoted there.
fn program_name(command: &str) -> &str {
    let quoted = command
        .strip_prefix(['"', '\''])
        .and_then(|rest| rest.split(['"', '\'']).next());
    let program = quoted
        .or_else(|| command.split_whitespace().next())
        .unwrap_or(command);
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
        let trouble = port_held(5173, &holder, true);
        assert_eq!(
            trouble.sentence,
            "Port 5173 is held by node, pid 4711, started 2 minutes ago in /srv/shop."
        );
        // What may not be looked into, such as a service.
        let service = Holder {
            pid: Some(4),
            command: Some("System".into()),
            cwd: None,
            started: None,
            ..holder.clone()
        };
        let trouble = port_held(80, &service, true);
        assert_eq!(trouble.sentence, "Port 80 is held by System, pid 4.");
        let ends = |a: &Action| a.id != "retry" && !a.id.starts_with("use-port:");
        assert!(!trouble.actions.iter().any(ends), "{trouble:?}");
        let unknown = Holder {
            pid: None,
            command: None,
            cwd: None,
            started: None,
            ..holder
        };
        let sentence = port_held(5173, &unknown, true).sentence;
        assert_eq!(sentence, "Port 5173 is held by another user’s process.");
    }

    /// The ids of a page's buttons, the primary one first.
    fn buttons(trouble: &Trouble) -> Vec<&str> {
        let primary = trouble.actions.iter().filter(|a| a.primary);
        assert_eq!(primary.count(), 1, "{trouble:?}");
        assert!(trouble.actions[0].primary, "{trouble:?}");
        trouble.actions.iter().map(|a| a.id.as_str()).collect()
    }

    #[test]
    fn a_port_that_the_system_keeps_is_no_holders_and_another_one_is_offered_first() {
        let trouble = port_barred(5173, Barred::Excluded, true);
        assert_eq!(trouble.sentence, "Windows keeps port 5173 for itself.");
        assert!(
            trouble
                .cause
                .contains("netsh interface ipv4 show excludedportrange")
        );
        let [first, second] = buttons(&trouble)[..] else {
            panic!("{trouble:?}")
        };
        assert!(first.starts_with("use-port:"), "{first}");
        assert_eq!(second, "retry");
        let trouble = port_barred(80, Barred::Privileged, true);
        let port: u16 = buttons(&trouble)[0]["use-port:".len()..]
            .parse()
            .expect("a port");
        assert!((8080..8100).contains(&port), "{port}");
        assert!(trouble.cause.contains("root"), "{}", trouble.cause);
    }

    #[test]
    fn no_other_port_is_offered_where_the_script_fixes_it() {
        for why in [Barred::Excluded, Barred::Privileged, Barred::Forbidden] {
            let trouble = port_barred(80, why, false);
            assert_eq!(buttons(&trouble), ["retry"]);
            assert!(trouble.cause.contains("script"), "{}", trouble.cause);
        }
    }

    #[test]
    fn a_program_is_named_by_its_file_also_where_its_folder_has_a_space() {
        assert_eq!(program_name("/usr/bin/node server.js"), "node");
        let windows = r#""C:\Program Files\nodejs\node.exe" server.js"#;
        assert_eq!(program_name(windows), "node.exe");
        assert_eq!(program_name(r"C:\Windows\node.exe server.js"), "node.exe");
        let unix = "'/Applications/My App/serve' --port 1";
        assert_eq!(program_name(unix), "serve");
        assert_eq!(program_name("\"Docker Desktop.exe\""), "Docker Desktop.exe");
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
