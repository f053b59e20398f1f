//! Everything that has to be known before a project can be started.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::config::{CommandLine, Config};
use crate::folder::{is_on_share, is_run_by_cmd};
use crate::framework::Framework;
use crate::package_json::PackageJson;
use crate::package_manager::{self, Chosen, ChosenBy, PackageManager};
use crate::script::{self, Reading, ScriptPort};
use crate::trouble::ProjectError;
use crate::words::{self, Rules};

/// The script that is run unless the configuration names another.
const DEFAULT_SCRIPT: &str = "dev";

/// How long a server may take to become ready, unless the configuration says otherwise. The first
/// start may install packages.
const READY_TIMEOUT: Duration = Duration::from_mins(2);

/// How a project is run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// What to call it.
    pub name: String,
    /// Its folder: where the command runs.
    pub folder: PathBuf,
    /// The program's name and its arguments. `{port}` stands where the chosen port goes.
    pub argv: Vec<String>,
    /// Who runs the script; `None` where the configuration has a command of its own.
    pub package_manager: Option<Chosen>,
    /// Whose server it is, if that is known.
    pub framework: Option<&'static Framework>,
    /// Which port to ask for, and how.
    pub port: PortWish,
    /// Variables to set beside those of the user's shell. (`PORT` is set by whoever picks it.)
    pub env: BTreeMap<String, String>,
    /// The page to open first: a path that begins with one `/`.
    pub start_route: String,
    /// From spawn to ready at the most.
    pub ready_timeout: Duration,
    /// Where log files go, if the configuration says so.
    pub log_dir: Option<PathBuf>,
    /// Whether packages seem not to be installed: the start may install them, or fail for it.
    pub needs_install_hint: bool,
}

/// Which port to ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PortWish {
    /// The port; `None` if any will do.
    pub port: Option<u16>,
    /// Who wishes it.
    pub source: PortSource,
    /// How the server learns of it.
    pub channel: PortChannel,
}

/// Who wishes a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PortSource {
    /// The configuration.
    Configured,
    /// It stands in the script.
    Script,
    /// It is the framework's usual one.
    Framework,
    /// Nobody: the framework is not known.
    Nobody,
}

/// How a server learns of its port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PortChannel {
    /// By `{port}` in [`Plan::argv`].
    Argument,
    /// By the variable `PORT`.
    Variable,
    /// Not at all: the script decides, so that another port than the wished one cannot be had.
    Script,
}

impl Plan {
    /// Makes the plan for a folder. `config` is what holds there: the project's own file (see
    /// [`Config::load`]) below whatever wins over it (see [`Config::or`]).
    pub fn for_folder(folder: &Path, config: &Config) -> Result<Plan, ProjectError> {
        if !folder.exists() {
            return Err(ProjectError::FolderMissing(folder.to_path_buf()));
        }
        if !folder.is_dir() {
            return Err(ProjectError::NotAFolder(folder.to_path_buf()));
        }
        let manifest = match PackageJson::read(folder) {
            // A command of one's own may start anything, also what is no package.
            Err(ProjectError::NoPackageJson(_)) if config.command.is_some() => {
                PackageJson::default()
            }
            other => other?,
        };
        let (argv, package_manager, reading) = match &config.command {
            Some(command) => {
                let (argv, reading) = run_command(command, &manifest);
                (argv, None, reading)
            }
            None => run_script(folder, config, &manifest)?,
        };
        let manager = package_manager.as_ref().map(|chosen| chosen.manager);
        if is_on_share(folder) && needs_cmd(&argv, manager) {
            return Err(ProjectError::OnAShare(folder.to_path_buf()));
        }
        let framework = reading
            .framework
            .or_else(|| Framework::among(&manifest.dependencies));
        let port = wish(config.port, &reading, framework, &argv)?;
        let folder_name = || {
            folder
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned()
        };
        let needs_packages = !manifest.dependencies.is_empty();

        Ok(Plan {
            name: config
                .name
                .clone()
                .or(manifest.name)
                .unwrap_or_else(folder_name),
            folder: folder.to_path_buf(),
            argv,
            package_manager,
            framework,
            port,
            env: config.env.clone(),
            start_route: config.path.clone().unwrap_or_else(|| "/".into()),
            ready_timeout: config.ready_timeout.unwrap_or(READY_TIMEOUT),
            log_dir: config.log_dir.as_ref().map(|dir| folder.join(dir)),
            needs_install_hint: needs_packages && !package_manager::is_installed(folder),
        })
    }
}

type Run = (Vec<String>, Option<Chosen>, Reading);

