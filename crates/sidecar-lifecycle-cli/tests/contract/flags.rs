//! What each flag does.

use std::fs;
use std::path::Path;
use std::process::Command;

use fake_host::testing::Setup;
use serde_json::json;

use crate::support::{Answer, SIDECAR, ask, code, names, printed, run, server, shell};

#[test]
fn the_port_is_in_the_argument_and_in_the_variable() {
    let setup = Setup::new();
    let flags = "--json --json-log --port 21000-21999 --port-env MY_PORT";
    let mut host = run(&setup, flags, shell("echo {port} $MY_PORT $PORT"));
    assert_eq!(code(&mut host), 0);
    let port = host.next_after_end("port_chosen")["port"].clone();
    assert_eq!(printed(&host), [format!("{port} {port} {port}")]);
    let setup = Setup::new();
    let mut host = run(&setup, "--json --json-log --port auto", shell("echo $PORT"));
    assert_eq!(code(&mut host), 0);
    assert_eq!(
        printed(&host),
        [host.next_after_end("port_chosen")["port"].to_string()]
    );
}

#[test]
fn an_inherited_port_is_replaced_by_the_chosen_one() {
    const CHOSEN: &str = r#"[ "$PORT" = "$API_PORT" ] && [ "$PORT" != 1 ]"#;
    let setup = Setup::new();
    let answer = Answer::of(
        Command::new(SIDECAR)
            .args(["run", "--port", "auto", "--port-env", "API_PORT"])
            .args(["--ready-timeout", "20s", "--check-cmd"])
            .arg(format!("{CHOSEN} && touch checked"))
            .args(["--", "sh", "-c"])
            .arg(format!(
                "{CHOSEN} && touch told; until [ -e checked ]; do sleep 0.01; done"
            ))
            .current_dir(setup.folder())
            .env("PORT", "1"),
    );
    assert!(setup.path("told").exists(), "{}", answer.stdout);
    assert!(setup.path("checked").exists(), "{}", answer.stdout);
}

#[test]
fn a_port_that_the_configuration_gives_stays() {
    let setup = Setup::new();
    let config = json!({
        "name": "sh", "args": ["-c", "echo $PORT; test $API_PORT = {port}"], "port": "auto",
        "portVariable": "API_PORT", "env": { "PORT": "mine" },
    });
    fs::write(setup.path("sidecar.json"), config.to_string()).expect("written");
    let flags = format!(
        "--json --json-log --config {}",
        setup.path("sidecar.json").display()
    );
    let mut host = run(&setup, &flags, vec![]);
    assert_eq!(code(&mut host), 0);
    assert_eq!(printed(&host), ["mine"]);
}

#[test]
fn liveness_without_a_check_names_the_flags_that_are_missing() {
    let words = ["run", "--liveness", "5s", "--", "true"];
    let answer = ask(Path::new("/"), &words);
    assert_eq!(answer.code, 2);
    assert_eq!(
        answer.stderr,
        "sidecar: --liveness repeats a check: add --http, --tcp or --check-cmd\n"
    );
}

#[test]
fn without_a_port_nothing_is_set_or_replaced() {
    let setup = Setup::new();
    let mut host = run(
        &setup,
        "--json --json-log",
        shell("echo {port} ${PORT-none}"),
    );
    assert_eq!(code(&mut host), 0);
    assert_eq!(printed(&host), ["{port} none"]);
    assert_eq!(names(&host)[0], "spawned");
}

#[test]
fn it_runs_in_the_folder_that_was_asked_for() {
    let setup = Setup::new();
    let folder = fs::canonicalize(setup.folder()).expect("it exists");
    let flags = format!("--json --json-log --cwd {}", folder.display());
    let mut host = run(&setup, &flags, shell("pwd -P"));
    assert_eq!(code(&mut host), 0);
    assert_eq!(printed(&host), [folder.to_string_lossy()]);
}

#[test]
fn a_check_command_decides_about_readiness() {
    let setup = Setup::new();
    let (family, flag) = (setup.family("pids"), setup.path("up"));
    let command = server(&family, "--no-listen");
    let mut args = crate::support::args("--json --port auto --check-cmd", vec![]);
    // The check sees the port, and what it is to see exists only later.
    args.push(format!("test -n \"$PORT\" && test -e {}", flag.display()).into());
    args.push("--".into());
    args.extend(command);
    let mut host = setup.start(Path::new(SIDECAR), args);
    host.next("spawned");
    family.wait_for(1);
    assert!(host.all("ready").is_empty());
    fs::write(&flag, "").expect("written");
    host.next("ready");
    host.signal(libc::SIGTERM);
    assert_eq!(code(&mut host), 0);
}

