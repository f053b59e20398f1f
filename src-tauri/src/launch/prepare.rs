//! From the project's files to a sidecar's configuration.

use std::path::{Path, PathBuf};
use std::time::Duration;

use berth_project::{Config, Plan, PortChannel};
use sidecar_lifecycle::environ::{EnvMap, child_path, find_tool};
use sidecar_lifecycle::ports::PortWish;
use sidecar_lifecycle::{HealthCheck, Restart, SidecarConfig};

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
    Config(sidecar_lifecycle::ConfigError),
}

/// Reads what the project says about itself, with everything that wins over it.
pub(crate) fn plan(session: &Session) -> Result<Plan, berth_project::ProjectError> {
    let own = Config::load(&session.folder)?.unwrap_or_default();
    Plan::for_folder(&session.folder, &session.config.clone().or(own))
}

/// Finds the plan's tool.
pub(crate) fn tool(plan: &Plan, env: &EnvMap) -> Result<(PathBuf, Option<PathBuf>), NotFound> {
    let tool = plan.argv.first().cloned().unwrap_or_default();
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

/// The finished configuration.
pub(crate) fn config(
    session: &Session,
    plan: &Plan,
    port_override: Option<u16>,
) -> Result<SidecarConfig, Unprepared> {
    let cache = session.paths.state.join("environment");
    let user = environment::of_user(&plan.folder, &cache);
    let (program, extra) = tool(plan, &user).map_err(Unprepared::NotFound)?;
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

    let remembered = session.settings.get().port;
    SidecarConfig::builder()
        .program(program)
        .args(plan.argv.iter().skip(1))
        .clear_env(true)
        .envs(env)
        .cwd(&plan.folder)
        .port(wish(plan, port_override, remembered))
        .port_variable("PORT")
        .health_check(HealthCheck::http(&plan.start_route))
        .any_http_status(true)
        .ready_timeout(plan.ready_timeout)
        .graceful_shutdown_timeout(GRACE)
        .restart(Restart::OnFailure)
        .restart_unready(false)
        .max_restart_attempts(MAX_RESTARTS)
        .log_file(session.paths.server_log())
        .build()
        .map_err(Unprepared::Config)
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