fn run_script(folder: &Path, config: &Config, manifest: &PackageJson) -> Result<Run, ProjectError> {
    let name = config.script.as_deref().unwrap_or(DEFAULT_SCRIPT);
    let chosen = match config.package_manager {
        Some(manager) => Chosen {
            manager,
            by: ChosenBy::Config,
        },
        None => package_manager::choose(folder),
    };
    // Bun has a shell of its own, which is the same everywhere.
    let rules = if chosen.manager == PackageManager::Bun {
        Rules::Posix
    } else {
        Rules::HERE
    };
    let reading = script::read(manifest.script(name)?, rules, &manifest.scripts);
    let flags: Vec<String> = match (reading.port, reading.framework) {
        (ScriptPort::Open, Some(framework)) => {
            let script = manifest.script(name)?;
            // Said twice, a switch becomes a list, which Vite refuses.
            let is_new = |arg: &&&str| arg.contains('{') || !script.contains(**arg);
            framework
                .port_args
                .iter()
                .filter(is_new)
                .map(|arg| (*arg).to_owned())
                .collect()
        }
        _ => Vec::new(),
    };
    let mut argv = vec![chosen.manager.program().to_owned()];
    argv.extend(chosen.manager.run_args(name, &flags));
    Ok((argv, Some(chosen), reading))
}

/// A command is run as it is written: who writes one says with `{port}` where the port goes.
fn run_command(command: &CommandLine, manifest: &PackageJson) -> (Vec<String>, Reading) {
    let (argv, mut reading) = match command {
        CommandLine::List(words) => (words.clone(), script::read_words(words)),
        CommandLine::Line(line) => {
            let argv = words::literal(line, Rules::HERE)
                .unwrap_or_else(|| through_shell(line, Rules::HERE));
            (argv, script::read(line, Rules::HERE, &manifest.scripts))
        }
    };
    if reading.port == ScriptPort::Open {
        let reads_variable = reading.framework.is_none_or(|it| it.reads_port_variable);
        reading.port = if reads_variable {
            ScriptPort::Variable
        } else {
            ScriptPort::Unknown
        };
    }
    (argv, reading)
}

/// The engine hands a line to `cmd.exe` as it was written where the words are exactly these.
fn through_shell(line: &str, rules: Rules) -> Vec<String> {
    let shell: &[&str] = match rules {
        Rules::Cmd => &["cmd", "/d", "/s", "/c"],
        Rules::Posix => &["/bin/sh", "-c"],
    };
    shell
        .iter()
        .copied()
        .chain([line])
        .map(str::to_owned)
        .collect()
}

/// Whether Windows needs `cmd.exe` to run it, as far as that is seen before the program is found.
fn needs_cmd(argv: &[String], manager: Option<PackageManager>) -> bool {
    // Scripts are run by it too, whoever is asked for them. Bun has a shell of its own.
    let scripts_need = manager.is_some_and(|manager| manager != PackageManager::Bun);
    scripts_need || argv.first().is_some_and(|it| is_run_by_cmd(Path::new(it)))
}

fn wish(
    configured: Option<u16>,
    reading: &Reading,
    framework: Option<&'static Framework>,
    argv: &[String],
) -> Result<PortWish, ProjectError> {
    let channel = match reading.port {
        _ if argv.iter().any(|arg| arg.contains("{port}")) => PortChannel::Argument,
        ScriptPort::Open | ScriptPort::Variable => PortChannel::Variable,
        ScriptPort::Fixed(script) => {
            if let Some(configured) = configured.filter(|configured| *configured != script) {
                return Err(ProjectError::PortConflict { configured, script });
            }
            let (port, source) = (Some(script), PortSource::Script);
            return Ok(PortWish {
                port,
                source,
                channel: PortChannel::Script,
            });
        }
        ScriptPort::Unknown => PortChannel::Script,
    };
    let (port, source) = match (configured, framework) {
        (Some(port), _) => (Some(port), PortSource::Configured),
        (None, Some(framework)) => (Some(framework.default_port), PortSource::Framework),
        (None, None) => (None, PortSource::Nobody),
    };
    Ok(PortWish {
        port,
        source,
        channel,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_and_batch_files_need_cmd_and_programs_do_not() {
        let needs = |words: &[&str], manager| {
            let argv: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            needs_cmd(&argv, manager)
        };
        assert!(needs(&["pnpm", "run", "dev"], Some(PackageManager::Pnpm)));
        assert!(!needs(&["bun", "run", "dev"], Some(PackageManager::Bun)));
        assert!(needs(&["cmd", "/d", "/s", "/c", "a && b"], None));
        assert!(needs(&["bin\\serve.cmd"], None));
        assert!(!needs(&["node", "server.js"], None));
    }
}
