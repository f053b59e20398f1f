//! Who decides: manifest, lockfile, script, configuration; and what is said when nobody can.

use std::path::Path;
use std::time::Duration;

use berth_project::{Config, PackageManager, PortChannel, PortSource, PortWish, ProjectError};

use crate::support::{Project, VITE, framework};

#[test]
fn the_manager_by_field_lockfile_and_configuration() {
    let of = |manifest: &str, lockfile: &str, config: &str| {
        let script = manifest.replacen('{', r#"{ "scripts": { "dev": "x" }, "a": 1"#, 1);
        let project = Project::new(&[("package.json", &script), (lockfile, "")]);
        project
            .plan(config)
            .unwrap()
            .package_manager
            .unwrap()
            .manager
    };
    let table = [
        (
            r#"{, "packageManager": "pnpm@10.1.0+sha512.abc"}"#,
            "x",
            "{}",
            PackageManager::Pnpm,
        ),
        (
            r#"{, "devEngines": {"packageManager": {"name": "bun"}}}"#,
            "x",
            "{}",
            PackageManager::Bun,
        ),
        (
            r#"{, "devEngines": {"packageManager": [{"name": "yarn"}]}}"#,
            "x",
            "{}",
            PackageManager::Yarn,
        ),
        (
            r#"{, "packageManager": "odd@1"}"#,
            "yarn.lock",
            "{}",
            PackageManager::Yarn,
        ),
        (
            r#"{, "packageManager": 5}"#,
            "bun.lockb",
            "{}",
            PackageManager::Bun,
        ),
        ("{}", "npm-shrinkwrap.json", "{}", PackageManager::Npm),
        (
            "{}",
            "yarn.lock",
            r#"{"packageManager": "pnpm"}"#,
            PackageManager::Pnpm,
        ),
    ];
    for (manifest, lockfile, config, expected) in table {
        assert_eq!(
            of(manifest, lockfile, config),
            expected,
            "{manifest} {lockfile}"
        );
    }
}

#[test]
fn the_port_of_the_script_is_the_wish() {
    let vite = |script: &str| VITE.replace("\"vite\",", &format!("{},", serde_json::json!(script)));
    let plan_of =
        |script: &str, config: &str| Project::new(&[("package.json", &vite(script))]).plan(config);
    let plan = plan_of("vite --port 3000 --host", "{}").unwrap();
    assert_eq!(plan.argv, ["npm", "run", "dev"]);
    let fixed = PortWish {
        port: Some(3000),
        source: PortSource::Script,
        channel: PortChannel::Script,
    };
    assert_eq!(plan.port, fixed);
    assert_eq!(
        plan_of("vite --port 3000", r#"{"port": 3000}"#)
            .unwrap()
            .port,
        fixed
    );
    let error = plan_of("vite --port 3000", r#"{"port": 4000}"#).unwrap_err();
    assert_eq!(error.code(), "port-conflict");
    assert!(error.to_string().contains("4000") && error.to_string().contains("3000"));

    let plan = plan_of("vite --strictPort", r#"{"port": 4000}"#).unwrap();
    assert_eq!(
        plan.argv,
        ["npm", "run", "dev", "--", "--port", "{port}"],
        "no switch twice"
    );
    assert_eq!(
        (plan.port.port, plan.port.source),
        (Some(4000), PortSource::Configured)
    );

    let plan = plan_of("tsc && vite", "{}").unwrap();
    assert_eq!(plan.argv, ["npm", "run", "dev"]);
    assert_eq!(
        plan.port.channel,
        PortChannel::Script,
        "Vite does not read PORT"
    );

    // A server of one's own with Vite in it.
    let plan = plan_of("node server.js", "{}").unwrap();
    assert_eq!(
        (framework(&plan), plan.port.port),
        (Some("vite"), Some(5173))
    );
    assert_eq!(plan.port.channel, PortChannel::Variable);
}

#[test]
fn a_command_of_one_s_own_is_run_as_written() {
    let project = Project::new(&[]);
    let argv = |config: &str| project.plan(config).unwrap().argv;
    assert_eq!(
        argv(r#"{"command": "flask run -p \"{port}\""}"#),
        ["flask", "run", "-p", "{port}"]
    );
    assert_eq!(argv(r#"{"command": ["a b", "$C"]}"#), ["a b", "$C"]);
    if cfg!(unix) {
        assert_eq!(
            argv(r#"{"command": "a && b"}"#),
            ["/bin/sh", "-c", "a && b"]
        );
        assert_eq!(argv(r#"{"command": "A=1 b"}"#), ["/bin/sh", "-c", "A=1 b"]);
        assert_eq!(argv(r#"{"command": "a '{port}'"}"#), ["a", "{port}"]);
    }
    if cfg!(windows) {
        assert_eq!(
            argv(r#"{"command": "\"C:\\a b\\x\" && %Y%"}"#),
            ["cmd", "/d", "/s", "/c", r#""C:\a b\x" && %Y%"#]
        );
        assert_eq!(argv(r#"{"command": ".\\bin\\vite"}"#), [r".\bin\vite"]);
    }
    let channel = |config: &str| project.plan(config).unwrap().port.channel;
    assert_eq!(
        channel(r#"{"command": "flask run -p {port}"}"#),
        PortChannel::Argument
    );
    assert_eq!(
        channel(r#"{"command": "flask run"}"#),
        PortChannel::Variable
    );
    assert_eq!(channel(r#"{"command": "npx vite"}"#), PortChannel::Script);
    let plan = project
        .plan(r#"{"command": ["npx", "next", "dev"]}"#)
        .unwrap();
    assert_eq!(
        (plan.port.port, plan.port.channel),
        (Some(3000), PortChannel::Variable)
    );
    assert_eq!(plan.package_manager, None);
    assert!(!plan.needs_install_hint);
}

#[test]
fn the_configuration_fills_the_plan() {
    let project = Project::new(&[("package.json", VITE)]);
    let plan = project
        .plan(r#"{"name": "My Shop", "path": "/admin", "readyTimeout": "5s", "env": {"A": "1"}, "logDir": "logs"}"#)
        .unwrap();
    assert_eq!(
        (plan.name.as_str(), plan.start_route.as_str()),
        ("My Shop", "/admin")
    );
    assert_eq!(
        (plan.ready_timeout, plan.env["A"].as_str()),
        (Duration::from_secs(5), "1")
    );
    assert_eq!(plan.log_dir, Some(project.at("logs")));
    assert_eq!(
        project.plan(r#"{"script": "preview"}"#).unwrap().argv,
        ["npm", "run", "preview"]
    );
}

#[test]
fn troubles_have_codes_and_say_what_helps() {
    let code_and_text = |files: &[(&str, &str)], below: &str| {
        let error = Project::new(files).plan_in(below, "{}").unwrap_err();
        (error.code(), error.to_string())
    };
    assert_eq!(code_and_text(&[], "gone").0, "folder-missing");
    assert_eq!(code_and_text(&[("a.txt", "")], "a.txt").0, "not-a-folder");
    let (code, text) = code_and_text(&[], "");
    assert_eq!(code, "no-package-json");
    assert!(text.contains("berth.json"), "{text}");

    let (code, text) = code_and_text(&[("package.json", "{\n  \"name\": \"x\",\n}")], "");
    assert_eq!(code, "bad-package-json");
    assert!(
        text.contains("package.json, line 3: it is not valid JSON"),
        "{text}"
    );
    assert_eq!(
        code_and_text(&[("package.json", "[]")], "").0,
        "bad-package-json"
    );
    assert_eq!(
        code_and_text(&[("package.json", "")], "").0,
        "bad-package-json"
    );
    assert_eq!(code_and_text(&[("package.json/x", "")], "").0, "unreadable");

    let scripts = r#"{"scripts": {"start": "x", "serve": "y"}}"#;
    let (code, text) = code_and_text(&[("package.json", scripts)], "");
    assert_eq!(code, "no-dev-script");
    assert!(
        text.contains("`dev`") && text.ends_with("one of: serve, start"),
        "{text}"
    );
    let (_, text) = code_and_text(
        &[("package.json", r#"{"scripts": 5, "dependencies": []}"#)],
        "",
    );
    assert!(text.contains("no scripts at all"), "{text}");
    let broken = Config::parse("{", Path::new("berth.json")).unwrap_err();
    assert_eq!(ProjectError::from(broken).code(), "bad-config");
}
