//! A Tauri app on the plugin that ends in every way there is. Tests tell it how on its stdin, and read
//! on its stdout what happens: one JSON object a line.

mod args;
mod onlooker;
mod orders;

use clap::Parser;
use serde_json::{Value, json};
use tauri::{AppHandle, Manager, RunEvent, WebviewUrl, WebviewWindowBuilder, WindowEvent};
use tauri_plugin_sidecar_lifecycle::{Builder, SidecarConfig, SidecarLifecycleExt, guardian};

use crate::args::Args;
use crate::orders::Prevention;

/// Says it in one line. Who reads it may be gone.
fn say(line: &Value) {
    use std::io::Write;
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

fn main() {
    let guardian = guardian::start();
    let args = Args::parse();
    if let Err(e) = guardian {
        say(&json!({ "event": "unprotected", "why": e.to_string() }));
    }
    let mut plugin = Builder::new()
        .handle_signals(!args.no_signals)
        .hold_exit(!args.no_hold)
        .login_path(!args.no_login_path);
    for (id, json) in args.sidecars() {
        match SidecarConfig::from_json(json) {
            Ok(config) => plugin = plugin.sidecar(id, config),
            Err(e) => panic!("{id}: {e}"),
        }
    }
    let mut context = tauri::generate_context!();
    // As an app has it that bundles the test server. Cargo puts the two beside each other, where the
    // bundler would.
    context.config_mut().bundle.external_bin = Some(vec!["binaries/fake-sidecar".into()]);
    context.config_mut().build.dev_url.clone_from(&args.dev_url);
    if let Some(section) = &args.section {
        let plugins = &mut context.config_mut().plugins.0;
        plugins.insert("sidecar-lifecycle".into(), section.clone());
    }
    let app = tauri::Builder::default()
        .plugin(onlooker::plugin("before"))
        .plugin(plugin.build())
        .plugin(onlooker::plugin("behind"))
        .manage(Prevention::default())
        .setup(move |app| {
            for label in &args.windows {
                open(app.handle(), label)?;
            }
            let sidecars = app.sidecar_lifecycle().clone();
            sidecars.subscribe(|event| {
                if let Ok(event) = serde_json::to_value(event) {
                    say(&event);
                }
            });
            for info in sidecars.list() {
                sidecars.start(&info.id)?;
            }
            orders::listen(app.handle().clone());
            say(&json!({ "event": "up", "pid": std::process::id() }));
            Ok(())
        })
        .build(context);
    match app {
        Ok(app) => app.run(on_event),
        Err(e) => panic!("no app: {e}"),
    }
}

fn open(app: &AppHandle, label: &str) -> tauri::Result<()> {
    WebviewWindowBuilder::new(app, label, WebviewUrl::App("index.html".into()))
        .title(label)
        .inner_size(300.0, 200.0)
        .build()
        .map(drop)
}

/// What the author of an app does beside the plugin.
fn on_event(app: &AppHandle, event: RunEvent) {
    match event {
        RunEvent::ExitRequested { code, api, .. } => {
            say(&json!({ "event": "exit_requested", "code": code }));
            if app.state::<Prevention>().is_on() {
                api.prevent_exit();
            }
        }
        RunEvent::Exit => say(&json!({ "event": "exit" })),
        RunEvent::WindowEvent {
            label,
            event: WindowEvent::Destroyed,
            ..
        } => say(&json!({ "event": "destroyed", "window": label })),
        _ => {}
    }
}
