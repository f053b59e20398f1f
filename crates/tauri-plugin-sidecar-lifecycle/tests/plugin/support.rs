//! An app of Tauri's mock runtime with the plugin, whose pages have exactly the capabilities that a
//! test gives them: commands go through Tauri's own ACL, built from the plugin's permission files.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fake_host::testing::fake_sidecar;
use serde_json::{Value, json};
use tauri::http::HeaderMap;
use tauri::ipc::{CallbackFn, InvokeBody, InvokeResponseBody};
use tauri::test::{
    INVOKE_KEY, MockRuntime, get_ipc_response, mock_builder, mock_context, noop_assets,
};
use tauri::utils::acl::capability::{Capability, CapabilityFile};
use tauri::utils::acl::manifest::{Manifest, PermissionFile};
use tauri::utils::acl::resolved::Resolved;
use tauri::utils::platform::Target;
use tauri::webview::InvokeRequest;
use tauri::{App, WebviewUrl, WebviewWindow, WebviewWindowBuilder};
use tauri_plugin_sidecar_lifecycle::{
    Builder, Engine, SidecarBuilder, SidecarConfig, SidecarLifecycle, SidecarLifecycleExt,
};
use tempfile::TempDir;

/// Longest wait for anything; only a failing test gets near it.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// Where an app's own pages lie: a web view of Windows knows no schemes but its own.
const ORIGIN: &str = if cfg!(windows) {
    "http://tauri.localhost"
} else {
    "tauri://localhost"
};

type Messages = Arc<Mutex<HashMap<(String, u32), Sender<Value>>>>;

/// An app with its pages.
pub(crate) struct Bench {
    pub(crate) app: App<MockRuntime>,
    messages: Messages,
    // Behind the app, which ends its sidecars first.
    _folder: TempDir,
}

impl Bench {
    /// `capabilities` are as in an app's `capabilities/*.json`; the pages are called as they say.
    pub(crate) fn new(plugin: Builder, capabilities: &[Value]) -> Bench {
        let folder = tempfile::tempdir().expect("a folder of its own");
        let engine = Engine::builder("plugin-tests", folder.path().join("state"));
        let plugin = plugin.engine(engine.build().expect("an engine"));
        let app = built(plugin, capabilities, None);
        let (app, messages) = app.expect("an app");
        Bench {
            app,
            messages,
            _folder: folder,
        }
    }

    pub(crate) fn sidecars(&self) -> &SidecarLifecycle {
        self.app.sidecar_lifecycle()
    }

    /// A window with a page in it.
    pub(crate) fn page(&self, label: &str) -> Page {
        let window = WebviewWindowBuilder::new(&self.app, label, WebviewUrl::default());
        Page {
            window: window.build().expect("a window"),
            messages: self.messages.clone(),
        }
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        let engine = self.sidecars().engine();
        engine.force();
        let report = engine.shutdown("the test has ended", DEADLINE);
        if !std::thread::panicking() {
            assert!(report.complete, "something is left");
        }
    }
}

/// The app, or why it cannot be set up. `section` is the plugin's in `tauri.conf.json`.
pub(crate) fn built(
    plugin: Builder,
    capabilities: &[Value],
    section: Option<Value>,
) -> tauri::Result<(App<MockRuntime>, Messages)> {
    let mut context = mock_context(noop_assets());
    context.config_mut().identifier = "dev.berth.plugin-tests".into();
    if let Some(section) = section {
        let plugins = &mut context.config_mut().plugins.0;
        plugins.insert("sidecar-lifecycle".into(), section);
    }
    let acl = BTreeMap::from([("sidecar-lifecycle".to_owned(), manifest())]);
    let capabilities = capabilities.iter().map(|json| {
        let mut json = json.clone();
        json["identifier"] = json!(format!("capability-of-{}", json["windows"]));
        let file = serde_json::from_value(json).expect("a capability");
        match file {
            CapabilityFile::Capability(capability) => (capability.identifier.clone(), capability),
            _ => unreachable!("it is one"),
        }
    });
    let capabilities: BTreeMap<String, Capability> = capabilities.collect();
    let resolved = Resolved::resolve(&acl, capabilities, Target::current());
    *context.runtime_authority_mut() = tauri::runtime_authority!(acl, resolved.expect("an ACL"));
    let messages = Messages::default();
    let intercepted = messages.clone();
    let app = mock_builder()
        .channel_interceptor(move |webview, callback, _index, body| {
            let InvokeResponseBody::Json(json) = body else {
                return false;
            };
            let json: Value = serde_json::from_str(json).expect("JSON");
            let key = (webview.label().to_owned(), callback.0);
            let open = intercepted.lock().expect("no panic");
            open.get(&key).is_some_and(|tx| tx.send(json).is_ok())
        })
        // There is one handler of signals in a process, and there are many tests.
        .plugin(plugin.handle_signals(false).login_path(false).build())
        .build(context)?;
    Ok((app, messages))
}

