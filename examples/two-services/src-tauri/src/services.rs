//! The two services: how each is started, and what happens when the api is replaced.

use std::path::Path;
use std::time::Duration;

use tauri::AppHandle;
use tauri_plugin_sidecar_lifecycle::engine::{ConfigError, SidecarBuilder};
use tauri_plugin_sidecar_lifecycle::{HealthCheck, SidecarConfig, SidecarLifecycleExt};

use crate::{complain, gateway};

/// The service behind.
pub(crate) const API: &str = "api";
/// The service in front.
pub(crate) const GATEWAY: &str = "gateway";

/// The api. The gateway is told where each new run of it is.
pub(crate) fn api(folder: &Path, app: &AppHandle) -> Result<SidecarConfig, ConfigError> {
    let (rolling, restarted) = (app.clone(), app.clone());
    service(folder, "api.mjs")
        .port_range(4100..=4199)
        // A roll: the old run serves until this is done, and is asked to end after it.
        .on_hand_over(move |change| gateway::point_at(rolling.clone(), change.port))
        // A restart, or a crash: there was nobody to ask meanwhile, and the port may be another one.
        .on_healthy(move |info| {
            // One that comes up beside the old run, in a roll, has its turn with the hand-over.
            let current = restarted.sidecar_lifecycle().get_info(API);
            if current.is_some_and(|current| current.run == info.run) {
                let told = gateway::point_at(restarted.clone(), info.port);
                tauri::async_runtime::spawn(async { told.await.unwrap_or_else(|e| complain(&e)) });
            }
        })
        .build()
}

/// The gateway. It is started when the api is ready, with `SIDECAR_API_URL` in its environment.
pub(crate) fn gateway(folder: &Path) -> Result<SidecarConfig, ConfigError> {
    service(folder, "gateway.mjs")
        .port_range(4000..=4099)
        .depends_on(API)
        .build()
}

fn service(folder: &Path, file: &str) -> SidecarBuilder {
    SidecarConfig::builder()
        .name("node")
        .args([file])
        .cwd(folder)
        .health_check(HealthCheck::http("/health"))
        .auto_restart(true)
        .restart_backoff(Duration::from_millis(100))
        .graceful_shutdown_timeout(Duration::from_secs(5))
}
