//! `berth.json`: what it says, and how it says what is wrong.

use std::path::{Path, PathBuf};
use std::time::Duration;

use berth_project::{CommandLine, Config, ConfigError, PackageManager, PluginConfig};
use serde_json::json;

fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse(text, Path::new("/p/berth.json"))
}

#[test]
fn every_key() {
    let config = parse(
        r#"{
            "$schema": "../schemas/berth.schema.json",
            "name": "Shop",
            "command": ["pnpm", "--filter", "web", "dev"],
            "script": "dev:web",
            "packageManager": "pnpm",
            "port": 4000,
            "path": "/admin?tab=1",
            "readyTimeout": "90s",
            "env": { "API_URL": "http://localhost:4001" },
            "logDir": "logs"
        }"#,
    )
    .unwrap();
    assert_eq!(config.name.as_deref(), Some("Shop"));
    let words = ["pnpm", "--filter", "web", "dev"]
        .map(str::to_owned)
        .to_vec();
    assert_eq!(config.command, Some(CommandLine::List(words)));
    assert_eq!(config.package_manager, Some(PackageManager::Pnpm));
    assert_eq!(config.port, Some(4000));
    assert_eq!(config.ready_timeout, Some(Duration::from_secs(90)));
    assert_eq!(config.env["API_URL"], "http://localhost:4001");
    assert_eq!(config.log_dir, Some(PathBuf::from("logs")));
    assert_eq!(parse("\u{feff}{}").unwrap(), Config::default());
}

/// (text, key, line, part of the problem)
#[test]
fn mistakes_are_named_with_key_and_line() {
    let table = [
        (
            "{\n  \"prot\": 1\n}",
            Some("prot"),
            2,
            "did you mean `port`?",
        ),
        (
            "{\n\n  \"ready_timeout\": \"5s\"\n}",
            Some("ready_timeout"),
            3,
            "did you mean `readyTimeout`?",
        ),
        (
            "{\"colour\": 1}",
            Some("colour"),
            1,
            "the keys are $schema, name, command",
        ),
        (
            "{\n  \"port\": \"4000\"\n}",
            Some("port"),
            2,
            "invalid type: string \"4000\"",
        ),
        (
            "{\n  \"port\":\n 70000\n}",
            Some("port"),
            3,
            "invalid value: integer `70000`",
        ),
        ("{\n  \"port\": 0\n}", Some("port"), 2, "from 1 to 65535"),
        ("{\n  \"port\": -1 }", Some("port"), 2, "from 1 to 65535"),
        ("{\n  \"port\": 1.5 }", Some("port"), 2, "invalid type"),
        ("{\"port\": 1,\n\"port\": 2}", Some("port"), 2, "duplicate"),
        (
            "{\n \"env\": {\n  \"A\": 1 } }",
            Some("env.A"),
            3,
            "invalid type: integer",
        ),
        (
            "{\n \"env\": { \"A=B\": \"1\" } }",
            Some("env.A=B"),
            2,
            "`A=B`",
        ),
        (
            "{\n \"command\": [\"a\",\n 2] }",
            Some("command[1]"),
            3,
            "invalid type: integer",
        ),
        (
            "{\n \"command\": 5 }",
            Some("command"),
            2,
            "a command line, or a list",
        ),
        (
            "{\n \"command\": \" \" }",
            Some("command"),
            2,
            "the command is empty",
        ),
        (
            "{\n \"command\": [] }",
            Some("command"),
            2,
            "the command is empty",
        ),
        (
            "{\n \"packageManager\": \"pnmp\" }",
            Some("packageManager"),
            2,
            "did you mean `pnpm`?",
        ),
        (
            "{\n \"readyTimeout\": \"5 minutes\" }",
            Some("readyTimeout"),
            2,
            "like 250ms, 5s or 2m",
        ),
        (
            "{\n \"readyTimeout\": 5 }",
            Some("readyTimeout"),
            2,
            "invalid type: integer",
        ),
        (
            "{\n \"path\": \"admin\" }",
            Some("path"),
            2,
            "begins with one `/`",
        ),
        (
            "{\n \"path\": \"//evil.example\" }",
            Some("path"),
            2,
            "begins with one `/`",
        ),
        (
            "{\n \"path\": \"/\\\\evil.example\" }",
            Some("path"),
            2,
            "begins with one `/`",
        ),
        (
            "{\n \"path\": \"/\\t/evil.example\" }",
            Some("path"),
            2,
            "control characters",
        ),
        (
            "{\n  // mine\n  \"port\": 1\n}",
            None,
            2,
            "comments are not allowed",
        ),
        ("{\n  \"port\": 1,\n}", None, 3, "not valid JSON"),
        ("{\n  \"port\": 1", None, 2, "not valid JSON"),
        ("{}\n{}", None, 2, "not valid JSON"),
        ("", None, 1, "not valid JSON"),
        ("[]", None, 1, "invalid"),
    ];
    for (text, key, line, problem) in table {
        let error = parse(text).unwrap_err();
        assert_eq!(error.key.as_deref(), key, "{text}: {error}");
        assert_eq!(error.line.unwrap_or(1), line, "{text}: {error}");
        assert!(error.problem.contains(problem), "{text}: {error}");
        assert!(error.to_string().starts_with("/p/berth.json"), "{error}");
    }
    assert_eq!(
        parse("{\n  \"prot\": 1\n}").unwrap_err().to_string(),
        "/p/berth.json, line 2, key `prot`: there is no such key; did you mean `port`?"
    );
}

