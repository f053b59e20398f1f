//! What is wrong with a configuration: all of it at once, each with its place.

use std::fmt;
use std::time::Duration;

use super::{HealthCheck, Probe, SidecarConfig};
use crate::core::Leftovers;
use crate::ports::PortWish;

/// One thing that is wrong.
///
/// ```
/// use sidecar_lifecycle::SidecarConfig;
///
/// let error = SidecarConfig::from_json("{\n  \"name\": \"api\",\n  \"prot\": 80\n}").unwrap_err();
/// let problem = &error.problems[0];
/// assert_eq!((problem.path.as_str(), problem.line), ("prot", Some(3)));
/// assert_eq!(problem.message, "there is no such key; did you mean `port`?");
/// assert_eq!(problem.to_string(), format!("line 3: prot: {}", problem.message));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// Where, as in JSON: `healthCheck.path`, `sidecars.web.dependsOn[0]`. Empty for the whole.
    pub path: String,
    /// The line, counted from 1, where the configuration was read from a text.
    pub line: Option<usize>,
    /// What is wrong and what helps.
    pub message: String,
}

impl Problem {
    /// For a reader of a larger configuration that this one is a part of.
    ///
    /// ```
    /// use sidecar_lifecycle::Problem;
    ///
    /// let problem = Problem::new("sidecars.web.params.model", "no argument uses it");
    /// assert_eq!(problem.to_string(), "sidecars.web.params.model: no argument uses it");
    /// ```
    pub fn new(path: impl Into<String>, message: impl Into<String>) -> Problem {
        Problem {
            path: path.into(),
            line: None,
            message: message.into(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)
    }
}

/// Why a configuration cannot be used: everything that is wrong with it.
///
/// ```
/// use sidecar_lifecycle::SidecarConfig;
///
/// let error = SidecarConfig::from_json("{\n  \"name\": \"api\",\n  \"port\": 0\n}").unwrap_err();
/// let problem = &error.problems[0];
/// assert_eq!((problem.path.as_str(), problem.line), ("port", Some(3)));
/// println!("{error}"); // A line for each.
/// # Ok::<(), sidecar_lifecycle::ConfigError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConfigError {
    /// Never empty; in the order of the configuration's keys.
    pub problems: Vec<Problem>,
}

