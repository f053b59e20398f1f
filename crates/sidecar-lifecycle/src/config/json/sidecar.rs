//! One sidecar as JSON: the builder's names in camelCase.

use std::collections::BTreeMap;

use super::fields::{FromJson, Item};
use super::health::{CheckJson, ProbeJson};
use super::needs::NeedJson;
use super::values::{FilePath, PortRange, Signal, Time};
use crate::config::{HealthCheck, SidecarBuilder, SidecarConfig, StdinMode, StdoutMode};
use crate::core::{Leftovers, OnDependencyRestart, Restart};
use crate::ports::PortWish;

/// How one sidecar is run. Every key but the program is optional, and null is as good as leaving
/// it out. Relative paths count from the file's folder. Durations are written `250ms`, `5s` or
/// `2m`.
#[derive(Debug, Default)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(
    test,
    schemars(rename = "Sidecar", rename_all = "camelCase", deny_unknown_fields)
)]
pub(super) struct SidecarJson {
    /// The JSON Schema of this file, for editors.
    #[cfg_attr(test, schemars(rename = "$schema"))]
    _schema: Option<String>,
    /// The program: a name that is looked for on the PATH.
    #[cfg_attr(test, schemars(length(min = 1)))]
    name: Option<String>,
    /// The program by its path, in place of `name`.
    program: Option<FilePath>,
    /// Its arguments. `{port}` in one is replaced by the chosen port, and so is `auto` after
    /// `--port`.
    args: Option<Vec<String>>,
    /// Variables, beside those of the caller.
    env: Option<BTreeMap<String, String>>,
    /// Leaves the caller's variables out: those of `env` are all. Default: false.
    clear_env: Option<bool>,
    /// The folder to run it in. Default: the file's own.
    cwd: Option<FilePath>,
    /// The port it shall listen on: a number, an inclusive range like `4000-4010`, or `auto`.
    /// Default: none.
    #[cfg_attr(test, schemars(with = "Option<super::schema::Port>"))]
    port: Option<PortWish>,
    /// The first free port of a range, in place of `port`: `4000-4010`, both ends included.
    #[cfg_attr(test, schemars(with = "Option<super::schema::PortRange>"))]
    port_range: Option<PortRange>,
    /// Asked for before any other that `port` allows.
    #[cfg_attr(test, schemars(range(min = 1, max = 65535)))]
    preferred_port: Option<u16>,
    /// The variable that tells it the port. Default: `PORT`, which is set beside another one unless
    /// `env` gives it.
    #[cfg_attr(test, schemars(regex(pattern = r"^[^=\u0000]+$")))]
    port_variable: Option<String>,
    /// What makes it ready. Default: it is ready as soon as it runs.
    health_check: Option<CheckJson>,
    /// Any answer to an HTTP check counts, whatever its status. Default: false.
    any_http_status: Option<bool>,
    /// A listener must belong to the sidecar's own processes; false for a server in a container.
    /// Default: true.
    own_listener: Option<bool>,
    /// How long it may take to become ready. Default: `120s`.
    ready_timeout: Option<Time>,
    /// From one check to the next on the way up. Default: 2 ms, or 1 % of the time since the start.
    startup_interval: Option<Time>,
    /// The longest one check may take on the way up. Default: that of the check.
    check_timeout: Option<Time>,
    /// Passes in a row that make it ready. Default: 1.
    #[cfg_attr(test, schemars(range(min = 1, max = 4_294_967_295_u32)))]
    success_threshold: Option<u32>,
    /// Checks on once it is ready; losing it marks it as unhealthy. A duration repeats the
    /// `healthCheck` this often.
    readiness: Option<ProbeJson>,
    /// Checks on once it is ready; losing it is a crash. A duration repeats the `healthCheck` this
    /// often.
    liveness: Option<ProbeJson>,
    /// From the stop signal to force. Default: `5s`.
    graceful_shutdown_timeout: Option<Time>,
    /// The signal that asks it to stop (Unix), by name or number. Default: `TERM`.
    #[cfg_attr(test, schemars(with = "Option<super::schema::Signal>"))]
    stop_signal: Option<Signal>,
    /// Written to its stdin in place of the stop signal.
    stop_input: Option<String>,
    /// Whether a new run follows a crash: true is `"restart": "on-failure"`. Default: false.
    auto_restart: Option<bool>,
    /// When a new run follows an end that was not asked for. Default: `never`.
    restart: Option<Restart>,
    /// Whether a run that crashed before it was ready is followed by another one. Default: true.
    restart_unready: Option<bool>,
    /// Given up after so many crashes within `restartWindow`. Default: 5.
    #[cfg_attr(test, schemars(range(max = 4_294_967_295_u32)))]
    max_restart_attempts: Option<u32>,
    /// How long a crash counts. Default: `1m`.
    restart_window: Option<Time>,
    /// The first delay before a new run; doubles with each crash. Default: `250ms`.
    restart_backoff: Option<Time>,
    /// No delay before a new run is longer. Default: `30s`.
    restart_backoff_cap: Option<Time>,
    /// Exit codes that are no crash. Default: 0 alone.
    #[cfg_attr(test, schemars(with = "Option<Vec<super::schema::ExitCode>>"))]
    success_exit_codes: Option<Vec<i32>>,
    /// Exit codes after which no new run helps. Default: none.
    #[cfg_attr(test, schemars(with = "Option<Vec<super::schema::ExitCode>>"))]
    permanent_exit_codes: Option<Vec<i32>>,
    /// What becomes of it when its host ends without having stopped it. Other than `end` it needs a
    /// `logFile`, and Linux. Default: `end`.
    leftovers: Option<Leftovers>,
    /// Whether a later start ends what is left of it, should its host be killed. Default: true.
    cleanup_on_start: Option<bool>,
    /// Of what is left of it, only processes whose executable's name matches this pattern are
    /// ended: `*` stands for any characters, `?` for one. Default: all of them.
    #[cfg_attr(test, schemars(length(min = 1)))]
    process_name_pattern: Option<String>,
    /// What has to be there before it begins.
    depends_on: Option<Vec<NeedJson>>,
    /// Whether it is restarted when one that it depends on has a new run. Default: `ignore`.
    on_dependency_restart: Option<OnDependencyRestart>,
    /// Keeps its output in this file, and the last one beside it with `.prev` behind its name.
    log_file: Option<FilePath>,
    /// How long `logFile` may become, in bytes; 0 for no limit. Default: 10485760.
    #[cfg_attr(test, schemars(range(max = 9_007_199_254_740_992_u64)))]
    log_limit: Option<u64>,
    /// How many full ones are kept beside it, with `.1`, `.2` and so on behind their names.
    /// Default: 3.
    #[cfg_attr(test, schemars(range(max = 4_294_967_295_u32)))]
    log_files: Option<u32>,
    /// What it reads from. Default: `silent`.
    stdin: Option<StdinMode>,
    /// What becomes of its stdout. Default: `lines`.
    stdout: Option<StdoutMode>,
    /// Executables that are let go and not ended when they are found among its processes, in place
    /// of the usual ones: editors, browsers, terminals.
    keep: Option<Vec<String>>,
}

