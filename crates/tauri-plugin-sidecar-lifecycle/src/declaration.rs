//! A sidecar that pages may start: its configuration, and what they may choose about it.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

use sidecar_lifecycle::{ConfigError, Problem, SidecarConfig};

use crate::param::Param;

/// Values by the names of their placeholders.
///
/// ```
/// use tauri_plugin_sidecar_lifecycle::Params;
///
/// let params = Params::from([("model".to_owned(), "tiny".to_owned())]);
/// ```
pub type Params = BTreeMap<String, String>;

/// A configuration with places that a page may fill.
///
/// `{param.NAME}` in an argument or in the value of an environment variable is replaced by the value
/// of that name: the page's, if the [`Param`] lets it through, else the default. The program, its
/// folder and everything else are Rust's alone.
///
/// ```
/// use tauri_plugin_sidecar_lifecycle::{Declaration, Param, SidecarConfig};
///
/// let config = SidecarConfig::builder()
///     .name("whisper-server")
///     .args(["--model", "/models/{param.model}.bin", "--threads", "{param.threads}"])
///     .build()?;
/// let whisper = Declaration::new(config)
///     .param("model", Param::one_of(["tiny", "base"]), "tiny")
///     .param("threads", Param::integer(1..=16), 4);
/// whisper.validate()?;
/// # Ok::<(), sidecar_lifecycle::ConfigError>(())
/// ```
///
/// Where one is wanted, a [`SidecarConfig`] will do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declaration {
    config: SidecarConfig,
    params: BTreeMap<String, (Param, String)>,
}

impl From<SidecarConfig> for Declaration {
    fn from(config: SidecarConfig) -> Declaration {
        Declaration::new(config)
    }
}

/// What a value of a page is wrong for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) name: String,
    pub(crate) reason: String,
}

impl Declaration {
    /// One without places yet.
    ///
    /// ```
    /// # use tauri_plugin_sidecar_lifecycle::{Declaration, SidecarConfig};
    /// let api = Declaration::new(SidecarConfig::builder().name("api").build()?);
    /// # Ok::<(), sidecar_lifecycle::ConfigError>(())
    /// ```
    pub fn new(config: SidecarConfig) -> Declaration {
        Declaration {
            config,
            params: BTreeMap::new(),
        }
    }

    /// Lets a page choose the value of `{param.NAME}`. It is `default` when the page does not.
    ///
    /// ```
    /// # use tauri_plugin_sidecar_lifecycle::{Declaration, Param, SidecarConfig};
    /// let config = SidecarConfig::builder().name("api").env("LOG", "{param.level}").build()?;
    /// let api = Declaration::new(config).param("level", Param::one_of(["info", "debug"]), "info");
    /// # Ok::<(), sidecar_lifecycle::ConfigError>(())
    /// ```
    #[must_use]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "a number is written as one: `4`, and not `&4`"
    )]
    pub fn param(mut self, name: impl Into<String>, param: Param, default: impl ToString) -> Self {
        self.params
            .insert(name.into(), (param, default.to_string()));
        self
    }

    /// The configuration with its places as they were written.
    ///
    /// ```
    /// # use tauri_plugin_sidecar_lifecycle::{Declaration, SidecarConfig};
    /// let api = SidecarConfig::builder().name("api").args(["{param.level}"]).build()?;
    /// assert_eq!(Declaration::new(api).config().args, ["{param.level}"]);
    /// # Ok::<(), sidecar_lifecycle::ConfigError>(())
    /// ```
    pub fn config(&self) -> &SidecarConfig {
        &self.config
    }

    pub(crate) fn config_mut(&mut self) -> &mut SidecarConfig {
        &mut self.config
    }

    /// Everything that is wrong with it: a place that no parameter fills, a parameter without a
    /// place, a default that would not be let through, and what
    /// [`SidecarConfig::validate`] finds.
    ///
    /// # Errors
    /// [`ConfigError`] with one [`Problem`] for each.
    ///
    /// ```
    /// # use tauri_plugin_sidecar_lifecycle::{Declaration, SidecarConfig};
    /// let config = SidecarConfig::builder().name("api").args(["{param.modle}"]).build()?;
    /// let error = Declaration::new(config).validate().unwrap_err();
    /// assert_eq!(error.to_string(), "args: there is no parameter `modle`: declare it");
    /// # Ok::<(), sidecar_lifecycle::ConfigError>(())
    /// ```
    pub fn validate(&self) -> Result<(), ConfigError> {
        let mut problems = self
            .config
            .validate()
            .err()
            .map_or(Vec::new(), |e| e.problems);
        problems.extend(self.problems());
        ConfigError::unless_empty(problems)
    }

    /// What is wrong with its places and parameters.
    pub(crate) fn problems(&self) -> Vec<Problem> {
        let args = self.config.args.iter().map(|text| ("args", text));
        let env = self.config.env.values().map(|text| ("env", text));
        let mut found = Vec::new();
        let mut used = Vec::new();
        for (key, text) in args.chain(env) {
            for name in places(text) {
                if !self.params.contains_key(name) {
                    let message = format!("there is no parameter `{name}`: declare it");
                    found.push(Problem::new(key, message));
                }
                used.push(name);
            }
        }
        for (name, (param, default)) in &self.params {
            let path = format!("params.{name}");
            if !is_name(name) {
                let message = "a name has letters, digits, `-` and `_` only";
                found.push(Problem::new(path, message));
            } else if let Some(why) = param.contradiction() {
                found.push(Problem::new(path, why));
            } else if let Err(why) = param.check(default) {
                found.push(Problem::new(format!("{path}.default"), why));
            } else if !used.contains(&name.as_str()) {
                let message = format!("no argument and no variable has a `{{param.{name}}}`");
                found.push(Problem::new(path, message));
            }
        }
        found
    }

    /// All values: those that are given, and the defaults of the others.
    pub(crate) fn complete(&self, given: &Params) -> Result<Params, Refused> {
        let refused = |name: &str, reason: String| Refused {
            name: name.to_owned(),
            reason,
        };
        if let Some(name) = given.keys().find(|name| !self.params.contains_key(*name)) {
            return Err(refused(name, "there is no such parameter".to_owned()));
        }
        let values = self.params.iter().map(|(name, (param, default))| {
            let value = given.get(name).unwrap_or(default);
            param.check(value).map_err(|why| refused(name, why))?;
            Ok((name.clone(), value.clone()))
        });
        values.collect()
    }

    /// The configuration with every place filled. The values have passed [`Declaration::complete`].
    pub(crate) fn fill(&self, values: &Params) -> SidecarConfig {
        let mut config = self.config.clone();
        for text in config.args.iter_mut().chain(config.env.values_mut()) {
            *text = filled(text, values);
        }
        config
    }
}

