//! Checks and probes as JSON.

use std::time::Duration;

use super::fields::{FromJson, Item};
use super::node::Kind;
use super::values::{Time, unknown};
use crate::config::{HealthCheck, Probe};

/// A check: `"/path"` for an HTTP one, `"tcp"`, or an object with a `type`.
#[derive(Debug)]
pub(super) struct CheckJson(pub(super) HealthCheck);

const TYPES: [&str; 3] = ["http", "tcp", "command"];

impl FromJson for CheckJson {
    fn read(item: &Item<'_>) -> Option<CheckJson> {
        let check = match &item.node.kind {
            Kind::Text(text) if text.starts_with('/') => Some(HealthCheck::http(text)),
            Kind::Text(text) if text == "tcp" => Some(HealthCheck::tcp()),
            Kind::Object(_) => object(item),
            _ => item.expected(
                "a path like \"/health\", \"tcp\", or an object with a `type`: http, tcp or command",
            ),
        };
        check.map(CheckJson)
    }
}

fn object(item: &Item<'_>) -> Option<HealthCheck> {
    let mut fields = item.fields()?;
    let Some(kind) = fields.item("type") else {
        item.say("its `type` is missing: http, tcp or command");
        return None;
    };
    let kind_text = String::read(&kind)?;
    let check = match kind_text.as_str() {
        "http" => {
            let path = fields.required::<String>("path", "the path to ask for, like /health");
            let timeout = time(fields.take("timeout"), HealthCheck::DEFAULT_TIMEOUT);
            let interval = time(fields.take("interval"), HealthCheck::DEFAULT_INTERVAL);
            path.map(|path| HealthCheck::Http {
                path,
                timeout,
                interval,
            })
        }
        "tcp" => Some(HealthCheck::Tcp {
            port: fields.take("port"),
            timeout: time(fields.take("timeout"), HealthCheck::DEFAULT_TIMEOUT),
        }),
        "command" => {
            let cmd = fields.required::<String>("cmd", "the program to run");
            let args = fields.take("args").unwrap_or_default();
            let expected_exit = fields.take("expectedExit").unwrap_or_default();
            cmd.map(|cmd| HealthCheck::Command {
                cmd,
                args,
                expected_exit,
            })
        }
        other => return unknown(&kind, other, &TYPES),
    };
    fields.finish();
    check
}

fn time(given: Option<Time>, default: Duration) -> Duration {
    given.map_or(default, |Time(time)| time)
}

/// A probe: a duration, or an object.
#[derive(Debug)]
pub(super) struct ProbeJson(pub(super) Probe);

impl FromJson for ProbeJson {
    fn read(item: &Item<'_>) -> Option<ProbeJson> {
        if let Kind::Text(_) = item.node.kind {
            return Time::read(item).map(|Time(interval)| ProbeJson(Probe::every(interval)));
        }
        if !matches!(item.node.kind, Kind::Object(_)) {
            return item.expected("a duration such as \"10s\", or an object: `{ … }`");
        }
        let mut fields = item.fields()?;
        let default = Probe::default();
        let probe = Probe {
            check: fields.take("check").map(|CheckJson(check)| check),
            interval: fields.take("interval").map(|Time(time)| time),
            timeout: fields.take("timeout").map(|Time(time)| time),
            success_threshold: fields
                .take("successThreshold")
                .unwrap_or(default.success_threshold),
            failure_threshold: fields
                .take("failureThreshold")
                .unwrap_or(default.failure_threshold),
        };
        fields.finish();
        Some(ProbeJson(probe))
    }
}
