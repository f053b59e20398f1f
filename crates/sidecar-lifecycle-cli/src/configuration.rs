//! From flags and file to what the engine takes.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sidecar_lifecycle::environ::{EnvMap, capture_login_env, scrub};
use sidecar_lifecycle::{HealthCheck, SidecarConfig};

use crate::args::Run;
use crate::file::File;

/// Adds what the configuration file says.
pub(crate) fn complete(mut run: Run) -> Result<Run, String> {
    if let Some(path) = run.config.take() {
        let path = std::path::absolute(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        let file = File::load(&path).map_err(|e| e.to_string())?;
        file.fill(&mut run, path.parent().unwrap_or(&path));
    }
    Ok(run)
}

/// What the sidecar is called: as it was named, else as its program.
pub(crate) fn label(args: &Run) -> String {
    args.name.clone().unwrap_or_else(|| {
        args.command
            .first()
            .map(PathBuf::from)
            .and_then(|p| p.file_name().map(|n| n.to_string_lossy().into_owned()))
            .unwrap_or_else(|| "sidecar".to_owned())
    })
}

/// What the engine is to run.
pub(crate) fn config(args: &Run) -> Result<SidecarConfig, String> {
    let Some((program, rest)) = args.command.split_first() else {
        return Err("no command: put it behind `--`, as in `sidecar run -- pnpm dev`".into());
    };
    if args.port.is_none() && (args.http.is_some() || args.tcp) {
        return Err("a check of the server needs its port: add --port N, A-B or auto".into());
    }
    let mut builder = SidecarConfig::builder()
        .program(program)
        .args(rest.to_vec());
    let cwd = args.cwd.clone().map_or_else(std::env::current_dir, Ok);
    let cwd = cwd.and_then(|c| c.canonicalize().map_err(|e| annotate(&c, &e)));
    let cwd = cwd.map_err(|e| format!("cannot use the working folder: {e}"))?;
    if args.login_env {
        builder = builder.clear_env(true).envs(login_env(&cwd)?);
    }
    builder = builder.cwd(cwd);
    if let Some(port) = args.port {
        builder = builder.port(port);
    }
    if let Some(name) = &args.port_env {
        builder = builder.port_variable(name);
    }
    if let Some(path) = &args.http {
        builder = builder.health_check(HealthCheck::http(path));
    }
    if args.tcp {
        builder = builder.health_check(HealthCheck::tcp());
    }
    if let Some(command) = &args.check_cmd {
        builder = builder.health_check(HealthCheck::Command {
            cmd: "sh".into(),
            args: vec!["-c".into(), command.clone()],
            expected_exit: 0,
        });
    }
    if let Some(limit) = args.ready_timeout {
        builder = builder.ready_timeout(limit);
    }
    if let Some(interval) = args.liveness {
        builder = builder.liveness(interval);
    }
    if let Some(grace) = args.grace {
        builder = builder.graceful_shutdown_timeout(grace);
    }
    if let Some(when) = args.restart {
        builder = builder.restart(when.into());
    }
    if let Some(max) = args.max_restarts {
        builder = builder.max_restart_attempts(max);
    }
    if let Some(first) = args.backoff {
        builder = builder.restart_backoff(first);
    }
    if let Some(path) = &args.log {
        let path = std::path::absolute(path).map_err(|e| format!("{}: {e}", path.display()))?;
        builder = builder.log_file(path);
    }
    builder.build().map_err(|e| e.to_string())
}

/// The environment that the user's login shell sets up in this folder.
fn login_env(folder: &Path) -> Result<EnvMap, String> {
    /// Start-up files that take longer are broken or wait for an answer.
    const LIMIT: Duration = Duration::from_secs(20);
    let shell = std::env::var_os("SHELL").filter(|s| !s.is_empty());
    let shell = PathBuf::from(shell.unwrap_or_else(|| "/bin/sh".into()));
    let mut env = capture_login_env(&shell, folder, LIMIT).map_err(|e| e.to_string())?;
    scrub(&mut env);
    Ok(env)
}

fn annotate(path: &Path, e: &io::Error) -> io::Error {
    io::Error::new(e.kind(), format!("{}: {e}", path.display()))
}