impl FromJson for SidecarJson {
    fn read(item: &Item<'_>) -> Option<SidecarJson> {
        let mut fields = item.fields()?;
        // Two words for one thing: the second one is a mistake, and its value has to wait.
        let pairs = [
            ("program", "name"),
            ("portRange", "port"),
            ("autoRestart", "restart"),
        ];
        for (second, first) in pairs {
            if fields.has(first)
                && let Some(item) = fields.peek(second)
            {
                item.say(format!("`{first}` says the same: leave one of the two out"));
            }
        }
        let json = SidecarJson {
            _schema: fields.take("$schema"),
            name: fields.take("name"),
            program: fields.take("program"),
            args: fields.take("args"),
            env: fields.take("env"),
            clear_env: fields.take("clearEnv"),
            cwd: fields.take("cwd"),
            port: fields.take("port"),
            port_range: fields.take("portRange"),
            preferred_port: fields.take("preferredPort"),
            port_variable: fields.take("portVariable"),
            health_check: fields.take("healthCheck"),
            any_http_status: fields.take("anyHttpStatus"),
            own_listener: fields.take("ownListener"),
            ready_timeout: fields.take("readyTimeout"),
            startup_interval: fields.take("startupInterval"),
            check_timeout: fields.take("checkTimeout"),
            success_threshold: fields.take("successThreshold"),
            readiness: fields.take("readiness"),
            liveness: fields.take("liveness"),
            graceful_shutdown_timeout: fields.take("gracefulShutdownTimeout"),
            stop_signal: fields.take("stopSignal"),
            stop_input: fields.take("stopInput"),
            auto_restart: fields.take("autoRestart"),
            restart: fields.take("restart"),
            restart_unready: fields.take("restartUnready"),
            max_restart_attempts: fields.take("maxRestartAttempts"),
            restart_window: fields.take("restartWindow"),
            restart_backoff: fields.take("restartBackoff"),
            restart_backoff_cap: fields.take("restartBackoffCap"),
            success_exit_codes: fields.take("successExitCodes"),
            permanent_exit_codes: fields.take("permanentExitCodes"),
            leftovers: fields.take("leftovers"),
            cleanup_on_start: fields.take("cleanupOnStart"),
            process_name_pattern: fields.take("processNamePattern"),
            depends_on: fields.take("dependsOn"),
            on_dependency_restart: fields.take("onDependencyRestart"),
            log_file: fields.take("logFile"),
            log_limit: fields.take("logLimit"),
            log_files: fields.take("logFiles"),
            stdin: fields.take("stdin"),
            stdout: fields.take("stdout"),
            keep: fields.take("keep"),
        };
        fields.finish();
        Some(json)
    }
}

