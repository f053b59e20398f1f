//! Sidecars of `tauri.conf.json`.

use std::path::Path;
use std::time::Duration;

use serde_json::json;
use tauri::Manager;
use tauri_plugin_sidecar_lifecycle::engine::Engine;
use tauri_plugin_sidecar_lifecycle::{Builder, SidecarLifecycleExt};

use crate::streams::eventually;
use crate::support::{DEADLINE, built, config, fake, program, server};

/// With an engine whose state lies elsewhere than the app's.
fn builder(folder: &tempfile::TempDir) -> Builder {
    let engine = Engine::builder("plugin-tests", folder.path()).build();
    Builder::new().engine(engine.expect("an engine"))
}

#[test]
fn they_are_declared_and_not_started_and_their_paths_are_resolved() {
    let folder = tempfile::tempdir().expect("a folder");
    let section = json!({ "sidecars": {
        "sleeper": {
            "name": program(),
            "args": ["--no-listen", "--print-folder", "--max-life", "{param.long}s"],
            "cwd": "$TEMP",
            "gracefulShutdownTimeout": "2s",
            "params": { "long": { "integer": [1, 600], "default": 600 } }
        },
        "rusts": { "name": "from-the-file" }
    }});
    let own = config(server("rust"));
    let builder = builder(&folder).sidecar("rusts", own);
    let (app, _) = built(builder, &[], Some(section)).expect("an app");
    let sidecars = app.sidecar_lifecycle();
    let ids: Vec<String> = sidecars.list().into_iter().map(|info| info.id).collect();
    assert_eq!(ids, ["rusts", "sleeper"]);
    assert!(sidecars.list().iter().all(|info| !info.is_running));
    tauri::async_runtime::block_on(sidecars.ensure_declared("sleeper", None)).expect("ready");
    let said = sidecars.logs("sleeper").expect("declared");
    eventually("it says where it is", || said.last_seq() == 1);
    let temporary = app.path().temp_dir().expect("there is one");
    assert_eq!(
        Path::new(&said.last(1)[0])
            .canonicalize()
            .expect("it is there"),
        temporary.canonicalize().expect("it exists")
    );
    // Rust's own comes before the file's: `from-the-file` could not be run.
    tauri::async_runtime::block_on(sidecars.ensure_declared("rusts", None)).expect("ready");
    assert!(sidecars.shutdown("the test has ended", DEADLINE).complete);
}

#[test]
fn mistakes_keep_the_app_from_starting_and_say_where_they_are() {
    let folder = tempfile::tempdir().expect("a folder");
    let section =
        json!({ "sidecars": { "web": { "name": "web", "args": ["{param.x}"], "prot": 1 } } });
    let Err(error) = built(builder(&folder), &[], Some(section)) else {
        panic!("it was set up");
    };
    let told = error.to_string();
    assert!(
        told.contains("plugins.sidecar-lifecycle.sidecars.web.prot: there is no such key"),
        "{told}"
    );
    let wrong = tauri_plugin_sidecar_lifecycle::Declaration::new(config(
        server("x").args(["{param.nobody}"]),
    ));
    let Err(error) = built(builder(&folder).sidecar("web", wrong), &[], None) else {
        panic!("it was set up");
    };
    assert!(
        error
            .to_string()
            .contains(r#"sidecar "web": args: there is no parameter `nobody`"#),
        "{error}"
    );
}

#[test]
fn dropping_the_app_leaves_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let stubborn = fake(&["--no-listen", "--ignore-term", "--print-url", "deaf"])
        .graceful_shutdown_timeout(Duration::from_millis(100));
    let (app, _) = built(
        builder(&folder).sidecar("deaf", config(stubborn)),
        &[],
        None,
    )
    .expect("an app");
    let sidecars = app.sidecar_lifecycle().clone();
    let ready = sidecars.ensure_declared("deaf", None);
    let info = tauri::async_runtime::block_on(ready).expect("ready");
    let leader = sidecars.leader(info.pid.expect("a pid")).expect("ours");
    let said = sidecars.logs("deaf").expect("declared");
    eventually("it is deaf by now", || said.last_seq() == 1);
    assert!(leader.is_alive());
    // What `AppHandle::cleanup_before_exit` does: the table is cleared.
    app.cleanup_before_exit();
    assert!(!leader.is_alive());
    assert!(sidecars.is_down());
}
