//! The snippets of the proposal that this plugin answers, as near to its text as Rust and Tauri 2
//! allow. Each edit is marked with its number in `docs/proposal.md`, which says why.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::uninlined_format_args,
    clippy::unused_async,
    reason = "it is the proposal's own text"
)]

use std::time::Duration;

use tauri::test::{MockRuntime, mock_builder, mock_context, noop_assets};
use tauri::{App, RunEvent};
// Edit 1: what else the snippets name stands in the same crate.
use tauri_plugin_sidecar_lifecycle::{CrashInfo, SidecarInfo, SidecarLifecycleExt};
use tauri_plugin_sidecar_lifecycle::{HealthCheck, SidecarConfig};

/// Edit 2: a test's app has a runtime of its own kind; the proposal's `AppHandle` is Wry's.
type AppHandle = tauri::AppHandle<MockRuntime>;

mod api_design {
    use super::*;
    use tauri_plugin_sidecar_lifecycle::{HealthCheck, SidecarBuilder, SidecarConfig};

    #[tauri::command]
    pub(super) async fn ensure_mcp_server(app: AppHandle) -> Result<SidecarInfo, String> {
        let config = SidecarConfig::builder()
            .name("terminator-mcp-agent")
            .args(["--transport", "http", "--port", "auto", "--cors"])
            .port_range(8080..8200)
            .health_check(HealthCheck::Http {
                path: "/health".into(), // Edit 3.
                timeout: Duration::from_secs(5),
                interval: Duration::from_secs(2),
            })
            .auto_restart(true)
            .max_restart_attempts(3)
            .restart_backoff(Duration::from_secs(1))
            .graceful_shutdown_timeout(Duration::from_secs(5))
            .on_crash(|error| {
                eprintln!("Sidecar crashed: {}", error);
            })
            .build()
            .map_err(|e| e.to_string())?; // Edit 4.

        let manager = app.sidecar_lifecycle();
        manager
            .ensure_running("mcp-server", config)
            .await
            .map_err(|e| e.to_string()) // Edit 4.
    }

    /// The import of the proposal names the builder too.
    #[expect(dead_code, reason = "that it can be named is the test")]
    pub(super) fn builder() -> SidecarBuilder {
        SidecarConfig::builder()
    }
}

mod auto_start {
    use super::*;

    // Edit 5: a statement needs a function around it.
    pub(super) async fn my_server(
        app: &AppHandle,
        config: SidecarConfig,
    ) -> tauri_plugin_sidecar_lifecycle::Result<()> {
        let manager = app.sidecar_lifecycle();
        // Plugin handles:
        // - Finding available port
        // - Spawning process
        // - Waiting for health check to pass
        // - Retrying on failure
        manager.ensure_running("my-server", config).await?;
        Ok(())
    }
}

mod crash_detection {
    use super::*;

    pub(super) fn with_a_hook(
        tell: impl Fn(String) + Send + Sync + 'static,
    ) -> tauri_plugin_sidecar_lifecycle::SidecarBuilder {
        SidecarConfig::builder()
            .auto_restart(true)
            .max_restart_attempts(3)
            .restart_backoff(Duration::from_secs(1))
            .on_crash(move |info: CrashInfo| {
                // Log to analytics, notify user, etc.
                println!(
                    "Crashed: {:?} (attempt {}/{})", // Edit 6.
                    info.exit_code, info.restart_attempt, info.max_attempts
                );
                tell(format!(
                    "{:?} {}/{}",
                    info.exit_code, info.restart_attempt, info.max_attempts
                ));
            })
    }
}

mod graceful_shutdown {
    use super::*;

    // Edit 7: Tauri 2 has no `app.on_exit`; an app hears of its exit as of everything else.
    #[expect(
        dead_code,
        reason = "the mock runtime cannot exit; tests/plugin has a real window"
    )]
    pub(super) fn run(app: App<MockRuntime>) {
        app.run(|_app, event| {
            if let RunEvent::Exit = event {
                // Plugin handles cleanup automatically
            }
        });
    }
}

mod health_checks {
    use super::*;

    // Edit 8: the variants as they are constructed, each with the fields that the proposal gives it.
    pub(super) fn all() -> Vec<HealthCheck> {
        let (timeout, interval) = (Duration::from_secs(5), Duration::from_secs(2));
        vec![
            HealthCheck::Http {
                path: "/health".to_string(),
                timeout,
                interval,
            },
            HealthCheck::Tcp {
                port: Some(8080),
                timeout,
            },
            HealthCheck::Command {
                cmd: "true".to_string(),
                args: vec![],
                expected_exit: 0,
            },
            HealthCheck::custom(|_context| async { true }),
        ]
    }
}

mod port_management {
    use super::*;

    pub(super) fn config() -> tauri_plugin_sidecar_lifecycle::SidecarBuilder {
        SidecarConfig::builder()
            .port_range(8080..8200) // Auto-find available port
            .port_variable("PORT") // Pass as env var or arg replacement
    }
}

mod process_cleanup {
    use super::*;

    pub(super) fn config() -> tauri_plugin_sidecar_lifecycle::SidecarBuilder {
        // Before starting, optionally kill existing processes
        SidecarConfig::builder()
            .cleanup_on_start(true)
            .process_name_pattern("terminator-mcp-agent*")
    }
}

