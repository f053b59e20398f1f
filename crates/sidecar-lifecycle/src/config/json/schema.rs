//! The committed JSON Schema is the one that the types give, and it agrees with the reader.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema, schema_for};

use super::health::{CheckJson, ProbeJson};
use super::needs::NeedJson;
use super::sidecar::SidecarJson;
use super::values::{SIGNALS, Time};
use crate::core::Condition;

#[derive(JsonSchema)]
#[schemars(title = "sidecar run --config", untagged)]
#[expect(dead_code, reason = "only its schema is used")]
/// One sidecar, whose keys stand at the top, or a fleet of them below `sidecars`. Relative paths
/// count from this file's folder. Comments are not allowed.
enum File {
    Fleet(Fleet),
    One(Box<SidecarJson>),
}

/// Sidecars that belong together.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
struct Fleet {
    /// The JSON Schema of this file, for editors.
    #[schemars(rename = "$schema")]
    schema: Option<String>,
    /// Each under its id, by which others name it in `dependsOn`.
    #[schemars(extend("minProperties" = 1, "propertyNames" = { "minLength": 1 }))]
    sidecars: BTreeMap<String, SidecarJson>,
}

/// A number, a range or `auto`.
#[derive(JsonSchema)]
#[schemars(untagged, inline)]
#[expect(dead_code, reason = "only its schema is used")]
pub(super) enum Port {
    /// This one and no other.
    Fixed(#[schemars(range(min = 1, max = 65535))] u16),
    /// `4000-4010` or `auto`.
    Text(#[schemars(regex(pattern = r"^([0-9]+(\s*-\s*[0-9]+)?|auto)$"))] String),
}

/// Both ends included.
#[derive(JsonSchema)]
#[schemars(transparent, inline)]
#[expect(dead_code, reason = "only its schema is used")]
pub(super) struct PortRange(#[schemars(regex(pattern = r"^[0-9]+\s*-\s*[0-9]+$"))] String);

/// As far as the system's go.
#[derive(JsonSchema)]
#[schemars(transparent, inline)]
#[expect(dead_code, reason = "only its schema is used")]
pub(super) struct ExitCode(#[schemars(range(min = -2_147_483_648_i64, max = 2_147_483_647))] i32);

/// By name or number.
pub(super) struct Signal;

impl JsonSchema for Signal {
    fn schema_name() -> Cow<'static, str> {
        "Signal".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let names: Vec<String> = SIGNALS
            .iter()
            .flat_map(|name| [(*name).to_owned(), format!("SIG{name}")])
            .collect();
        json_schema!({ "anyOf": [
            { "type": "string", "enum": names },
            { "type": "integer", "minimum": 1, "maximum": 64 },
        ]})
    }
}

/// An object with a `type`.
#[derive(JsonSchema)]
#[schemars(
    tag = "type",
    rename_all = "lowercase",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
#[expect(dead_code, reason = "only its schema is used")]
enum Check {
    /// A GET is answered with a status below 500.
    Http {
        /// Path and query.
        #[schemars(regex(pattern = "^/[!-~]*$"))]
        path: String,
        /// The longest one request may take. Default: `30s`.
        timeout: Option<Time>,
        /// Between two checks once it is ready. Default: `10s`.
        interval: Option<Time>,
    },
    /// A connection is accepted, and another one 50 ms later.
    Tcp {
        /// Default: the chosen port.
        #[schemars(range(min = 1, max = 65535))]
        port: Option<u16>,
        /// The longest one connection may take. Default: `30s`.
        timeout: Option<Time>,
    },
    /// A command ends with the expected code. It runs in the sidecar's folder and environment.
    Command {
        /// The program.
        #[schemars(length(min = 1))]
        cmd: String,
        /// Its arguments. `{port}` is replaced.
        args: Option<Vec<String>>,
        /// The code that means healthy. Default: 0.
        #[schemars(with = "Option<ExitCode>")]
        expected_exit: Option<i32>,
    },
}

/// `"/path"` asks for this path by HTTP, `"tcp"` connects to the port; all else is an object.
#[derive(JsonSchema)]
#[schemars(untagged, rename = "HealthCheck")]
#[expect(dead_code, reason = "only its schema is used")]
enum AnyCheck {
    Short(#[schemars(regex(pattern = "^(/[!-~]*|tcp)$"))] String),
    Object(Check),
}

/// A check that is repeated once the sidecar is ready.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
struct ProbeObject {
    /// What is asked. Default: the sidecar's `healthCheck`.
    check: Option<AnyCheck>,
    /// From the end of one check to the beginning of the next. Default: the check's own.
    interval: Option<Time>,
    /// The longest one check may take. Default: the check's own.
    timeout: Option<Time>,
    /// Passes in a row that count as healthy again. Default: 1.
    #[schemars(range(min = 1, max = 4_294_967_295_u32))]
    success_threshold: Option<u32>,
    /// Failures in a row that count as lost. Default: 3.
    #[schemars(range(min = 1, max = 4_294_967_295_u32))]
    failure_threshold: Option<u32>,
}

/// A duration repeats the `healthCheck` this often; all else is an object.
#[derive(JsonSchema)]
#[schemars(untagged, rename = "Probe")]
#[expect(dead_code, reason = "only its schema is used")]
enum AnyProbe {
    Every(Time),
    Object(ProbeObject),
}

/// A sidecar that is needed, and when it is good enough.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
struct Need {
    /// Its id.
    #[schemars(length(min = 1))]
    id: String,
    /// Default: `ready`.
    condition: Option<Condition>,
}

/// An id means ready; all else is an object.
#[derive(JsonSchema)]
#[schemars(untagged, rename = "Dependency")]
#[expect(dead_code, reason = "only its schema is used")]
enum AnyNeed {
    Id(#[schemars(length(min = 1))] String),
    Object(Need),
}

/// The schema of a type is that of its written form.
macro_rules! written_as {
    ($($type:ty: $form:ty,)*) => {
        $(impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                <$form>::schema_name()
            }

            fn schema_id() -> Cow<'static, str> {
                <$form>::schema_id()
            }

            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                <$form>::json_schema(generator)
            }
        })*
    };
}

written_as! {
    CheckJson: AnyCheck,
    ProbeJson: AnyProbe,
    NeedJson: AnyNeed,
}

fn in_repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(path)
}

/// `BLESS=1` rewrites it.
#[test]
fn the_committed_schema_is_the_one_that_the_types_give() {
    let fresh = serde_json::to_string_pretty(&schema_for!(File)).unwrap() + "\n";
    // One for people and editors, and one that goes with the crate.
    for file in [
        "schemas/sidecar.schema.json",
        "crates/sidecar-lifecycle/src/config/json/sidecar.schema.json",
    ] {
        let file = in_repository(file);
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
