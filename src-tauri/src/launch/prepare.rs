//! From the project's files to a sidecar's configuration.

use std::path::{Path, PathBuf};
use std::time::Duration;

use berth_project::{Config, Plan, PortChannel, PortSource};
use tauri_plugin_sidecar_lifecycle::engine::environ::{
    EnvMap, Via, child_path, find_tool, set_var, user_env,
};
use tauri_plugin_sidecar_lifecycle::engine::ports::{self, PortWish};
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
    /// What is only known once the program is found.
    Project(berth_project::ProjectError),
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
        return match file_at(&path) {
            Some(file) => Ok((file, None)),
            None => Err(NotFound { tool, looked_in }),
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

/// The file that a path means. On Windows endings are left out, and what has none is no program:
/// `node_modules\.bin\vite` is `vite.cmd`, beside which a script for other systems lies.
fn file_at(path: &Path) -> Option<PathBuf> {
    if cfg!(not(windows)) {
        return path.is_file().then(|| path.to_path_buf());
    }
    let (folder, name) = (path.parent()?, path.file_name()?.to_str()?);
    let env = EnvMap::from([("PATH".into(), folder.into())]);
    let lookup = find_tool(name, &env, Path::new(""), folder);
    lookup.found.filter(|_| lookup.via == Some(Via::Path))
}

/// The configuration of the project's server.
pub(crate) fn server(
    session: &Session,
    plan: &Plan,
    port_override: Option<u16>,
) -> Result<SidecarConfig, Unprepared> {
    let remembered = session.settings.get().port;
    command(session, plan, &plan.argv)?
        .port(wish(
            plan.port,
            port_override,
            remembered,
            &Look::at_machine(),
        ))
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
    if berth_project::is_on_share(&plan.folder) && berth_project::is_run_by_cmd(&program) {
        let folder = plan.folder.clone();
        return Err(Unprepared::Project(berth_project::ProjectError::OnAShare(
            folder,
        )));
    }
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
    set_var(&mut env, "PATH", path);

    Ok(SidecarConfig::builder()
        .program(program)
        .args(argv.iter().skip(1))
        .clear_env(true)
        .envs(env)
        .cwd(&plan.folder)
        .graceful_shutdown_timeout(GRACE)
        .log_file(session.paths.server_log()))
}

/// Whether the server can be told of another port.
pub(crate) fn is_movable(project: berth_project::PortWish) -> bool {
    project.channel != PortChannel::Script
}

/// How ports are looked at.
struct Look<'a> {
    /// Whether the system keeps it for itself, so that nobody can have it.
    is_barred: &'a dyn Fn(u16) -> bool,
    /// Whether it can be had now.
    is_free: &'a dyn Fn(u16) -> bool,
}

impl Look<'static> {
    fn at_machine() -> Look<'static> {
        Look {
            is_barred: &|port| ports::barred(port).is_some(),
            is_free: &|port| ports::is_free(port).is_ok(),
        }
    }
}

/// How far the next port is looked for: what Windows keeps for itself comes in hundreds, several
/// of them in a row.
const NEXT: u16 = 2_000;

/// The next port after one that nobody can have, by a test of each.
pub(crate) fn next_free(port: u16, reach: u16, is_free: &dyn Fn(u16) -> bool) -> Option<u16> {
    (port.checked_add(1)?..=port.saturating_add(reach)).find(|&p| is_free(p))
}