/// Calls a setter with what was given, if it was.
macro_rules! set {
    ($builder:ident, $($setter:ident: $value:expr,)*) => {
        $(if let Some(value) = $value { $builder = $builder.$setter(value); })*
    };
}

impl SidecarJson {
    /// The same by the builder's setters.
    fn into_builder(self) -> SidecarBuilder {
        let mut builder = SidecarConfig::builder();
        set!(builder,
            name: self.name,
            program: self.program.map(|it| it.0),
            args: self.args,
            envs: self.env,
            clear_env: self.clear_env,
            cwd: self.cwd.map(|it| it.0),
            port: self.port_range.map(|it| it.0).or(self.port),
            port_variable: self.port_variable,
            health_check: self.health_check.map(|it| it.0),
            any_http_status: self.any_http_status,
            own_listener: self.own_listener,
            ready_timeout: self.ready_timeout.map(|it| it.0),
            startup_interval: self.startup_interval.map(|it| it.0),
            check_timeout: self.check_timeout.map(|it| it.0),
            success_threshold: self.success_threshold,
            readiness: self.readiness.map(|it| it.0),
            liveness: self.liveness.map(|it| it.0),
            graceful_shutdown_timeout: self.graceful_shutdown_timeout.map(|it| it.0),
            stop_signal: self.stop_signal.map(|it| it.0),
            stop_input: self.stop_input,
            auto_restart: self.auto_restart,
            restart: self.restart,
            restart_unready: self.restart_unready,
            max_restart_attempts: self.max_restart_attempts,
            restart_window: self.restart_window.map(|it| it.0),
            restart_backoff: self.restart_backoff.map(|it| it.0),
            restart_backoff_cap: self.restart_backoff_cap.map(|it| it.0),
            success_exit_codes: self.success_exit_codes,
            permanent_exit_codes: self.permanent_exit_codes,
            leftovers: self.leftovers,
            cleanup_on_start: self.cleanup_on_start,
            process_name_pattern: self.process_name_pattern,
            on_dependency_restart: self.on_dependency_restart,
            log_file: self.log_file.map(|it| it.0),
            log_limit: self.log_limit,
            log_files: self.log_files,
            stdin: self.stdin,
            stdout: self.stdout,
            keep: self.keep,
        );
        for need in self.depends_on.into_iter().flatten() {
            builder = builder.depends_on(need.0);
        }
        builder.preferred_port(self.preferred_port)
    }
}

/// Reads one sidecar, lets `adjust` have the last word, and reports all that is wrong with it.
pub(super) fn read_sidecar(
    item: &Item<'_>,
    adjust: impl FnOnce(SidecarBuilder) -> SidecarBuilder,
) -> SidecarConfig {
    let json = SidecarJson::read(item).unwrap_or_default();
    let config = adjust(json.into_builder()).unchecked();
    if let Err(error) = with_stand_ins(item, config.clone()).validate() {
        // What could not be read has its default here, which says nothing about the file.
        let mut problems = error.problems;
        problems.retain(|problem| !item.report.covers(&within(&item.place, &problem.path)));
        for problem in problems {
            let line = item.node.nearest(&problem.path).line;
            let place = within(&item.place, &problem.path);
            item.report.push(&place, line, problem.message);
        }
    }
    config
}

/// What could not be read is there all the same: its absence is not told as well.
fn with_stand_ins(item: &Item<'_>, mut config: SidecarConfig) -> SidecarConfig {
    let spoilt = |key: &str| item.report.is_spoilt(&within(&item.place, key));
    if config.program.as_os_str().is_empty() && (spoilt("name") || spoilt("program")) {
        config.program = "program".into();
    }
    if config.port == PortWish::None && (spoilt("port") || spoilt("portRange")) {
        config.port = PortWish::Auto;
    }
    let some_check = || Some(HealthCheck::command::<String>("check", []));
    if config.check.is_none() && spoilt("healthCheck") {
        config.check = some_check();
    }
    for (probe, key) in [
        (&mut config.readiness, "readiness.check"),
        (&mut config.liveness, "liveness.check"),
    ] {
        if let Some(probe) = probe.as_mut().filter(|_| spoilt(key)) {
            probe.check = some_check();
        }
    }
    config
}

fn within(place: &str, path: &str) -> String {
    match (place, path) {
        ("", path) => path.to_owned(),
        (place, "") => place.to_owned(),
        (place, path) => format!("{place}.{path}"),
    }
}