#[test]
fn a_branded_build_has_the_same_keys() {
    let value = json!({ "project": "../shop", "port": 4000, "readyTimeout": "5s" });
    let plugin = PluginConfig::from_value(value).unwrap();
    assert_eq!(plugin.project, Some(PathBuf::from("../shop")));
    assert_eq!(plugin.config.port, Some(4000));
    assert_eq!(
        PluginConfig::from_value(json!(null)).unwrap(),
        PluginConfig::default()
    );

    for (value, key, problem) in [
        (
            json!({ "prot": 1 }),
            "plugins.berth.prot",
            "did you mean `port`?",
        ),
        (json!({ "port": "x" }), "plugins.berth.port", "invalid type"),
        (
            json!({ "env": { "A": 1 } }),
            "plugins.berth.env.A",
            "invalid type",
        ),
        (
            json!({ "project": 5 }),
            "plugins.berth.project",
            "a path to a folder",
        ),
        (
            json!({ "project": "" }),
            "plugins.berth.project",
            "a path to a folder",
        ),
        (json!([1]), "plugins.berth", "invalid"),
    ] {
        let error = PluginConfig::from_value(value.clone()).unwrap_err();
        assert_eq!(error.key.as_deref(), Some(key), "{value}: {error}");
        assert_eq!(error.line, None);
        assert!(error.problem.contains(problem), "{value}: {error}");
    }
}

#[test]
fn what_is_above_wins() {
    let upper = parse(r#"{ "port": 1, "env": { "A": "up" }, "command": "x" }"#).unwrap();
    let lower = parse(
        r#"{ "port": 2, "path": "/low", "env": { "A": "low", "B": "low" }, "script": "serve" }"#,
    )
    .unwrap();
    let config = upper.or(lower);
    assert_eq!(
        (config.port, config.path.as_deref()),
        (Some(1), Some("/low"))
    );
    assert_eq!(
        (config.env["A"].as_str(), config.env["B"].as_str()),
        ("up", "low")
    );
    assert_eq!(
        config.script, None,
        "the upper command answers the question"
    );
}

#[test]
fn a_folder_may_have_none() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(Config::load(folder.path()), Ok(None));
    let file = folder.path().join("a.txt");
    std::fs::write(&file, "").unwrap();
    assert_eq!(Config::load(&file), Ok(None), "a file has no berth.json");
    std::fs::write(folder.path().join("berth.json"), r#"{ "port": 3 }"#).unwrap();
    assert_eq!(Config::load(folder.path()).unwrap().unwrap().port, Some(3));
    std::fs::write(folder.path().join("berth.json"), [0xff]).unwrap();
    assert!(
        Config::load(folder.path())
            .unwrap_err()
            .problem
            .contains("cannot be read")
    );
}