/// The plugin's permissions, from the files that an app's build reads.
fn manifest() -> Manifest {
    let mut files = Vec::new();
    read_permissions(
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/permissions")),
        &mut files,
    );
    assert!(files.len() > 10, "one file for each command");
    Manifest::new(files, None)
}

fn read_permissions(folder: &Path, files: &mut Vec<PermissionFile>) {
    for entry in fs::read_dir(folder).expect("the permissions") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            read_permissions(&path, files);
        } else if path.extension().is_some_and(|e| e == "toml") {
            let text = fs::read_to_string(&path).expect("it can be read");
            files.push(toml::from_str(&text).expect("permissions"));
        }
    }
}

/// A page in a window of its own.
pub(crate) struct Page {
    pub(crate) window: WebviewWindow<MockRuntime>,
    messages: Messages,
}

impl Page {
    /// What JavaScript's `invoke` would resolve to, or be rejected with.
    pub(crate) fn call(&self, command: &str, args: Value) -> Result<Value, Value> {
        self.send(command, InvokeBody::Json(args), HeaderMap::new())
            .map(|body| body.deserialize().expect("JSON"))
    }

    /// The code that a call is rejected with. Tauri's own refusals are a text.
    #[track_caller]
    pub(crate) fn refused(&self, command: &str, args: Value) -> String {
        match self.call(command, args) {
            Ok(answer) => panic!("{command} was answered: {answer}"),
            Err(Value::String(text)) => text,
            Err(error) => error["code"].as_str().expect("a code").to_owned(),
        }
    }

    /// The same with raw bytes in one direction or both.
    pub(crate) fn send(
        &self,
        command: &str,
        body: InvokeBody,
        headers: HeaderMap,
    ) -> Result<InvokeResponseBody, Value> {
        let request = InvokeRequest {
            cmd: format!("plugin:sidecar-lifecycle|{command}"),
            callback: CallbackFn(0),
            error: CallbackFn(1),
            url: ORIGIN.parse().expect("a URL"),
            body,
            headers,
            invoke_key: INVOKE_KEY.to_owned(),
        };
        get_ipc_response(&self.window, request)
    }

    /// A channel as JavaScript hands it over, and what comes through it.
    pub(crate) fn channel(&self, number: u32) -> (Value, Receiver<Value>) {
        let (tx, rx) = mpsc::channel();
        let key = (self.window.label().to_owned(), number);
        self.messages.lock().expect("no panic").insert(key, tx);
        (json!(format!("__CHANNEL__:{number}")), rx)
    }
}

/// A server that lives until it is ended, and prints this line first.
pub(crate) fn server(line: &str) -> SidecarBuilder {
    fake(&["--no-listen", "--print-url", line]).graceful_shutdown_timeout(Duration::from_secs(2))
}

/// The test server with these flags: it runs on every system, which a shell's script does not.
pub(crate) fn fake(flags: &[&str]) -> SidecarBuilder {
    SidecarConfig::builder()
        .name(program())
        .args(flags.iter().copied())
}

/// The test server's program.
pub(crate) fn program() -> &'static str {
    fake_sidecar().to_str().expect("a path that is text")
}

pub(crate) fn config(builder: SidecarBuilder) -> SidecarConfig {
    builder.build().expect("a good configuration")
}

/// Two objects in one.
pub(crate) fn with(mut one: Value, other: Value) -> Value {
    let (Value::Object(entries), Value::Object(more)) = (&mut one, other) else {
        panic!("they are objects");
    };
    entries.extend(more);
    one
}
