//! Keys beside the menu's: an item has one accelerator, and the zoom has more keys than that.

/// Ctrl with `+` wherever the keyboard has it, and with the keypad's keys. The menu's `Ctrl+=` is
/// that key without Shift on an American keyboard only.
#[cfg(target_os = "linux")]
pub(crate) fn add_zoom_keys(window: &tauri::WebviewWindow) -> tauri::Result<()> {
    use gtk::gdk::ModifierType;
    use gtk::gdk::keys::constants as key;
    use gtk::glib::Propagation;
    use gtk::prelude::WidgetExt;
    use tauri::Manager;

    let app = window.app_handle().clone();
    window
        .gtk_window()?
        .connect_key_press_event(move |_, event| {
            let others = ModifierType::MOD1_MASK | ModifierType::SUPER_MASK;
            let state = event.state();
            if !state.contains(ModifierType::CONTROL_MASK) || state.intersects(others) {
                return Propagation::Proceed;
            }
            let item = match event.keyval() {
                key::plus | key::KP_Add => "zoom-in",
                key::KP_Subtract => "zoom-out",
                key::KP_0 => "zoom-reset",
                _ => return Propagation::Proceed,
            };
            crate::menu::choose(&app, item);
            Propagation::Stop
        });
    Ok(())
}

/// Elsewhere the system treats `=` and `+` alike.
#[cfg(not(target_os = "linux"))]
#[expect(clippy::unnecessary_wraps, reason = "it can fail on Linux")]
pub(crate) fn add_zoom_keys(_window: &tauri::WebviewWindow) -> tauri::Result<()> {
    Ok(())
}
