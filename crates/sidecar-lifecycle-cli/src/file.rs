//! The configuration file: the flags' names in camelCase.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};
use sidecar_lifecycle::ports::PortWish;

use crate::args::{Run, When, duration};

/// How one sidecar is run. Every key is a flag of `sidecar run`, and a flag wins over its key.
/// Relative paths count from this file's folder. Comments are not allowed.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(title = "sidecar run --config"))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct File {
    /// The JSON Schema of this file, for editors.
    #[serde(rename = "$schema")]
    schema: Option<String>,
    /// The program and its arguments. `{port}` in an argument is replaced by the port.
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    command: Vec<String>,
    /// What the sidecar is called in the output. Default: the program's name.
    name: Option<String>,
    /// The folder to run it in. Default: the caller's.
    cwd: Option<PathBuf>,
    /// The port it shall listen on: a number, an inclusive range, or auto. Default: none.
    #[cfg_attr(feature = "schema", schemars(with = "Option<PortSchema>"))]
    port: Option<PortWish>,
    /// The variable that tells it the port. Default: `PORT`.
    port_env: Option<String>,
    /// Ready when this path answers with a status below 500.
    http: Option<String>,
    /// Ready when the port accepts connections.
    tcp: bool,
    /// Ready when this shell command ends with code 0.
    check_cmd: Option<String>,
    /// How long it may take to become ready: `250ms`, `5s`, `2m`. Default: `120s`.
    #[serde(deserialize_with = "time")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<TimeSchema>"))]
    ready_timeout: Option<Duration>,
    /// Repeats the check this often once it is ready. Default: never.
    #[serde(deserialize_with = "time")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<TimeSchema>"))]
    liveness: Option<Duration>,
    /// From the stop signal to force. Default: `5s`.
    #[serde(deserialize_with = "time")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<TimeSchema>"))]
    grace: Option<Duration>,
    /// When a new run follows. Default: `never`.
    restart: Option<When>,
    /// Gives up after so many crashes within a minute. Default: 5.
    max_restarts: Option<u32>,
    /// The first delay before a new run; doubles with each crash. Default: `250ms`.
    #[serde(deserialize_with = "time")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<TimeSchema>"))]
    backoff: Option<Duration>,
    /// Keeps its output in this file, and the last one beside it with `.prev` behind its name.
    log: Option<PathBuf>,
    /// Gives it the environment of a login shell instead of the caller's.
    login_env: bool,
}

fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    Ok(Option::<Time>::deserialize(deserializer)?.map(|Time(time)| time))
}

/// A duration that is checked while the parser stands at it, so that an error has its line.
struct Time(Duration);

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Time, D::Error> {
        struct TimeVisitor;
        impl Visitor<'_> for TimeVisitor {
            type Value = Time;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a duration such as \"250ms\", \"5s\" or \"2m\"")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Time, E> {
                duration(text).map(Time).map_err(E::custom)
            }
        }
        deserializer.deserialize_str(TimeVisitor)
    }
}

/// What is wrong with a configuration file, and where.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) struct BadFile {
    file: PathBuf,
    /// Counted from 1; 0 where it is no matter of one.
    line: usize,
    /// Empty where it is no matter of one.
    key: String,
    problem: String,
}

impl fmt::Display for BadFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if self.line > 0 {
            write!(f, ", line {}", self.line)?;
        }
        if !self.key.is_empty() {
            write!(f, ", key `{}`", self.key)?;
        }
        write!(f, ": {}", self.problem)
    }
}

