//! Keys beside the menu's: an item has one accelerator, and the zoom has more keys than that. On
//! Windows, the menu's own too.

#[cfg(any(windows, test))]
mod shortcuts;

/// Ctrl with `+` wherever the keyboard has it, and with the keypad's keys. The menu's `Ctrl+=` is
/// that key without Shift on an American keyboard only.
#[cfg(target_os = "linux")]
pub(crate) fn add(window: &tauri::WebviewWindow) -> tauri::Result<()> {
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

/// All keys of the menu, while the page has the focus: WebView2 takes them in a process of its own,
/// and where Tauri looks for accelerators none arrives (<https://github.com/tauri-apps/wry/issues/451>).
#[cfg(windows)]
pub(crate) fn add(window: &tauri::WebviewWindow) -> tauri::Result<()> {
    use tauri::Manager;
    use webview2_com::AcceleratorKeyPressedEventHandler;
    use webview2_com::Microsoft::Web::WebView2::Win32::{
        COREWEBVIEW2_KEY_EVENT_KIND, COREWEBVIEW2_KEY_EVENT_KIND_KEY_DOWN as DOWN,
        COREWEBVIEW2_KEY_EVENT_KIND_SYSTEM_KEY_DOWN as SYSTEM_DOWN,
    };

    let app = window.app_handle().clone();
    window.with_webview(move |webview| {
        let handler = AcceleratorKeyPressedEventHandler::create(Box::new(move |_, event| {
            let Some(event) = event else { return Ok(()) };
            let (mut kind, mut key) = (COREWEBVIEW2_KEY_EVENT_KIND::default(), 0);
            // SAFETY: the event lives as long as this call, and `kind` is a place for the answer.
            unsafe { event.KeyEventKind(&raw mut kind) }?;
            // SAFETY: the same, with `key`.
            unsafe { event.VirtualKey(&raw mut key) }?;
            if (kind == DOWN || kind == SYSTEM_DOWN)
                && let Some(item) = shortcuts::item(key, held())
            {
                // SAFETY: the event lives as long as this call.
                unsafe { event.SetHandled(true) }?;
                choose_later(&app, item);
            }
            Ok(())
        }));
        let mut token = 0; // The handler is never taken off again.
        // SAFETY: this is the thread of the web view, as `with_webview` promises.
        let added = unsafe {
            let controller = webview.controller();
            controller.add_AcceleratorKeyPressed(&handler, &raw mut token)
        };
        if let Err(e) = added {
            log::warn!("the menu's keys are dead while the page has the focus: {e}");
        }
    })
}

/// Which keys are held while a key's event is handled.
#[cfg(windows)]
fn held() -> shortcuts::Held {
    use windows_sys::Win32::UI::Input::KeyboardAndMouse::{
        GetKeyState, VK_CONTROL, VK_MENU, VK_RMENU, VK_SHIFT,
    };
    // SAFETY: takes any number. Negative means down.
    let is_down = |key: u16| unsafe { GetKeyState(i32::from(key)) } < 0;
    shortcuts::Held {
        ctrl: is_down(VK_CONTROL),
        shift: is_down(VK_SHIFT),
        alt: is_down(VK_MENU),
        right_alt: is_down(VK_RMENU),
    }
}

/// Once the key's event is over, since what an item does may wait for the web view.
#[cfg(windows)]
fn choose_later(app: &tauri::AppHandle, item: &'static str) {
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        let chosen = app.clone();
        if let Err(e) = app.run_on_main_thread(move || crate::menu::choose(&chosen, item)) {
            log::warn!("the key of {item} is lost: {e}");
        }
    });
}

/// macOS treats `=` and `+` alike.
#[cfg(not(any(target_os = "linux", windows)))]
#[expect(clippy::unnecessary_wraps, reason = "it can fail elsewhere")]
pub(crate) fn add(_window: &tauri::WebviewWindow) -> tauri::Result<()> {
    Ok(())
}
