//! The command line: one engine, one sidecar.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use log::LevelFilter;
use sidecar_lifecycle::ports::PortWish;
use sidecar_lifecycle::{ConfigError, HealthCheck, Leftovers, Restart, SidecarConfig, StdoutMode};

/// A host for tests: it starts the guardian, an engine and one sidecar, prints every event as a
/// line of JSON, and obeys lines on stdin.
///
/// Orders: `start`, `stop`, `restart`, `restart*N`, `roll`, `read BYTES`, `shutdown`, `force`, `panic`, `panic-thread`,
/// `abort`, `exit`, `return`, `allocate MIB`; on Windows also `join-console` and `leave-console`.
#[derive(Debug, Parser)]
pub(crate) struct Args {
    /// Where the engine keeps its state files.
    #[arg(long, value_name = "DIR")]
    pub(crate) state_dir: PathBuf,
    /// The app that this host is.
    #[arg(long, value_name = "ID", default_value = "fake-host")]
    pub(crate) app_id: String,
    /// The port that the sidecar shall listen on.
    #[arg(long, value_name = "N|A-B|auto")]
    port: Option<PortWish>,
    /// Ready when this path answers.
    #[arg(long, value_name = "PATH", conflicts_with = "tcp")]
    http: Option<String>,
    /// Ready when the port accepts connections.
    #[arg(long)]
    tcp: bool,
    /// From spawn to ready at the most.
    #[arg(long, value_name = "MS", default_value = "30000")]
    ready_timeout: u64,
    /// From the stop signal to force.
    #[arg(long, value_name = "MS", default_value = "5000")]
    grace: u64,
    /// What of the engine's own log is told.
    #[arg(long, value_name = "LEVEL", default_value = "warn")]
    pub(crate) log_level: LevelFilter,
    /// Keeps the sidecar's output here.
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    /// Bytes, from which on the next line begins another log file.
    #[arg(long, value_name = "BYTES")]
    log_limit: Option<u64>,
    /// How many of those are kept.
    #[arg(long, value_name = "N")]
    log_files: Option<u32>,
    /// An executable to be left alone, besides those that always are.
    #[arg(long, value_name = "NAME")]
    keep: Vec<String>,
    /// Has the sidecar's stdout to be read by the order `read`.
    #[arg(long)]
    raw: bool,
    /// What becomes of the sidecar when this host ends.
    #[arg(long, value_name = "end|keep|adopt", default_value = "end", value_parser = leftovers)]
    leftovers: Leftovers,
    /// Goes without a guardian.
    #[arg(long)]
    pub(crate) no_guardian: bool,
    /// Has a standby for the guardian.
    #[arg(long, conflicts_with = "no_guardian")]
    pub(crate) standby: bool,
    /// Once it is ready, asks this often whether it lives.
    #[arg(long, value_name = "MS")]
    liveness: Option<u64>,
    /// Starts a new run after a crash.
    #[arg(long)]
    restart: bool,
    /// From a crash to the new run at the most.
    #[arg(long, value_name = "MS", default_value = "20")]
    restart_backoff: u64,
    /// How many sidecars of this kind to start: `web`, `web-2` and so on.
    #[arg(long, value_name = "N", default_value = "1")]
    pub(crate) count: usize,
    /// The sidecar's command.
    #[arg(last = true, required = true)]
    command: Vec<OsString>,
}

fn leftovers(word: &str) -> Result<Leftovers, String> {
    let quoted = format!("{word:?}");
    serde_json::from_str(&quoted).map_err(|e| e.to_string())
}

impl Args {
    /// What the engine is to run.
    pub(crate) fn sidecar(&self) -> Result<SidecarConfig, ConfigError> {
        let mut keep: Vec<String> = sidecar_lifecycle::guardian::DEFAULT_KEEP
            .iter()
            .map(ToString::to_string)
            .collect();
        keep.extend(self.keep.iter().cloned());
        let mut builder = SidecarConfig::builder()
            .program(self.command.first().map(PathBuf::from).unwrap_or_default())
            .args(self.command.iter().skip(1).cloned())
            .port(self.port.unwrap_or_default())
            .ready_timeout(Duration::from_millis(self.ready_timeout))
            .graceful_shutdown_timeout(Duration::from_millis(self.grace))
            .restart(if self.restart {
                Restart::OnFailure
            } else {
                Restart::Never
            })
            .restart_backoff(Duration::from_millis(self.restart_backoff))
            .keep(keep);
        builder = builder.leftovers(self.leftovers);
        if self.raw {
            builder = builder.stdout(StdoutMode::Raw);
        }
        if let Some(path) = &self.http {
            builder = builder.health_check(HealthCheck::http(path));
        } else if self.tcp {
            builder = builder.health_check(HealthCheck::tcp());
        }
        if let Some(interval) = self.liveness {
            builder = builder.liveness(Duration::from_millis(interval));
        }
        if let Some(path) = &self.log {
            builder = builder.log_file(path);
        }
        if let Some(limit) = self.log_limit {
            builder = builder.log_limit(limit);
        }
        if let Some(count) = self.log_files {
            builder = builder.log_files(count);
        }
        builder.build()
    }
}
