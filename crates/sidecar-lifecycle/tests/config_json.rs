//! Configuration as JSON: what is taken, what is refused and in which words, and that the schema
//! that editors go by agrees.
//!
//! `config_json/accepted` is right. `config_json/rejected` is wrong for the schema and the reader,
//! `config_json/beyond_schema` only for the reader; what the reader says stands beside each file,
//! and `BLESS=1` rewrites it.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use boon::{Compiler, SchemaIndex, Schemas};
use proptest::prelude::*;
use serde_json::{Value, json};
use sidecar_lifecycle::{ConfigError, ConfigFile, FleetConfig, SidecarConfig};

const HERE: &str = env!("CARGO_MANIFEST_DIR");

fn corpus(folder: &str) -> Vec<(PathBuf, String)> {
    let folder = Path::new(HERE).join("tests/config_json").join(folder);
    let paths = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = paths
        .filter(|p| p.extension() == Some("json".as_ref()))
        .collect();
    files.sort();
    assert!(!files.is_empty());
    let with_text = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        (path, text)
    };
    files.into_iter().map(with_text).collect()
}

fn read(text: &str) -> Result<ConfigFile, ConfigError> {
    ConfigFile::from_json(text, |builder| builder)
}

/// The committed schema.
struct Schema {
    value: Value,
    schemas: Schemas,
    index: SchemaIndex,
}

impl Schema {
    fn load() -> Schema {
        let value: Value = serde_json::from_str(ConfigFile::SCHEMA).unwrap();
        let mut schemas = Schemas::new();
        let mut compiler = Compiler::new();
        compiler.add_resource("sidecar", value.clone()).unwrap();
        let index = compiler.compile("sidecar", &mut schemas).unwrap();
        Schema {
            value,
            schemas,
            index,
        }
    }

    fn accepts(&self, text: &str) -> bool {
        let value = serde_json::from_str(text).unwrap();
        self.schemas.validate(&value, self.index).is_ok()
    }

    fn keys_of_a_sidecar(&self) -> BTreeSet<String> {
        let properties = self.value["$defs"]["Sidecar"]["properties"].as_object();
        properties.unwrap().keys().cloned().collect()
    }
}

#[test]
fn what_is_right_is_right_for_the_schema_and_the_reader() {
    let schema = Schema::load();
    for (path, text) in corpus("accepted") {
        if let Err(e) = read(&text) {
            panic!("{}: {e}", path.display());
        }
        assert!(schema.accepts(&text), "{}", path.display());
    }
}

#[test]
fn what_is_wrong_is_told_as_a_whole_and_the_schema_refuses_it_too() {
    let schema = Schema::load();
    for (path, text) in corpus("rejected") {
        assert!(!schema.accepts(&text), "{}", path.display());
        check_words(&path, &text);
    }
}

#[test]
fn what_no_schema_can_say_is_told_by_the_reader() {
    let schema = Schema::load();
    for (path, text) in corpus("beyond_schema") {
        assert!(schema.accepts(&text), "{}: move it", path.display());
        check_words(&path, &text);
    }
}

fn check_words(path: &Path, text: &str) {
    let told = format!("{}\n", read(text).expect_err("it is wrong"));
    // Some words are another system's.
    let elsewhere = path.with_extension("elsewhere.txt");
    let words = if cfg!(target_os = "linux") || !elsewhere.exists() {
        path.with_extension("txt")
    } else {
        elsewhere
    };
    if std::env::var_os("BLESS").is_some() {
        fs::write(&words, &told).unwrap();
    }
    let expected = fs::read_to_string(&words).unwrap_or_default();
    assert_eq!(told, expected, "{}", path.display());
}

