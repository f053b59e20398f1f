//! What `tauri.conf.json` says under `plugins.sidecar-lifecycle`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Map, Value};
use sidecar_lifecycle::{ConfigError, FleetConfig, Problem, SidecarConfig};
use tauri::{AppHandle, Manager, Runtime};

use crate::declaration::Declaration;
use crate::error::Result;
use crate::param::Param;

/// Where the section stands, for messages.
const SECTION: &str = "plugins.sidecar-lifecycle";

/// The sidecars of the section, in the order of their ids.
///
/// # Errors
/// Everything that is wrong, each with its place in `tauri.conf.json`.
pub(crate) fn read(
    section: &Value,
) -> std::result::Result<Vec<(String, Declaration)>, ConfigError> {
    if section.as_object().is_some_and(Map::is_empty) {
        return Ok(Vec::new());
    }
    let mut section = section.clone();
    let mut problems = Vec::new();
    // The engine's reader knows nothing of pages and their parameters.
    let mut params = take_params(&mut section, &mut problems);
    let sidecars = match FleetConfig::from_value(&section) {
        Ok(fleet) => fleet.sidecars,
        Err(error) => {
            problems.extend(error.problems);
            Vec::new()
        }
    };
    let declare = |(id, config): (String, SidecarConfig)| {
        let given = params.remove(&id).unwrap_or_default().into_iter();
        let declaration = given.fold(Declaration::new(config), |d, (name, (param, default))| {
            d.param(name, param, default)
        });
        (id, declaration)
    };
    let declared: Vec<(String, Declaration)> = sidecars.into_iter().map(declare).collect();
    for (id, declaration) in &declared {
        let found = declaration.problems().into_iter();
        problems.extend(found.map(|p| within(&join("sidecars", id), p)));
    }
    let placed = problems.into_iter().map(|p| within(SECTION, p)).collect();
    ConfigError::unless_empty(placed)?;
    Ok(declared)
}

type ParamsOf = BTreeMap<String, Vec<(String, (Param, String))>>;

/// Takes each sidecar's `params` out of the section.
fn take_params(section: &mut Value, problems: &mut Vec<Problem>) -> ParamsOf {
    let mut all = ParamsOf::new();
    let Some(Value::Object(sidecars)) = section.get_mut("sidecars") else {
        return all; // Somebody else says what is wrong with it.
    };
    for (id, sidecar) in sidecars {
        let Some(params) = sidecar.as_object_mut().and_then(|s| s.remove("params")) else {
            continue;
        };
        let place = join(&join("sidecars", id), "params");
        match params {
            Value::Object(params) => {
                all.insert(id.clone(), read_params(params, &place, problems));
            }
            Value::Null => {}
            _ => problems.push(Problem::new(place, "expected an object of names and kinds")),
        }
    }
    all
}

fn read_params(
    params: Map<String, Value>,
    place: &str,
    problems: &mut Vec<Problem>,
) -> Vec<(String, (Param, String))> {
    let mut read = Vec::new();
    for (name, value) in params {
        match serde_path_to_error::deserialize::<_, ParamJson>(&value) {
            Ok(json) => match json.into_param() {
                Ok(param) => read.push((name, param)),
                Err(why) => problems.push(Problem::new(join(place, &name), why)),
            },
            Err(error) => {
                let inner = error.path().to_string();
                let place = join(place, &name);
                let place = if inner == "." {
                    place
                } else {
                    format!("{place}.{inner}")
                };
                problems.push(Problem::new(place, error.into_inner().to_string()));
            }
        }
    }
    read
}

/// One parameter: its kind, and what it is unless a page says otherwise.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ParamJson {
    one_of: Option<Vec<String>>,
    integer: Option<(i64, i64)>,
    text: Option<TextJson>,
    default: DefaultJson,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct TextJson {
    max_len: usize,
    #[serde(default)]
    besides: String,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum DefaultJson {
    Text(String),
    Number(i64),
}

impl ParamJson {
    fn into_param(self) -> std::result::Result<(Param, String), &'static str> {
        let default = match self.default {
            DefaultJson::Text(text) => text,
            DefaultJson::Number(number) => number.to_string(),
        };
        let param = match (self.one_of, self.integer, self.text) {
            (Some(values), None, None) => Param::one_of(values),
            (None, Some((first, last)), None) => Param::integer(first..=last),
            (None, None, Some(text)) => Param::text(text.max_len, text.besides),
            _ => return Err("it has one kind: `oneOf`, `integer` or `text`"),
        };
        Ok((param, default))
    }
}

/// The place of a key: as in JavaScript, so that an id with a dot in it is told apart.
fn join(place: &str, key: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '$');
    if !key.is_empty() && key.chars().all(plain) {
        format!("{place}.{key}")
    } else {
        format!("{place}[{key:?}]")
    }
}

fn within(place: &str, problem: Problem) -> Problem {
    let path = match problem.path.as_str() {
        "" => place.to_owned(),
        path => format!("{place}.{path}"),
    };
    Problem::new(path, problem.message)
}

