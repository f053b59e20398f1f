//! How an app comes by its sidecars.

use tauri::{Manager, Runtime};

use crate::handle::SidecarLifecycle;

/// The sidecars, from anything that knows the app.
///
/// ```no_run
/// use tauri_plugin_sidecar_lifecycle::SidecarLifecycleExt;
///
/// fn is_up<R: tauri::Runtime>(window: &tauri::WebviewWindow<R>, id: &str) -> bool {
///     window.sidecar_lifecycle().get_info(id).is_some_and(|info| info.is_healthy)
/// }
/// ```
pub trait SidecarLifecycleExt<R: Runtime> {
    /// The sidecars of this app.
    ///
    /// ```no_run
    /// # use tauri_plugin_sidecar_lifecycle::SidecarLifecycleExt;
    /// # fn example(app: &tauri::AppHandle) {
    /// // A handle for a thread: all clones are the same.
    /// let sidecars = app.sidecar_lifecycle().clone();
    /// # }
    /// ```
    ///
    /// # Panics
    /// If the plugin was not added to the app.
    fn sidecar_lifecycle(&self) -> &SidecarLifecycle;
}

impl<R: Runtime, T: Manager<R>> SidecarLifecycleExt<R> for T {
    fn sidecar_lifecycle(&self) -> &SidecarLifecycle {
        self.state::<SidecarLifecycle>().inner()
    }
}
