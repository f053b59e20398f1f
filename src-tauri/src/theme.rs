//! Dark or light, before the first page is painted.

use tauri::WebviewWindow;

/// Whether the desktop paints windows dark. Asked on the main thread, once the window is built.
///
/// On Linux the toolkit is asked for the colour that it paints with: a dark theme may come from
/// the theme's name, a preference or the environment, and only the result counts.
#[cfg(target_os = "linux")]
pub(crate) fn is_dark(window: &WebviewWindow) -> bool {
    use gtk::prelude::{StyleContextExt, WidgetExt};
    let Ok(window) = window.gtk_window() else {
        return false;
    };
    window
        .style_context()
        .lookup_color("theme_bg_color")
        .is_some_and(|colour| {
            // Relative luminance, as in WCAG, without its gamma: the middle is all that matters.
            0.2126 * colour.red() + 0.7152 * colour.green() + 0.0722 * colour.blue() < 0.5
        })
}

/// Elsewhere the system says so itself.
#[cfg(not(target_os = "linux"))]
pub(crate) fn is_dark(window: &WebviewWindow) -> bool {
    window
        .theme()
        .is_ok_and(|theme| theme == tauri::Theme::Dark)
}