impl File {
    /// Reads a file.
    pub(crate) fn load(path: &Path) -> Result<File, BadFile> {
        let bad = |line, key: String, problem: String| BadFile {
            file: path.to_path_buf(),
            line,
            key,
            problem,
        };
        let text = fs::read_to_string(path)
            .map_err(|e| bad(0, String::new(), format!("it cannot be read: {e}")))?;
        // serde would fill a struct from a list as well.
        if text.trim_start().starts_with('[') {
            return Err(bad(1, String::new(), "expected an object: `{ … }`".into()));
        }
        let mut json = serde_json::Deserializer::from_str(&text);
        let file: File = serde_path_to_error::deserialize(&mut json).map_err(|e| {
            let (key, inner) = (e.path().to_string(), e.inner());
            let place = format!(" at line {} column {}", inner.line(), inner.column());
            let message = inner.to_string().replace(&place, "");
            let unknown = message
                .strip_prefix("unknown field `")
                .and_then(|m| m.split('`').next());
            let key = unknown.map_or(key, str::to_owned);
            bad(
                inner.line(),
                if key == "." { String::new() } else { key },
                message,
            )
        })?;
        json.end()
            .map_err(|e| bad(e.line(), String::new(), e.to_string()))?;
        let checks = [file.http.is_some(), file.tcp, file.check_cmd.is_some()];
        if checks.iter().filter(|c| **c).count() > 1 {
            let problem = "only one of `http`, `tcp` and `checkCmd` can be the check";
            return Err(bad(0, String::new(), problem.into()));
        }
        Ok(file)
    }

    /// Fills in what the flags leave open. `folder` is where the file lies.
    pub(crate) fn fill(self, run: &mut Run, folder: &Path) {
        if run.command.is_empty() {
            run.command = self.command.into_iter().map(Into::into).collect();
        }
        // Three answers to one question: a flag for any of them wins over a key for another.
        if run.http.is_none() && !run.tcp && run.check_cmd.is_none() {
            (run.http, run.tcp, run.check_cmd) = (self.http, self.tcp, self.check_cmd);
        }
        run.name = run.name.take().or(self.name);
        run.cwd = run.cwd.take().or(self.cwd.map(|p| folder.join(p)));
        run.port = run.port.or(self.port);
        run.port_env = run.port_env.take().or(self.port_env);
        run.ready_timeout = run.ready_timeout.or(self.ready_timeout);
        run.liveness = run.liveness.or(self.liveness);
        run.grace = run.grace.or(self.grace);
        run.restart = run.restart.or(self.restart);
        run.max_restarts = run.max_restarts.or(self.max_restarts);
        run.backoff = run.backoff.or(self.backoff);
        run.log = run.log.take().or(self.log.map(|p| folder.join(p)));
        run.login_env |= self.login_env;
    }
}

/// How the schema describes a duration.
#[cfg(feature = "schema")]
#[derive(schemars::JsonSchema)]
#[schemars(transparent, inline)]
#[expect(dead_code, reason = "only its schema is used")]
struct TimeSchema(#[schemars(regex(pattern = r"^[0-9]+(ms|s|m)$"))] String);

/// How the schema describes a port.
#[cfg(feature = "schema")]
#[derive(schemars::JsonSchema)]
#[schemars(untagged, inline)]
#[expect(dead_code, reason = "only its schema is used")]
enum PortSchema {
    /// This one and no other.
    Fixed(#[schemars(range(min = 1))] u16),
    /// `4000-4010` or `auto`.
    Text(#[schemars(regex(pattern = r"^([0-9]+(-[0-9]+)?|auto)$"))] String),
}

#[cfg(all(test, feature = "schema"))]
mod tests {
    use super::*;

    /// `BLESS=1` rewrites it.
    #[test]
    fn the_committed_schema_is_the_one_that_the_types_give() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas/sidecar.schema.json");
        let fresh = serde_json::to_string_pretty(&schemars::schema_for!(File)).unwrap() + "\n";
        if std::env::var_os("BLESS").is_some() {
            fs::write(&file, &fresh).unwrap();
        }
        let committed = fs::read_to_string(&file).unwrap_or_default();
        assert_eq!(
            committed, fresh,
            "run this test with BLESS=1 and commit the file"
        );
    }
}
