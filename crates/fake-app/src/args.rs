//! The command line.

use std::str::FromStr;

use clap::Parser;
use serde_json::Value;

/// A Tauri app for tests.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Args {
    /// Declare and start a sidecar; the configuration is JSON.
    #[arg(long = "sidecar", value_name = "ID=JSON", value_parser = named)]
    sidecars: Vec<(String, String)>,

    /// What the plugin finds in `tauri.conf.json`, as JSON; its sidecars are started too.
    #[arg(long, value_name = "JSON", value_parser = Value::from_str)]
    pub(crate) section: Option<Value>,

    /// Open a window of this name.
    #[arg(long = "window", value_name = "LABEL", default_value = "main")]
    pub(crate) windows: Vec<String>,

    /// Show the pages of a development server instead of the app's own.
    #[arg(long, value_name = "URL")]
    pub(crate) dev_url: Option<tauri::Url>,

    /// Leave signals alone.
    #[arg(long)]
    pub(crate) no_signals: bool,

    /// Do not hold an exit back.
    #[arg(long)]
    pub(crate) no_hold: bool,

    /// Do not ask the login shell.
    #[arg(long)]
    pub(crate) no_login_path: bool,
}

impl Args {
    /// Ids and configurations.
    pub(crate) fn sidecars(&self) -> impl Iterator<Item = (&str, &str)> {
        let sidecars = self.sidecars.iter();
        sidecars.map(|(id, json)| (id.as_str(), json.as_str()))
    }
}

fn named(text: &str) -> Result<(String, String), &'static str> {
    let (id, json) = text.split_once('=').ok_or("ID=JSON is expected")?;
    Ok((id.to_owned(), json.to_owned()))
}