/// A file with many mistakes is refused for any of them; here each has to be seen by both.
#[test]
fn key_by_key_the_schema_and_the_reader_agree() {
    let schema = Schema::load();
    let mut checked = 0;
    for (path, text) in corpus("rejected").into_iter().chain(corpus("accepted")) {
        let file: Value = serde_json::from_str(&text).unwrap();
        let sidecars = match &file["sidecars"] {
            Value::Object(sidecars) => sidecars.values().collect(),
            _ => vec![&file],
        };
        let entries = sidecars.into_iter().filter_map(Value::as_object).flatten();
        for (key, value) in entries.filter(|(_, value)| !value.is_null()) {
            // Right in itself, and without what would contradict the key.
            let mut one = json!({ "name": "x", "port": 1, "healthCheck": "/" });
            match key.as_str() {
                "program" => one["name"] = Value::Null,
                "portRange" => one["port"] = Value::Null,
                _ => {}
            }
            one[key] = value.clone();
            let text = one.to_string();
            let told = read(&text).err().map(|e| e.to_string());
            let agree = schema.accepts(&text) == told.is_none();
            assert!(agree, "{}: {key}: {value}: {told:?}", path.display());
            checked += 1;
        }
    }
    assert!(checked > 80, "{checked}");
}

#[test]
fn the_reader_and_the_schema_know_the_same_keys() {
    let mut used = BTreeSet::new();
    for (_, text) in corpus("accepted") {
        let file: Value = serde_json::from_str(&text).unwrap();
        for sidecar in file["sidecars"].as_object().into_iter().flatten() {
            used.extend(sidecar.1.as_object().unwrap().keys().cloned());
        }
    }
    assert_eq!(used, Schema::load().keys_of_a_sidecar());
}

/// One list of names: a setter that takes data has a key, and a key has a setter.
#[test]
fn the_keys_are_the_builders_setters() {
    /// Closures, and setters for several at once.
    const NO_DATA: [&str; 6] = [
        "build",
        "envs",
        "on_crash",
        "on_healthy",
        "on_state_change",
        "on_hand_over",
    ];
    let folder = Path::new(HERE).join("src/config/builder");
    let mut setters = BTreeSet::from(["$schema".to_owned()]);
    for file in fs::read_dir(folder).unwrap() {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        for line in text.lines() {
            let Some(rest) = line.strip_prefix("    pub fn ") else {
                continue;
            };
            let name = rest.split(['(', '<']).next().unwrap();
            if !NO_DATA.contains(&name) {
                setters.insert(camel_case(name));
            }
        }
    }
    assert_eq!(setters, Schema::load().keys_of_a_sidecar());
}

fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let mut camel = words.next().unwrap().to_owned();
    for word in words {
        camel.push_str(&word[..1].to_uppercase());
        camel.push_str(&word[1..]);
    }
    camel
}

#[test]
fn json_and_builder_give_the_same() {
    use sidecar_lifecycle::{Condition, Dependency, HealthCheck, Probe, Restart};
    use std::time::Duration;

    let json = SidecarConfig::from_json(
        r#"{
            "name": "api", "args": ["--port", "auto"], "portRange": "8080-8199",
            "healthCheck": { "type": "http", "path": "/health", "timeout": "5s", "interval": "2s" },
            "liveness": { "interval": "1s", "failureThreshold": 7 },
            "autoRestart": true, "maxRestartAttempts": 3, "gracefulShutdownTimeout": "10s",
            "dependsOn": ["db", { "id": "migration", "condition": "completed" }]
        }"#,
    )
    .unwrap();
    let built = SidecarConfig::builder()
        .name("api")
        .args(["--port", "auto"])
        .port_range(8080..8200)
        .health_check(HealthCheck::Http {
            path: "/health".into(),
            timeout: Duration::from_secs(5),
            interval: Duration::from_secs(2),
        })
        .liveness(Probe::every(Duration::from_secs(1)).failure_threshold(7))
        .restart(Restart::OnFailure)
        .max_restart_attempts(3)
        .graceful_shutdown_timeout(Duration::from_secs(10))
        .depends_on("db")
        .depends_on(Dependency::on("migration", Condition::Completed))
        .build()
        .unwrap();
    assert_eq!(json, built);
    let empty = SidecarConfig::from_json(r#"{"name": "x"}"#).unwrap();
    assert_eq!(empty, SidecarConfig::builder().name("x").build().unwrap());
}

