//! The environment that the project's server gets.

use tauri_plugin_sidecar_lifecycle::engine::environ::{self, EnvMap};

/// Makes it fit for a server: what leaks from us is removed, what a server without a terminal
/// needs is added, and the tool's own folder is on the PATH.
pub(crate) fn for_server(
    mut env: EnvMap,
    extra: impl IntoIterator<Item = (String, String)>,
) -> EnvMap {
    let touched = environ::scrub(&mut env);
    if !touched.is_empty() {
        log::info!(
            "left out of the server's environment: {}",
            touched.join(", ")
        );
    }
    environ::dev_defaults(&mut env);
    for (name, value) in extra {
        environ::set_var(&mut env, name, value);
    }
    env
}
