//! What a sidecar is given and what is asked of it, in a shell's words.

use std::fs;
use std::path::Path;
use std::process::Command;

use fake_host::testing::Setup;
use serde_json::json;

use crate::support::{Answer, SIDECAR, code, names, printed, run, server, shell};

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