/// Where the paths of a sidecar lie that was declared in `tauri.conf.json`, and makes its working
/// folder. Tauri's variables (`$APPDATA`, `$RESOURCE`, `$HOME`, …) may stand at their beginning.
/// Relative ones count: the program's from the app's resources, the working folder's and the log
/// file's from its local data. Without a working folder it is that.
pub(crate) fn place<R: Runtime>(app: &AppHandle<R>, config: &mut SidecarConfig) -> Result<()> {
    let paths = app.path();
    let data = paths.app_local_data_dir()?;
    let is_path = config.program.components().count() > 1;
    if is_path {
        config.program = paths.resource_dir()?.join(paths.parse(&config.program)?);
    }
    if let Some(file) = &config.log_file {
        config.log_file = Some(data.join(paths.parse(file)?));
    }
    let cwd = match &config.cwd {
        Some(cwd) => data.join(paths.parse(cwd)?),
        None => data,
    };
    make_folder(&cwd);
    config.cwd = Some(cwd);
    Ok(())
}

/// One that cannot be made is told of when the sidecar starts.
fn make_folder(folder: &Path) {
    if let Err(e) = fs::create_dir_all(folder) {
        log::warn!("cannot make {}: {e}", folder.display());
    }
}

/// The state folder of the app's own engine.
pub(crate) fn state_dir<R: Runtime>(app: &AppHandle<R>) -> Result<PathBuf> {
    Ok(app.path().app_local_data_dir()?.join("sidecar-lifecycle"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn sidecars_and_their_params_are_read() {
        let declared = read(&json!({ "sidecars": {
            "whisper": {
                "name": "whisper-server",
                "args": ["--model", "{param.model}", "-t", "{param.threads}", "{param.take}"],
                "params": {
                    "model": { "oneOf": ["tiny", "base"], "default": "tiny" },
                    "threads": { "integer": [1, 16], "default": 4 },
                    "take": { "text": { "maxLen": 9, "besides": "-" }, "default": "one" }
                }
            },
            "db": { "name": "redis-server" }
        }}));
        let declared = declared.expect("it is right");
        let ids: Vec<&str> = declared.iter().map(|(id, _)| id.as_str()).collect();
        assert_eq!(ids, ["db", "whisper"]);
        let values = declared[1]
            .1
            .complete(&BTreeMap::new())
            .expect("all have defaults");
        let filled = declared[1].1.fill(&values);
        assert_eq!(filled.args, ["--model", "tiny", "-t", "4", "one"]);
    }

    #[test]
    fn an_empty_section_is_no_mistake_and_no_sidecar_in_it_is_one() {
        assert_eq!(read(&json!({})).map(|d| d.len()), Ok(0));
        assert!(read(&json!({ "sidecars": {} })).is_err());
    }

    #[test]
    fn every_mistake_is_told_with_its_place() {
        let error = read(&json!({
            "sidecars": {
                "my.api": { "name": "api", "prot": 80, "params": { "a": { "oneOf": [1], "default": "x" } } },
                "db": { "name": "db", "dependsOn": ["cache"], "params": [] },
                "web": { "name": "web", "params": { "b": { "default": "x" }, "c": { "integr": [1, 2], "default": 1 } } }
            },
            "sidecar": {}
        }))
        .expect_err("it is wrong");
        let told = error.to_string();
        for line in [
            r#"plugins.sidecar-lifecycle.sidecars["my.api"].prot: there is no such key; did you mean `port`?"#,
            r#"plugins.sidecar-lifecycle.sidecars["my.api"].params.a.oneOf[0]: invalid type: integer `1`, expected a string"#,
            r"plugins.sidecar-lifecycle.sidecars.db.params: expected an object of names and kinds",
            r#"plugins.sidecar-lifecycle.sidecars.db.dependsOn[0]: no sidecar is called "cache""#,
            r"plugins.sidecar-lifecycle.sidecars.web.params.b: it has one kind: `oneOf`, `integer` or `text`",
            r"plugins.sidecar-lifecycle.sidecars.web.params.c.integr: unknown field `integr`",
            r"plugins.sidecar-lifecycle.sidecar: there is no such key; did you mean `sidecars`?",
        ] {
            assert!(
                told.lines().any(|l| l.starts_with(line)),
                "{line}\nis not in\n{told}"
            );
        }
        assert_eq!(error.problems.len(), 7, "{told}");
    }

    #[test]
    fn places_without_params_are_mistakes_too() {
        let error = read(&json!({ "sidecars": {
            "api": { "name": "api", "args": ["{param.x}"], "params": { "y": { "integer": [1, 2], "default": 3 } } }
        }}));
        let told = error.expect_err("it is wrong").to_string();
        let expected = "\
plugins.sidecar-lifecycle.sidecars.api.args: there is no parameter `x`: declare it
plugins.sidecar-lifecycle.sidecars.api.params.y.default: it is no whole number from 1 to 2";
        assert_eq!(told, expected);
    }

    #[cfg(in_repository)]
    #[test]
    fn what_the_migration_guide_declares_can_be_read() {
        let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/migration.md");
        let guide = fs::read_to_string(guide).expect("it is in the repository");
        let blocks = guide.split("```json\n").skip(1);
        let declared: Vec<String> = blocks
            .flat_map(|block| {
                let (json, _) = block.split_once("```").expect("an end");
                let file: Value = serde_json::from_str(json).expect("JSON");
                read(&file["plugins"]["sidecar-lifecycle"]).expect("it can be used")
            })
            .map(|(id, _)| id)
            .collect();
        assert_eq!(declared, ["api", "recorder"]);
    }
}
