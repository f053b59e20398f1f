//! The database: how it is started, and when it counts as ready.

use std::path::Path;
use std::time::Duration;

use tauri_plugin_sidecar_lifecycle::engine::{ConfigError, HealthCheck, Probe, SidecarConfig};

use crate::resp::{self, Reply};

/// Its id.
pub(crate) const REDIS: &str = "redis";

/// Every write is on the disk before it is answered: a SIGKILL takes nothing that was.
#[rustfmt::skip]
const ARGS: &[&str] = &[
    "--port", "{port}", "--bind", "127.0.0.1",
    "--appendonly", "yes", "--appendfsync", "always", "--save", "",
];

/// Redis with its data in `folder`, which must exist.
pub(crate) fn config(folder: &Path) -> Result<SidecarConfig, ConfigError> {
    SidecarConfig::builder()
        .name("redis-server")
        .args(ARGS.iter().copied())
        .cwd(folder)
        .port_range(6380..=6399)
        .health_check(pong())
        // A server that hangs is ended and replaced, as one that has died: when three questions in a
        // row were not answered, each within `resp`'s limit. While it writes to the disk it answers none.
        .liveness(Probe::every(Duration::from_secs(2)))
        .auto_restart(true)
        .restart_backoff(Duration::from_millis(100))
        .max_restart_attempts(5)
        .graceful_shutdown_timeout(Duration::from_secs(5))
        .build()
}

/// It answers. One that still reads its file accepts connections, and says so to each command.
fn pong() -> HealthCheck {
    HealthCheck::custom(|context| async move {
        let port = context.port.ok_or("it was given no port")?;
        match resp::ask(port, &["PING"]) {
            Ok(Reply::Text(text)) if text == "PONG" => Ok(()),
            Ok(reply) => Err(format!("PING was answered by {reply:?}")),
            Err(e) => Err(e.to_string()),
        }
    })
}