#[test]
fn a_parsed_document_is_read_the_same_without_lines() {
    let text = r#"{"sidecars": {"a": {"name": "x", "prot": 1}}}"#;
    let parsed: Value = serde_json::from_str(text).unwrap();
    let (by_text, by_value) = (
        FleetConfig::from_json(text).unwrap_err(),
        FleetConfig::from_value(&parsed).unwrap_err(),
    );
    assert_eq!(by_text.problems[0].line, Some(1));
    assert_eq!(by_value.problems[0].line, None);
    assert_eq!(by_text.problems[0].path, by_value.problems[0].path);
    let right = json!({"sidecars": {"a": {"name": "x"}}});
    let fleet = FleetConfig::from_value(&right).unwrap();
    assert_eq!(Ok(fleet), FleetConfig::from_json(&right.to_string()));
}

#[test]
fn flags_are_heard_before_it_is_judged() {
    let adjusted = ConfigFile::from_json("{}", |builder| builder.name("x"));
    assert!(matches!(adjusted, Ok(ConfigFile::One(_))), "{adjusted:?}");
}

#[test]
fn what_is_nested_too_deep_is_told() {
    for open in ["[", "{\"sidecars\":", "{\"env\":{\"a\":"] {
        let told = read(&open.repeat(50_000)).unwrap_err();
        assert!(told.to_string().contains("recursion limit"), "{told}");
    }
}

/// Documents that look like configurations, with anything anywhere.
fn documents() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop_oneof![
            Just("tcp"),
            Just("http"),
            Just("a"),
            Just("b"),
            Just("/"),
            Just("5s"),
            Just("auto"),
            Just("80-90"),
            Just("on-failure"),
            Just("\0"),
            Just("INT"),
            Just("completed"),
            Just(""),
        ]
        .prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    let keys: Vec<String> = Schema::load()
        .keys_of_a_sidecar()
        .into_iter()
        .chain(
            [
                "sidecars",
                "type",
                "path",
                "cmd",
                "check",
                "id",
                "condition",
                "a",
                "b",
                "",
            ]
            .map(String::from),
        )
        .collect();
    let value = leaf.prop_recursive(4, 60, 8, move |inner| {
        let key = prop_oneof![proptest::sample::select(keys.clone()), ".{0,4}"];
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(key, inner, 0..8)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    });
    prop_oneof![
        value.clone(),
        proptest::collection::btree_map("[ab]", value, 0..3)
            .prop_map(|sidecars| json!({ "sidecars": sidecars })),
    ]
}

proptest! {
    /// Whatever is read: no panic, an error is never empty, each problem has a line, and what the
    /// reader takes the schema takes as well.
    #[test]
    fn hostile_documents_are_refused_in_order(document in documents(), pretty: bool) {
        thread_local!(static SCHEMA: Schema = Schema::load());
        let text = if pretty { format!("{document:#}") } else { document.to_string() };
        match read(&text) {
            Ok(_) => prop_assert!(SCHEMA.with(|schema| schema.accepts(&text)), "{text}"),
            Err(error) => {
                prop_assert!(!error.problems.is_empty());
                let lines: Vec<Option<usize>> = error.problems.iter().map(|p| p.line).collect();
                prop_assert!(lines.iter().all(Option::is_some), "{error}");
                prop_assert!(lines.is_sorted(), "{error}");
            }
        }
        // Parsed before, it gets the same verdict.
        let of_value = FleetConfig::from_value(&document).is_ok();
        prop_assert_eq!(of_value, FleetConfig::from_json(&text).is_ok());
    }

    #[test]
    fn any_text_is_read_without_a_panic(text in ".{0,200}") {
        let _ = read(&text); // Only that it comes back.
    }

    /// A right document with a piece cut out or doubled.
    #[test]
    fn damaged_documents_are_read_without_a_panic(at in 0usize..2000, length in 0usize..40, twice: bool) {
        let (_, text) = corpus("accepted").swap_remove(0);
        let begin = text.floor_char_boundary(at.min(text.len()));
        let end = text.floor_char_boundary((begin + length).min(text.len()));
        let middle = if twice { text[begin..end].repeat(2) } else { String::new() };
        let _ = read(&format!("{}{middle}{}", &text[..begin], &text[end..])); // As above.
    }
}
