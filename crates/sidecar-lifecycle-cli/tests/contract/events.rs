//! What `--json` prints, and nothing else.

use std::process::Command;

use fake_host::testing::Setup;
use serde_json::Value;

use crate::support::{SIDECAR, code, names, run, server, shell};

fn has_fields(event: &Value, fields: &[&str]) {
    for field in ["mono_ms", "event", "sidecar", "run"].iter().chain(fields) {
        assert!(
            event.get(field).is_some(),
            "`{field}` is missing in {event}"
        );
    }
}

#[cfg(unix)]
#[test]
fn a_whole_life_has_these_events_with_these_fields() {
    let setup = Setup::new();
    let family = setup.family("pids");
    let flags = "--json --name shop --port auto --http /";
    let mut host = run(&setup, flags, server(&family, "--lines 5"));
    host.next("ready");
    host.signal(libc::SIGTERM);
    assert_eq!(code(&mut host), 0);
    assert_eq!(
        names(&host),
        [
            "port_chosen",
            "spawned",
            "ready",
            "stopping",
            "exited",
            "stopped"
        ]
    );
    assert_eq!(
        host.lines().len(),
        host.events().len(),
        "every line is JSON: {:#?}",
        host.lines()
    );
    let [chosen, spawned, ready, stopping, exited, stopped] = &host.events()[..] else {
        panic!()
    };
    has_fields(chosen, &["port"]);
    has_fields(spawned, &["pid", "port", "protection"]);
    has_fields(ready, &["pid", "port", "url", "start_ms"]);
    has_fields(stopping, &["reason"]);
    has_fields(exited, &["signal", "asked"]);
    has_fields(stopped, &["survivors", "took_ms"]);
    let leader = family.written()[0].1;
    for event in host.events() {
        assert_eq!(
            (&event["sidecar"], &event["run"]),
            (&"shop".into(), &1.into())
        );
    }
    assert_eq!(
        (&spawned["pid"], &ready["pid"]),
        (&leader.into(), &leader.into())
    );
    assert_eq!(spawned["protection"], "guardian");
    assert_eq!(
        (&spawned["port"], &ready["port"]),
        (&chosen["port"], &chosen["port"])
    );
    // The server says its address when it listens, and may be ready before that is read.
    let url = |host| serde_json::json!(format!("http://{host}:{}/", chosen["port"]));
    assert!([url("127.0.0.1"), url("localhost")].contains(&ready["url"]));
    assert_eq!(
        (&exited["asked"], &exited["signal"]),
        (&true.into(), &libc::SIGTERM.into())
    );
    assert_eq!(
        (&stopped["survivors"], &stopping["reason"]),
        (&0.into(), &"SIGTERM".into())
    );
    let times: Vec<f64> = host
        .events()
        .iter()
        .filter_map(|e| e["mono_ms"].as_f64())
        .collect();
    assert!(times.is_sorted(), "{times:?}");
    for ms in times {
        assert!(
            ((ms * 1000.0).round() / 1000.0 - ms).abs() < 1e-9,
            "{ms} has three decimals"
        );
    }
}

#[test]
fn a_crash_is_told_with_its_last_lines() {
    let setup = Setup::new();
    let family = setup.family("pids");
    let mut host = run(
        &setup,
        "--json",
        server(&family, "--lines 30 --exit-early 3"),
    );
    assert_eq!(code(&mut host), 1);
    let events = names(&host);
    let tail = &events[events.len() - 4..];
    assert_eq!(
        tail,
        ["exited", "crashed", "stopped", "failed"],
        "{events:?}"
    );
    let (exited, crashed) = (
        host.next_after_end("exited"),
        host.next_after_end("crashed"),
    );
    assert_eq!(
        (&exited["code"], &exited["asked"]),
        (&3.into(), &false.into())
    );
    assert!(exited.get("signal").is_none(), "{exited}");
    has_fields(&crashed, &["attempt", "max", "last_lines"]);
    let failed = host.next_after_end("failed");
    has_fields(&failed, &["reason", "last_lines"]);
    let lines = failed["last_lines"].as_array().expect("lines");
    assert_eq!(lines.last(), Some(&"line 30".into()), "{failed}");
}

#[test]
fn output_comes_as_events_only_when_asked_for() {
    let script = if cfg!(windows) {
        "echo out&echo err>&2"
    } else {
        "echo out; echo err >&2"
    };
    for (flags, expected) in [("--json", 0), ("--json --json-log", 2)] {
        let setup = Setup::new();
        let mut host = run(&setup, flags, shell(script));
        assert_eq!(code(&mut host), 0);
        assert_eq!(
            host.lines().len(),
            host.events().len(),
            "{:#?}",
            host.lines()
        );
        let logs = host.all("log");
        assert_eq!(logs.len(), expected, "{:#?}", host.lines());
        for log in logs {
            has_fields(&log, &["stream", "seq", "line"]);
            let stream = if log["line"] == "out" {
                "stdout"
            } else {
                "stderr"
            };
            assert_eq!(log["stream"], stream);
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_terminal_shows_it_in_colour_unless_its_user_wants_none() {
    let on_terminal = |no_colour: &str| {
        let command = format!("{SIDECAR} run --name web -- sh -c 'echo hello'");
        // Runs it on a terminal of its own, and prints what that shows.
        let mut script = Command::new("script");
        script
            .args(["-qec", &command, "/dev/null"])
            .env("TERM", "xterm");
        let answer = crate::support::Answer::of(script.env("NO_COLOR", no_colour).current_dir("/"));
        assert_eq!(answer.code, 0, "{}", answer.stdout);
        answer.stdout
    };
    let coloured = on_terminal("");
    assert!(
        coloured.contains("\u{1b}[") && coloured.contains("hello"),
        "{coloured}"
    );
    let plain = on_terminal("1");
    assert!(!plain.contains('\u{1b}'), "{plain:?}");
    assert!(plain.contains("web │ hello\r\n"), "{plain:?}");
}

#[test]
fn text_is_for_people_and_has_no_colour_in_a_pipe() {
    let setup = Setup::new();
    let mut host = run(&setup, "--name web", shell("echo hello"));
    assert_eq!(code(&mut host), 0);
    let lines = host.lines();
    assert!(lines.iter().any(|l| l == "web │ hello"), "{lines:#?}");
    assert!(
        lines.iter().any(|l| l.starts_with("web ● started, pid ")),
        "{lines:#?}"
    );
    assert!(!lines.iter().any(|l| l.contains('\u{1b}')), "{lines:#?}");
}

#[test]
fn the_help_names_every_flag_of_the_contract() {
    let help = Command::new(SIDECAR)
        .args(["run", "--help"])
        .output()
        .expect("it runs");
    let help = String::from_utf8(help.stdout).expect("text");
    for flag in
        "config json name cwd port port-env http tcp check-cmd ready-timeout liveness grace \
                 restart max-restarts backoff log login-env"
            .split_whitespace()
    {
        assert!(help.contains(&format!("--{flag}")), "{flag}");
    }
}
