//! From flags and file to what the engine takes.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sidecar_lifecycle::environ::{
    CaptureError, EnvMap, capture_login_env, current_env, scrub, set_var,
};
use sidecar_lifecycle::ports::PortWish;
use sidecar_lifecycle::{HealthCheck, SidecarBuilder, SidecarConfig, StdoutMode};

use crate::args::Run;
use crate::file;
use crate::paint::complain;

/// What is to be run: configurations by label.
pub(crate) type Sidecars = Vec<(String, SidecarConfig)>;
/// All that speaks against it, one a line.
pub(crate) type Problems = Vec<String>;

/// What flags and file ask for. Those that are needed come before those that need them.
pub(crate) fn sidecars(args: &Run) -> Result<Sidecars, Problems> {
    let mut sidecars = match &args.config {
        Some(path) => file::load(path, args)?,
        None => vec![of_flags(args).map_err(|problem| vec![problem])?],
    };
    let folders = sidecars.iter_mut().map(|(_, config)| find_folder(config));
    let mut problems: Problems = folders.filter_map(Result::err).collect();
    problems.extend(sidecars.iter().filter_map(unread));
    if !problems.is_empty() {
        return Err(problems);
    }
    if args.login_env {
        add_login_env(&mut sidecars).map_err(|problem| vec![problem])?;
    }
    Ok(sidecars)
}

/// A sidecar without a file.
fn of_flags(args: &Run) -> Result<(String, SidecarConfig), String> {
    if args.command.is_empty() {
        return Err("no command: put it behind `--`, as in `sidecar run -- pnpm dev`".into());
    }
    if args.port.is_none() && (args.http.is_some() || args.tcp) {
        return Err("a check of the server needs its port: add --port N, A-B or auto".into());
    }
    let has_check = args.http.is_some() || args.tcp || args.check_cmd.is_some();
    if args.liveness.is_some() && !has_check {
        return Err("--liveness repeats a check: add --http, --tcp or --check-cmd".into());
    }
    let config = overlay(args, SidecarConfig::builder()).build();
    let config = config.map_err(|e| e.to_string())?;
    Ok((label(args, &config), config))
}

/// What a single sidecar is called: as it was named, else as its program, on Windows without the
/// `.exe` or `.cmd` that nobody says.
pub(crate) fn label(args: &Run, config: &SidecarConfig) -> String {
    let file = if cfg!(windows) {
        config.program.file_stem()
    } else {
        config.program.file_name()
    };
    let program = || file.map(|n| n.to_string_lossy().into_owned());
    let name = args.name.clone().or_else(program);
    name.unwrap_or_else(|| "sidecar".to_owned())
}

/// The flags that describe one sidecar, as far as they were given.
pub(crate) fn of_one(args: &Run) -> Vec<&'static str> {
    let flags = [
        ("--name", args.name.is_some()),
        ("--cwd", args.cwd.is_some()),
        ("--port", args.port.is_some()),
        ("--port-env", args.port_env.is_some()),
        ("--http", args.http.is_some()),
        ("--tcp", args.tcp),
        ("--check-cmd", args.check_cmd.is_some()),
        ("--ready-timeout", args.ready_timeout.is_some()),
        ("--liveness", args.liveness.is_some()),
        ("--grace", args.grace.is_some()),
        ("--restart", args.restart.is_some()),
        ("--max-restarts", args.max_restarts.is_some()),
        ("--backoff", args.backoff.is_some()),
        ("--log", args.log.is_some()),
        ("a command", !args.command.is_empty()),
    ];
    let given = flags.into_iter().filter(|(_, given)| *given);
    given.map(|(flag, _)| flag).collect()
}

/// Lets the flags win over what the builder has from elsewhere.
pub(crate) fn overlay(args: &Run, mut builder: SidecarBuilder) -> SidecarBuilder {
    if let Some((program, rest)) = args.command.split_first() {
        builder = builder.program(program).args(rest.to_vec());
    }
    if let Some(folder) = &args.cwd {
        builder = builder.cwd(absolute(folder));
    }
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
        builder = builder.health_check(in_shell(command));
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
        builder = builder.log_file(absolute(path));
    }
    builder
}

/// A line as typed in a terminal. The engine hands it to `cmd.exe` as it stands where the words
/// before it are exactly these.
fn in_shell(line: &str) -> HealthCheck {
    if cfg!(windows) {
        HealthCheck::command("cmd", ["/d", "/s", "/c", line])
    } else {
        HealthCheck::command("sh", ["-c", line])
    }
}

/// From the caller's folder. It fails only for an empty path or without a current folder, and then
/// the engine says what is wrong with the path as it is.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf())
}

/// Nobody here would read a protocol, and a sidecar that is not read stands still.
fn unread((label, config): &(String, SidecarConfig)) -> Option<String> {
    (config.stdout == StdoutMode::Raw).then(|| {
        format!("{label}: `stdout` is `raw`, for an app that reads it: leave it out to see it here")
    })
}

/// The working folder by its real name, which is also what the sidecar sees.
fn find_folder(config: &mut SidecarConfig) -> Result<(), String> {
    let folder = config.cwd.take().map_or_else(std::env::current_dir, Ok);
    let folder = folder.map_err(|e| format!("cannot use the working folder: {e}"))?;
    let real = berth_project::real_folder(&folder);
    let real = real.map_err(|e| {
        let folder = folder.display();
        format!("cannot use the working folder: {folder}: {e}")
    })?;
    config.cwd = Some(real);
    Ok(())
}

/// Gives each of them what the user's login shell sets up in its folder, below its own variables.
/// Windows has no such shell: who asks for one there is told what is given in its place.
fn add_login_env(sidecars: &mut Sidecars) -> Result<(), String> {
    if cfg!(windows) {
        complain(
            "--login-env: Windows has no login shell, and every program has the user's \
             environment: it is given the one here",
        );
    }
    let mut known: BTreeMap<PathBuf, EnvMap> = BTreeMap::new();
    for (_, config) in sidecars {
        let Some(folder) = config.cwd.clone() else {
            continue;
        };
        let mut env = match known.get(&folder) {
            Some(env) => env.clone(),
            None => login_env(&folder)?,
        };
        known.insert(folder, env.clone());
        if config.port != PortWish::None {
            // Of a start-up file, and not meant for this sidecar.
            env.retain(|name, _| !is_port(name));
        }
        for (name, value) in std::mem::take(&mut config.env) {
            set_var(&mut env, name, value);
        }
        config.env = env;
        config.clear_env = true;
    }
    Ok(())
}

fn is_port(variable: &OsStr) -> bool {
    variable == "PORT" || cfg!(windows) && variable.eq_ignore_ascii_case("PORT")
}

/// The environment that the user's login shell sets up in this folder.
fn login_env(folder: &Path) -> Result<EnvMap, String> {
    /// Start-up files that take longer are broken or wait for an answer.
    const LIMIT: Duration = Duration::from_secs(20);
    let shell = std::env::var_os("SHELL").filter(|s| !s.is_empty());
    let shell = PathBuf::from(shell.unwrap_or_else(|| "/bin/sh".into()));
    let mut env = match capture_login_env(&shell, folder, LIMIT) {
        Err(CaptureError::NotNeeded) => current_env(),
        other => other.map_err(|e| e.to_string())?,
    };
    scrub(&mut env);
    Ok(env)
}