#[test]
fn liveness_that_is_lost_is_a_crash() {
    let setup = Setup::new();
    let (family, flag) = (setup.family("pids"), setup.path("up"));
    fs::write(&flag, "").expect("written");
    let mut args = crate::support::args("--json --liveness 20ms --check-cmd", vec![]);
    args.push(format!("test -e {}", flag.display()).into());
    args.push("--".into());
    args.extend(server(&family, "--no-listen --setsid"));
    let mut host = setup.start(Path::new(SIDECAR), args);
    host.next("ready");
    fs::remove_file(&flag).expect("removed");
    assert_eq!(code(&mut host), 1);
    let unhealthy = host.next_after_end("unhealthy");
    assert!(
        unhealthy["reason"].is_string() && unhealthy["pid"].is_u64(),
        "{unhealthy}"
    );
    assert!(
        host.next_after_end("failed")["reason"]
            .to_string()
            .contains("liveness")
    );
    assert!(family.living().is_empty());
}

#[test]
fn failures_are_followed_by_runs_until_there_are_too_many() {
    let setup = Setup::new();
    let flags = "--json --restart on-failure --max-restarts 3 --backoff 10ms";
    let mut host = run(&setup, flags, shell("exit 4"));
    assert_eq!(code(&mut host), 1);
    let attempts: Vec<_> = host
        .all("crashed")
        .iter()
        .map(|e| e["attempt"].clone())
        .collect();
    assert_eq!(attempts, [1, 2, 3]);
    assert!(host.all("crashed").iter().all(|e| e["max"] == 3));
    let delays = host.all("restarting");
    assert_eq!(delays.len(), 2);
    assert!(
        delays
            .iter()
            .all(|e| e["delay_ms"].as_f64().is_some_and(|ms| ms <= 20.0)),
        "{delays:?}"
    );
    let runs: Vec<_> = host
        .all("spawned")
        .iter()
        .map(|e| e["run"].clone())
        .collect();
    assert_eq!(runs, [1, 2, 3]);
}

#[test]
fn on_failure_a_good_end_is_the_end_and_always_means_always() {
    let setup = Setup::new();
    let mut host = run(
        &setup,
        "--json --restart on-failure --backoff 10ms",
        shell("exit 0"),
    );
    assert_eq!(code(&mut host), 0);
    assert_eq!(host.all("spawned").len(), 1);
    let mut host = run(
        &setup,
        "--json --restart always --backoff 1ms",
        shell("exit 0"),
    );
    for _ in 0..3 {
        host.next("spawned");
    }
    host.signal(libc::SIGTERM);
    assert_eq!(code(&mut host), 0);
    assert!(host.all("crashed").is_empty(), "{:#?}", host.lines());
}

#[test]
fn who_is_not_ready_in_time_has_failed() {
    let setup = Setup::new();
    let family = setup.family("pids");
    let flags = "--json --http / --port auto --ready-timeout 300ms";
    let mut host = run(&setup, flags, server(&family, "--hang --setsid"));
    assert_eq!(code(&mut host), 1);
    assert!(
        host.next_after_end("failed")["reason"]
            .to_string()
            .contains("300ms")
    );
    assert!(family.living().is_empty());
}

#[test]
fn the_log_begins_anew_and_the_last_one_is_kept() {
    let setup = Setup::new();
    let log = setup.path("out/server.log");
    let flags = format!("--json --log {}", log.display());
    for launch in 1..=2 {
        assert_eq!(
            code(&mut run(
                &setup,
                &flags,
                shell(&format!("echo launch {launch}"))
            )),
            0
        );
    }
    let read = |path| fs::read_to_string(path).expect("it is there");
    assert_eq!(read(log.clone()), "launch 2\n");
    assert_eq!(read(setup.path("out/server.log.prev")), "launch 1\n");
}

#[test]
fn the_login_environment_is_the_shells_and_not_ours() {
    let setup = Setup::new();
    let profile = "export FROM_PROFILE=yes\nexport CLAUDECODE=1\n";
    fs::write(setup.path(".profile"), profile).expect("written");
    let words = crate::support::args(
        "--json --json-log --login-env",
        shell("echo ${FROM_PROFILE-no} ${CLAUDECODE-clean}"),
    );
    let program = Path::new(SIDECAR);
    let mut host = setup.start_with(program, words, |command| {
        command
            .env("HOME", setup.folder())
            .env("SHELL", "/bin/sh")
            .env_remove("ENV");
    });
    assert_eq!(code(&mut host), 0, "{:#?}", host.lines());
    assert_eq!(printed(&host), ["yes clean"]);
}

#[test]
fn a_port_of_the_login_environment_is_replaced_by_the_chosen_one() {
    let setup = Setup::new();
    fs::write(setup.path(".profile"), "export PORT=1\n").expect("written");
    let words = crate::support::args(
        "--json --json-log --login-env --port auto --port-env API_PORT",
        shell("test $PORT = $API_PORT && echo the same"),
    );
    let mut host = setup.start_with(Path::new(SIDECAR), words, |command| {
        command
            .env("HOME", setup.folder())
            .env("SHELL", "/bin/sh")
            .env_remove("ENV");
    });
    assert_eq!(code(&mut host), 0, "{:#?}", host.lines());
    assert_eq!(printed(&host), ["the same"]);
}