mod command_integration {
    use super::*;

    #[tauri::command]
    pub(super) async fn get_sidecar_info(app: AppHandle) -> Result<SidecarInfo, String> {
        app.sidecar_lifecycle()
            .get_info("my-server")
            .ok_or("Server not running".into()) // Edit 9.
    }

    // Edit 10: what may be absent is an `Option`: there is a port only where one was asked for.
    pub(super) fn fields(info: &SidecarInfo) {
        let _: Option<u16> = info.port;
        let _: bool = info.is_running;
        let _: bool = info.is_healthy;
        let _: &Option<String> = &info.url;
        let _: u64 = info.uptime_seconds;
        let _: u64 = info.restart_count;
        let _: Option<std::time::SystemTime> = info.last_health_check;
        serde_json::to_value(info).expect("it is Serialize");
    }
}

mod migration_path {
    use super::*;

    pub(super) async fn after(
        app: &AppHandle,
        config: SidecarConfig,
    ) -> tauri_plugin_sidecar_lifecycle::Result<()> {
        // After (plugin)
        app.sidecar_lifecycle()
            .ensure_running("mcp-server", config)
            .await?;
        Ok(())
    }
}

fn app() -> (App<MockRuntime>, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let engine = tauri_plugin_sidecar_lifecycle::Engine::builder("proposal", folder.path());
    let plugin = tauri_plugin_sidecar_lifecycle::Builder::new()
        .engine(engine.build().expect("an engine"))
        .handle_signals(false)
        .login_path(false);
    let app = mock_builder()
        .plugin(plugin.build())
        .build(mock_context(noop_assets()));
    (app.expect("an app"), folder)
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tauri::async_runtime::block_on(async {
        tokio::time::timeout(Duration::from_secs(30), future).await
    })
    .expect("in time")
}

/// What the snippets leave out: a program that is there.
fn sleeping(builder: tauri_plugin_sidecar_lifecycle::SidecarBuilder) -> SidecarConfig {
    let builder = builder.name(program()).args(["--no-listen"]);
    builder.build().expect("it is right")
}

/// One that runs on every system.
fn program() -> &'static str {
    fake_host::testing::fake_sidecar()
        .to_str()
        .expect("a path that is text")
}

#[test]
fn the_snippets_do_what_they_say() {
    let (app, _folder) = app();
    let handle = app.handle().clone();

    // The agent is not installed here: what is wrong is told, and where it was looked for.
    let missing =
        block_on(api_design::ensure_mcp_server(handle.clone())).expect_err("it is not here");
    assert!(
        missing.contains("terminator-mcp-agent was not found in"),
        "{missing}"
    );

    let absent = block_on(command_integration::get_sidecar_info(handle.clone()));
    assert_eq!(absent.expect_err("never started"), "Server not running");
    block_on(auto_start::my_server(
        &handle,
        sleeping(port_management::config()),
    ))
    .expect("it runs");
    let info = block_on(command_integration::get_sidecar_info(handle.clone())).expect("it runs");
    assert!((8080..8200).contains(&info.port.expect("a port")));
    command_integration::fields(&info);
    // Idempotent: as many times as a page is loaded.
    block_on(auto_start::my_server(
        &handle,
        sleeping(port_management::config()),
    ))
    .expect("it runs");
    let again = handle
        .sidecar_lifecycle()
        .get_info("my-server")
        .expect("it runs");
    assert_eq!(again.pid, info.pid);

    for (n, check) in health_checks::all().into_iter().enumerate() {
        let config = SidecarConfig::builder()
            .port_range(8080..8200)
            .health_check(check);
        config
            .name(program())
            .build()
            .unwrap_or_else(|e| panic!("check {n}: {e}"));
    }
    let cleanup = sleeping(process_cleanup::config());
    assert_eq!(
        cleanup.process_name_pattern.as_deref(),
        Some("terminator-mcp-agent*")
    );

    let metrics = handle.sidecar_lifecycle().metrics();
    assert_eq!(metrics.sidecars["my-server"].restart_count, 0);
    handle
        .sidecar_lifecycle()
        .stop("my-server", "the test")
        .expect("it is known");
    block_on(handle.sidecar_lifecycle().wait_down("my-server")).expect("down");
    block_on(migration_path::after(
        &handle,
        sleeping(SidecarConfig::builder()),
    ))
    .expect("it runs");
}

#[test]
fn a_crash_is_told_as_the_proposal_has_it() {
    let (app, _folder) = app();
    let (tx, rx) = std::sync::mpsc::channel();
    let hook = crash_detection::with_a_hook(move |line| tx.send(line).expect("the test waits"));
    let config = hook
        .restart_backoff(Duration::from_millis(10))
        .name(program())
        .args(["--exit-early", "3"]);
    let failed = block_on(
        app.sidecar_lifecycle()
            .ensure_running("crashing", config.build().expect("right")),
    );
    drop(failed);
    let lines: Vec<String> = (0..3)
        .map(|_| rx.recv_timeout(Duration::from_secs(30)).expect("a crash"))
        .collect();
    assert_eq!(lines, ["Some(3) 1/3", "Some(3) 2/3", "Some(3) 3/3"]);
}
