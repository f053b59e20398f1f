//! From the project's files to a sidecar's configuration.

use std::path::{Path, PathBuf};
use std::time::Duration;

use berth_project::{Config, Plan, PortChannel};
use tauri_plugin_sidecar_lifecycle::engine::environ::{EnvMap, child_path, find_tool, user_env};
use tauri_plugin_sidecar_lifecycle::engine::ports::PortWish;
use tauri_plugin_sidecar_lifecycle::engine::{HealthCheck, Restart, SidecarBuilder, SidecarConfig};

use super::environment;
use crate::opening::Session;

/// A server that died is started again this often within a minute before it is given up.
const MAX_RESTARTS: u32 = 3;
/// From the stop signal to force.
const GRACE: Duration = Duration::from_secs(5);

/// A tool that is nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NotFound {
    pub(crate) tool: String,
    pub(crate) looked_in: Vec<PathBuf>,
}

/// What stands between a plan and its start.
#[derive(Debug)]
pub(crate) enum Unprepared {
    NotFound(NotFound),
    Config(tauri_plugin_sidecar_lifecycle::engine::ConfigError),
}

/// Reads what the project says about itself, with everything that wins over it.
pub(crate) fn plan(session: &Session) -> Result<Plan, berth_project::ProjectError> {
    let own = Config::load(&session.folder)?.unwrap_or_default();
    Plan::for_folder(&session.folder, &session.config.clone().or(own))
}

/// Finds the program that a command begins with.
fn tool(tool: &str, plan: &Plan, env: &EnvMap) -> Result<(PathBuf, Option<PathBuf>), NotFound> {
    let tool = tool.to_owned();
    // A path is meant as it is written, from the project's folder on.
    if tool.contains(std::path::is_separator) {
        let path = plan.folder.join(&tool);
        let looked_in = path.parent().map(Path::to_path_buf).into_iter().collect();
        return if path.is_file() {
            Ok((path, None))
        } else {
            Err(NotFound { tool, looked_in })
        };
    }
    let home = dirs::home_dir().unwrap_or_default();
    let lookup = find_tool(&tool, env, &home, &plan.folder);
    let extra = lookup.extra_dir().map(Path::to_path_buf);
    match lookup.found {
        Some(found) => Ok((found, extra)),
        None => Err(NotFound {
            tool,
            looked_in: lookup.looked_in,
        }),
    }
}

/// The configuration of the project's server.
pub(crate) fn server(
    session: &Session,
    plan: &Plan,
    port_override: Option<u16>,
) -> Result<SidecarConfig, Unprepared> {
    let remembered = session.settings.get().port;
    command(session, plan, &plan.argv)?
        .port(wish(plan, port_override, remembered))
        .port_variable("PORT")
        .health_check(HealthCheck::http(&plan.start_route))
        .any_http_status(true)
        .ready_timeout(plan.ready_timeout)
        .restart(Restart::OnFailure)
        .restart_unready(false)
        .max_restart_attempts(MAX_RESTARTS)
        .build()
        .map_err(Unprepared::Config)
}

/// The configuration of what installs the project's packages: it runs once, in the server's place.
pub(crate) fn install(
    session: &Session,
    plan: &Plan,
    argv: &[String],
) -> Result<SidecarConfig, Unprepared> {
    command(session, plan, argv)?
        .restart(Restart::Never)
        .build()
        .map_err(Unprepared::Config)
}

/// What every command of the project gets: its program, the user's environment, the log.
fn command(session: &Session, plan: &Plan, argv: &[String]) -> Result<SidecarBuilder, Unprepared> {
    let cache = session.paths.state.join("environment");
    let user = user_env(&plan.folder, &cache);
    let wanted = argv.first().map_or("", String::as_str);
    let (program, extra) = tool(wanted, plan, &user).map_err(Unprepared::NotFound)?;
    let mut env = environment::for_server(user, plan.env.clone());
    // A setting for pnpm that npm does not know, and warns of on each start.
    let by_npm = plan.package_manager.as_ref();
    if by_npm.is_some_and(|c| c.manager == berth_project::PackageManager::Npm) {
        env.remove(std::ffi::OsStr::new(
            "npm_config_manage_package_manager_versions",
        ));
    }
    // The tool may be a script that needs node, which lies where the tool was found or is found
    // in the same way.
    let home = dirs::home_dir().unwrap_or_default();
    let node = find_tool("node", &env, &home, &plan.folder);
    let dirs = [extra.as_deref(), node.extra_dir()].into_iter().flatten();
    let path = child_path(&env, dirs);
    env.insert("PATH".into(), path);

    Ok(SidecarConfig::builder()
        .program(program)
        .args(argv.iter().skip(1))
        .clear_env(true)
        .envs(env)
        .cwd(&plan.folder)
        .graceful_shutdown_timeout(GRACE)
        .log_file(session.paths.server_log()))
}

/// Which port to ask for: what the user has just chosen, what is configured or fixed in the
/// script, what was used the last time, the framework's own, any.
fn wish(plan: &Plan, port_override: Option<u16>, remembered: Option<u16>) -> PortWish {
    let movable = plan.port.channel != PortChannel::Script;
    let settled = match plan.port.source {
        berth_project::PortSource::Configured | berth_project::PortSource::Script => plan.port.port,
        berth_project::PortSource::Framework | berth_project::PortSource::Nobody => None,
    };
    let port = port_override
        .filter(|_| movable)
        .or(settled)
        .or(remembered.filter(|_| movable))
        .or(plan.port.port);
    port.map_or(PortWish::Auto, PortWish::Fixed)
}