/// As short as it can be told from other braces in an argument.
const OPEN: &str = "{param.";

fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    !name.is_empty() && name.chars().all(plain)
}

/// The text before the first place, its name, and the text behind it.
fn next_place(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    while let Some(at) = text[from..].find(OPEN) {
        let begin = from + at;
        let inner = begin + OPEN.len();
        if let Some(len) = text[inner..].find('}')
            && is_name(&text[inner..inner + len])
        {
            let name = &text[inner..inner + len];
            return Some((&text[..begin], name, &text[inner + len + 1..]));
        }
        from = inner;
    }
    None
}

/// The names of all places in a text. One that is no UTF-8 has none.
fn places(text: &OsStr) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text.to_str().unwrap_or_default();
    while let Some((_, name, behind)) = next_place(rest) {
        found.push(name);
        rest = behind;
    }
    found
}

/// The text with its places filled, once: what a value holds is not looked at again.
fn filled(text: &OsStr, values: &Params) -> OsString {
    let Some(mut rest) = text.to_str() else {
        return text.to_owned();
    };
    let mut whole = String::new();
    while let Some((before, name, behind)) = next_place(rest) {
        whole.push_str(before);
        whole.push_str(values.get(name).map_or("", String::as_str));
        rest = behind;
    }
    whole.push_str(rest);
    whole.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declaration(args: &[&str]) -> Declaration {
        let config = SidecarConfig::builder().name("api").args(args.iter());
        Declaration::new(config.build().expect("it is right"))
    }

    fn params(given: &[(&str, &str)]) -> Params {
        let owned = |(k, v): &(&str, &str)| ((*k).to_owned(), (*v).to_owned());
        given.iter().map(owned).collect()
    }

    #[test]
    fn places_are_filled_once_and_stay_within_their_argument() {
        let text = Param::text(60, "{}. -");
        let api = declaration(&[
            "x{param.a}y{param.a}{param.b}",
            "{param.b",
            "{param.}",
            "{port}",
        ])
        .param("a", text.clone(), "1")
        .param("b", text, "2");
        let values = api
            .complete(&params(&[("a", "{param.b} --evil")]))
            .expect("it is let through");
        let filled = api.fill(&values);
        assert_eq!(
            filled.args,
            [
                "x{param.b} --evily{param.b} --evil2",
                "{param.b",
                "{param.}",
                "{port}"
            ]
        );
    }

    #[test]
    fn values_that_are_not_declared_or_not_let_through_are_refused() {
        let api = declaration(&["{param.n}"]).param("n", Param::integer(1..=3), 1);
        assert_eq!(api.complete(&params(&[])), Ok(params(&[("n", "1")])));
        assert_eq!(
            api.complete(&params(&[("n", "3")])),
            Ok(params(&[("n", "3")]))
        );
        let refused = api.complete(&params(&[("n", "4")])).unwrap_err();
        assert_eq!(refused.name, "n");
        let refused = api.complete(&params(&[("m", "1")])).unwrap_err();
        assert_eq!(
            (refused.name.as_str(), refused.reason.as_str()),
            ("m", "there is no such parameter")
        );
    }

    #[test]
    fn every_mistake_is_told_with_its_place() {
        let api = declaration(&["{param.a}", "{param.nobody}"])
            .param("a", Param::integer(1..=3), 9)
            .param("b", Param::text(3, ""), "x")
            .param("c d", Param::text(3, ""), "x")
            .param("e", Param::one_of::<&str>([]), "x");
        let error = api.validate().expect_err("it is wrong");
        let places: Vec<&str> = error.problems.iter().map(|p| p.path.as_str()).collect();
        assert_eq!(
            places,
            [
                "args",
                "params.a.default",
                "params.b",
                "params.c d",
                "params.e"
            ]
        );
    }
}