/// Which port to ask for: what the user has just chosen, what is configured or fixed in the
/// script, what was used the last time, the framework's own, any.
///
/// Of these nobody has chosen the last three: where the system keeps such a port for itself, the
/// next one serves as well.
fn wish(
    project: berth_project::PortWish,
    port_override: Option<u16>,
    remembered: Option<u16>,
    look: &Look<'_>,
) -> PortWish {
    let movable = is_movable(project);
    let settled = match project.source {
        PortSource::Configured | PortSource::Script => project.port,
        PortSource::Framework | PortSource::Nobody => None,
    };
    if let Some(chosen) = port_override.filter(|_| movable).or(settled) {
        return PortWish::Fixed(chosen);
    }
    let usual = remembered.filter(|_| movable).or(project.port);
    match usual {
        Some(port) if movable && (look.is_barred)(port) => {
            next_free(port, NEXT, look.is_free).map_or(PortWish::Auto, PortWish::Fixed)
        }
        Some(port) => PortWish::Fixed(port),
        None => PortWish::Auto,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIXED: fn(u16) -> PortWish = PortWish::Fixed;

    fn project(source: PortSource, channel: PortChannel) -> berth_project::PortWish {
        let port = Some(5173).filter(|_| source != PortSource::Nobody);
        berth_project::PortWish {
            port,
            source,
            channel,
        }
    }

    /// Windows keeps 5146 to 5345 for itself, and somebody has 5346.
    fn ask(project: berth_project::PortWish, chosen: Option<u16>, last: Option<u16>) -> PortWish {
        let barred = |port| (5146..=5345).contains(&port);
        let look = Look {
            is_barred: &barred,
            is_free: &|port| !barred(port) && port != 5346,
        };
        wish(project, chosen, last, &look)
    }

    #[test]
    fn a_port_that_nobody_chose_and_nobody_can_have_gives_way_to_the_next() {
        let framework = project(PortSource::Framework, PortChannel::Argument);
        assert_eq!(ask(framework, None, None), FIXED(5347));
        assert_eq!(
            ask(framework, None, Some(5200)),
            FIXED(5347),
            "the last one"
        );
        assert_eq!(ask(framework, None, Some(5346)), FIXED(5346), "held: told");
        assert_eq!(ask(framework, None, Some(4000)), FIXED(4000));
        let nobody = project(PortSource::Nobody, PortChannel::Variable);
        assert_eq!(ask(nobody, None, None), PortWish::Auto);
        assert_eq!(ask(nobody, None, Some(5200)), FIXED(5347));
    }

    #[test]
    fn a_port_that_was_chosen_is_asked_for_as_it_is() {
        for source in [PortSource::Configured, PortSource::Script] {
            let settled = project(source, PortChannel::Argument);
            assert_eq!(ask(settled, None, Some(4000)), FIXED(5173));
        }
        let framework = project(PortSource::Framework, PortChannel::Argument);
        assert_eq!(ask(framework, Some(5200), None), FIXED(5200));
        let script = project(PortSource::Script, PortChannel::Script);
        assert_eq!(ask(script, Some(4000), Some(4001)), FIXED(5173));
    }

    #[test]
    fn where_every_next_port_is_taken_any_will_do() {
        let framework = project(PortSource::Framework, PortChannel::Argument);
        let look = Look {
            is_barred: &|_| true,
            is_free: &|_| false,
        };
        assert_eq!(wish(framework, None, None, &look), PortWish::Auto);
        let last = Some(u16::MAX);
        assert_eq!(wish(framework, None, last, &look), PortWish::Auto);
    }

    #[test]
    fn a_path_means_what_the_system_can_run() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["vite", "vite.cmd", "script"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let at = |name: &str| {
            let file = file_at(&folder.path().join(name));
            file.map(|it| {
                it.file_name()
                    .unwrap()
                    .to_ascii_lowercase()
                    .into_string()
                    .unwrap()
            })
        };
        let of = |windows: Option<&str>, others: Option<&str>| {
            let name = if cfg!(windows) { windows } else { others };
            name.map(str::to_owned)
        };
        assert_eq!(at("vite"), of(Some("vite.cmd"), Some("vite")));
        assert_eq!(at("vite.cmd"), Some("vite.cmd".to_owned()));
        assert_eq!(at("script"), of(None, Some("script")));
        assert_eq!(at("gone"), None);
    }
}
