//! The port is somebody else's.

use std::time::SystemTime;

use tauri_plugin_sidecar_lifecycle::engine::ports::{self, Holder, HolderKind};

use super::{make, retry};
use crate::launch::{Action, Trouble};
use crate::paths::for_people;

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
    fn times_are_rounded_as_people_do() {
        assert_eq!(ago(0), "just now");
        assert_eq!(ago(59), "59 seconds ago");
        assert_eq!(ago(60), "1 minute ago");
        assert_eq!(ago(7_300), "2 hours ago");
        assert_eq!(ago(90_000), "1 day ago");
    }
}
