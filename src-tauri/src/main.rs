//! Berth: opens a local web project as a desktop app and leaves nothing behind.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod app;
mod applog;
mod args;
mod commands;
mod diagnostics;
mod display;
mod editing;
mod first_page;
#[cfg(any(target_os = "macos", all(test, unix)))]
mod handed_over;
mod instance;
mod keys;
mod launch;
mod loads;
mod menu;
mod navigation;
mod opening;
mod paths;
mod private;
mod settings;
mod terminal;
mod theme;
mod trouble;
mod window;
#[cfg(all(windows, test))]
#[path = "../../crates/sidecar-lifecycle/tests/support/wine.rs"]
mod wine;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    // First of all: it forks the processes that outlive this one, and nothing else may run yet.
    let guardian = tauri_plugin_sidecar_lifecycle::guardian::start_with_standby();
    let args = match args::Args::try_parse() {
        Ok(args) => args,
        Err(e) => return terminal::answer(&e),
    };
    let context = tauri::generate_context!();
    match opening::open(&args, &context) {
        Ok(opening::Opened::Elsewhere) => ExitCode::SUCCESS,
        #[cfg(target_os = "macos")]
        Ok(opening::Opened::Nothing) => handed_over::ask(context),
        Ok(opening::Opened::Here(session)) => {
            if let Err(e) = guardian {
                log::warn!("{e}");
            }
            app::run(*session, context)
        }
        Err(e) => {
            terminal::complain(&e.to_string());
            ExitCode::from(2)
        }
    }
}