impl ConfigError {
    /// All is well if there are no problems. For a reader of a larger configuration, which puts its
    /// own findings beside these.
    ///
    /// # Errors
    /// The problems, if there are any.
    ///
    /// ```
    /// use sidecar_lifecycle::{ConfigError, Problem};
    ///
    /// assert!(ConfigError::unless_empty(Vec::new()).is_ok());
    /// let wrong = vec![Problem::new("theme", "there is no such theme")];
    /// assert_eq!(ConfigError::unless_empty(wrong).unwrap_err().problems.len(), 1);
    /// ```
    pub fn unless_empty(problems: Vec<Problem>) -> Result<(), ConfigError> {
        if problems.is_empty() {
            Ok(())
        } else {
            Err(ConfigError { problems })
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, problem) in self.problems.iter().enumerate() {
            let separator = if n == 0 { "" } else { "\n" };
            write!(f, "{separator}{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}

/// Longer than any that makes sense, and far from where adding two of them overflows.
const LONGEST: Duration = Duration::from_hours(24 * 365);

impl SidecarConfig {
    /// Everything that is wrong with it.
    ///
    /// # Errors
    /// [`ConfigError`] with one [`Problem`] for each.
    ///
    /// ```
    /// use sidecar_lifecycle::SidecarConfig;
    /// use sidecar_lifecycle::ports::PortWish;
    ///
    /// let mut config = SidecarConfig::builder().name("api").build()?;
    /// config.port = PortWish::Range(4010, 4000); // From a form, say.
    /// assert_eq!(config.validate().unwrap_err().problems[0].path, "portRange");
    /// # Ok::<(), sidecar_lifecycle::ConfigError>(())
    /// ```
    pub fn validate(&self) -> Result<(), ConfigError> {
        let mut found = Vec::new();
        let mut say = |path: &str, message: String| found.push(Problem::new(path, message));
        let program = self.program.to_string_lossy();
        if program.is_empty() {
            say("name", "no program to run: give `name` or `program`".into());
        } else if program.contains('\0') {
            say("name", "a program's name cannot hold a NUL byte".into());
        }
        for (name, value) in &self.env {
            let text = name.to_string_lossy();
            let bad_name =
                text.is_empty() || text.chars().skip(1).any(|c| c == '=') || text.contains('\0');
            if bad_name || value.to_string_lossy().contains('\0') {
                say(
                    "env",
                    format!("{text:?} cannot be a variable of the environment"),
                );
            }
        }
        if self.args.iter().any(|a| a.to_string_lossy().contains('\0')) {
            say("args", "an argument cannot hold a NUL byte".into());
        }
        if self
            .port_variable
            .as_deref()
            .is_some_and(|v| v.is_empty() || v.contains(['=', '\0']))
        {
            say(
                "portVariable",
                "this cannot be the name of a variable".into(),
            );
        }
        if let PortWish::Range(first, last) = self.port
            && first > last
        {
            say(
                "portRange",
                format!("{first}-{last} is no range: the first port comes first"),
            );
        }
        if matches!(self.port, PortWish::Fixed(0) | PortWish::Range(0, _)) {
            say(
                "port",
                "port 0 means any to the system: write `auto`".into(),
            );
        }
        let has_port = self.port != PortWish::None;
        if let Some(check) = &self.check {
            check_problems(check, "healthCheck", has_port, &mut say);
        }
        for (key, probe) in [("readiness", &self.readiness), ("liveness", &self.liveness)] {
            let Some(probe) = probe else { continue };
            probe_problems(probe, key, self.check.is_some(), has_port, &mut say);
        }
        if let Some(limit) = self.check_timeout {
            some_time(limit, "checkTimeout", &mut say);
        }
        if self.success_threshold == 0 {
            say(
                "successThreshold",
                "at least one pass is needed to be ready".into(),
            );
        }
        for (key, length) in [
            ("readyTimeout", Some(self.ready_timeout)),
            ("startupInterval", self.startup_interval),
            ("gracefulShutdownTimeout", Some(self.grace)),
            ("restartBackoff", Some(self.backoff)),
            ("restartBackoffCap", Some(self.backoff_cap)),
            ("restartWindow", Some(self.restart_window)),
        ] {
            if length.is_some_and(|length| length > LONGEST) {
                say(key, "longer than a year".into());
            }
        }
        if self.ready_timeout.is_zero() && self.check.is_some() {
            say(
                "readyTimeout",
                "nothing is ready after no time at all".into(),
            );
        }
        if let Some(both) = self
            .permanent_codes
            .iter()
            .find(|c| self.success_codes.contains(c))
        {
            say(
                "permanentExitCodes",
                format!("{both} is among the success codes too: it cannot mean both"),
            );
        }
        if !(1..=64).contains(&self.stop_signal) {
            let message = format!("there is no signal {}", self.stop_signal);
            say("stopSignal", message);
        }
        if self.process_name_pattern.as_deref() == Some("") {
            say(
                "processNamePattern",
                "an empty pattern matches nothing".into(),
            );
        }
        if self.stop_input.is_some() && self.stdin == super::StdinMode::Null {
            say(
                "stopInput",
                "it has no stdin to be told by: set `stdin` to `silent` or `piped`".into(),
            );
        }
        if self.leftovers != Leftovers::End {
            for message in self.why_not_outlive() {
                say("leftovers", message.into());
            }
        }
        for (n, dependency) in self.depends_on.iter().enumerate() {
            let path = format!("dependsOn[{n}]");
            if dependency.id.is_empty() {
                say(&path, "the id of a sidecar is missing".into());
            } else if self.depends_on[..n].iter().any(|d| d.id == dependency.id) {
                say(&path, format!("{:?} is named twice", dependency.id));
            } else if let Some(other) = same_variables(&self.depends_on[..n], &dependency.id) {
                let [url, _] = super::variables_of(&dependency.id);
                let message = format!(
                    "{:?} and {other:?} would both be told of by {url}: rename one of them",
                    dependency.id
                );
                say(&path, message);
            }
        }
        ConfigError::unless_empty(found)
    }
}

impl SidecarConfig {
    /// What speaks against outliving the host.
    fn why_not_outlive(&self) -> Vec<&'static str> {
        let reasons = [
            (
                !cfg!(target_os = "linux"),
                "only on Linux a sidecar outlives its host: set it to `end`",
            ),
            (
                self.log_file.is_none(),
                "it needs a `logFile`: a pipe would end with its host",
            ),
            (
                self.stdout == super::StdoutMode::Raw,
                "nobody reads a raw `stdout` when its host is gone: set it to `lines`",
            ),
            (
                self.stdin == super::StdinMode::Piped || self.stop_input.is_some(),
                "nobody writes to its stdin when its host is gone: leave `stdin` and `stopInput` out",
            ),
        ];
        let true_ones = reasons.into_iter().filter(|(holds, _)| *holds);
        true_ones.map(|(_, message)| message).collect()
    }
}

/// The first of these whose variables have the names of this one's.
fn same_variables<'a>(others: &'a [super::Dependency], id: &str) -> Option<&'a str> {
    let named = super::variables_of(id);
    let mut ids = others.iter().map(|d| d.id.as_str());
    ids.find(|other| super::variables_of(other) == named)
}

fn check_problems(
    check: &HealthCheck,
    key: &str,
    has_port: bool,
    say: &mut impl FnMut(&str, String),
) {
    if !has_port && let Some(kind) = check.needs_port() {
        say(
            key,
            format!("a check by {kind} needs a port: give `port` or `portRange`"),
        );
    }
    match check {
        HealthCheck::Http {
            path,
            timeout,
            interval,
        } => {
            let plain = path.bytes().all(|b| b.is_ascii_graphic());
            if !path.starts_with('/') || !plain {
                let path_of = format!("{key}.path");
                say(
                    &path_of,
                    format!("{path:?} is no path: it begins with `/` and has no blanks"),
                );
            }
            some_time(*timeout, &format!("{key}.timeout"), say);
            some_time(*interval, &format!("{key}.interval"), say);
        }
        HealthCheck::Tcp { port, timeout } => {
            if *port == Some(0) {
                say(&format!("{key}.port"), "nothing listens on port 0".into());
            }
            some_time(*timeout, &format!("{key}.timeout"), say);
        }
        HealthCheck::Command { cmd, .. } => {
            if cmd.is_empty() {
                say(&format!("{key}.cmd"), "no command to run".into());
            }
        }
        HealthCheck::Custom(_) => {}
    }
}

fn probe_problems(
    probe: &Probe,
    key: &str,
    has_check: bool,
    has_port: bool,
    say: &mut impl FnMut(&str, String),
) {
    match &probe.check {
        Some(check) => check_problems(check, &format!("{key}.check"), has_port, say),
        None if !has_check => {
            say(
                key,
                "there is nothing to ask: give a `healthCheck`, or a check of its own".into(),
            );
        }
        None => {}
    }
    for (name, length) in [("interval", probe.interval), ("timeout", probe.timeout)] {
        if let Some(length) = length {
            some_time(length, &format!("{key}.{name}"), say);
        }
    }
    for (name, count) in [
        ("successThreshold", probe.success_threshold),
        ("failureThreshold", probe.failure_threshold),
    ] {
        if count == 0 {
            say(
                &format!("{key}.{name}"),
                "0 is reached before anything was asked".into(),
            );
        }
    }
}

fn some_time(length: Duration, path: &str, say: &mut impl FnMut(&str, String)) {
    if length.is_zero() {
        say(path, "no time at all: write 250ms, 5s or 2m".into());
    } else if length > LONGEST {
        say(path, "longer than a year".into());
    }
}
