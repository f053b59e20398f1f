//! What `app.sidecar_lifecycle()` hands out.

mod wishes;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use sidecar_lifecycle::{Engine, Phase, SidecarConfig, SidecarInfo};

use crate::declaration::{Declaration, Params, Refused};
use crate::error::{Error, Result};
use crate::outbox::lock;
use crate::programs::{Programs, of_login_shell};

/// The sidecars of an app. Cheap to clone; all clones are the same.
///
/// It is the [`Engine`] (everything that this has is there too: `metrics`, `logs`, `subscribe`,
/// `stdin`, `protection`), with what an app needs besides: [declarations](Declaration)
/// whose places pages may fill, programs that the bundler has put beside the app, and the user's
/// PATH.
///
/// ```no_run
/// use tauri_plugin_sidecar_lifecycle::{Result, SidecarConfig, SidecarLifecycleExt};
///
/// # async fn example(app: tauri::AppHandle) -> Result<()> {
/// let config = SidecarConfig::builder().name("api-server").port_range(8080..8200).build().unwrap();
/// let info = app.sidecar_lifecycle().ensure_running("api", config).await?;
/// println!("it answers at {:?}", info.url);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct SidecarLifecycle {
    inner: Arc<Inner>,
}

struct Inner {
    engine: Engine,
    declared: Mutex<BTreeMap<String, Declared>>,
    programs: Programs,
    exiting: AtomicBool,
}

/// A declaration, and the values that it has now.
struct Declared {
    declaration: Declaration,
    values: Params,
    /// Held by everybody who waits until it is ready.
    awaited: Arc<()>,
}

impl Deref for SidecarLifecycle {
    type Target = Engine;

    fn deref(&self) -> &Engine {
        &self.inner.engine
    }
}

impl SidecarLifecycle {
    pub(crate) fn new(engine: Engine, programs: Programs) -> SidecarLifecycle {
        SidecarLifecycle {
            inner: Arc::new(Inner {
                engine,
                declared: Mutex::default(),
                programs,
                exiting: AtomicBool::new(false),
            }),
        }
    }

    /// The engine itself.
    ///
    /// ```no_run
    /// # use tauri_plugin_sidecar_lifecycle::SidecarLifecycleExt;
    /// # fn example(app: &tauri::AppHandle) {
    /// let engine = app.sidecar_lifecycle().engine().clone();
    /// engine.subscribe(|event| println!("{event:?}"));
    /// # }
    /// ```
    pub fn engine(&self) -> &Engine {
        &self.inner.engine
    }

    /// Makes a sidecar known without starting it. The same again changes nothing; another
    /// declaration is accepted only while the sidecar is down.
    ///
    /// # Errors
    /// What is wrong with the declaration, and what [`Engine::declare`] says; another one on a
    /// running sidecar has the code `other-config`.
    ///
    /// ```no_run
    /// # use tauri_plugin_sidecar_lifecycle::{Declaration, Param, Result, SidecarConfig, SidecarLifecycleExt};
    /// # fn example(app: &tauri::AppHandle) -> Result<()> {
    /// let config = SidecarConfig::builder().name("api").args(["{param.level}"]).build().unwrap();
    /// let api = Declaration::new(config).param("level", Param::one_of(["info", "debug"]), "info");
    /// app.sidecar_lifecycle().declare("api", api)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn declare(&self, id: &str, declaration: impl Into<Declaration>) -> Result<()> {
        let declaration = declaration.into();
        let invalid = |e| Error::Engine(sidecar_lifecycle::Error::Config(e));
        declaration.validate().map_err(invalid)?;
        let mut declared = lock(&self.inner.declared);
        // The same again keeps the values that it runs with.
        let values = match declared.get(id) {
            Some(known) if known.declaration == declaration => known.values.clone(),
            Some(_) | None => complete(id, &declaration, &Params::new())?,
        };
        self.tell_engine(id, &declaration, &values)?;
        let awaited = declared.remove(id).map_or_else(Arc::default, |k| k.awaited);
        let known = Declared {
            declaration,
            values,
            awaited,
        };
        declared.insert(id.to_owned(), known);
        Ok(())
    }

    /// Declares it, wants it up and waits until it is ready. Asked for many times at once, it is
    /// started once; one that is ready is answered at once.
    ///
    /// The wish is made by this call and not by the first poll of the future, which needs no
    /// particular executor.
    ///
    /// # Errors
    /// As [`declare`](SidecarLifecycle::declare); `failed` when it is given up, `stopped` when
    /// somebody stops it meanwhile.
    ///
    /// ```no_run
    /// # use tauri_plugin_sidecar_lifecycle::{Result, SidecarConfig, SidecarLifecycleExt};
    /// # async fn example(app: tauri::AppHandle, config: SidecarConfig) -> Result<()> {
    /// app.sidecar_lifecycle().ensure_running("api", config).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn ensure_running(
        &self,
        id: &str,
        declaration: impl Into<Declaration>,
    ) -> impl Future<Output = Result<SidecarInfo>> + Send + 'static {
        let declared = self.declare(id, declaration);
        let running = declared.map(|()| self.bring_up(id));
        async move { running?.await }
    }

    /// The same for one that was declared before. `params` fill its places: `None` leaves them as
    /// they are, and those that are not among them have their defaults.
    ///
    /// # Errors
    /// `unknown-sidecar`, `bad-param`, and `other-config` if it runs with other values; `failed` and
    /// `stopped` as above.
    ///
    /// ```no_run
    /// # use tauri_plugin_sidecar_lifecycle::{Params, Result, SidecarLifecycleExt};
    /// # async fn example(app: tauri::AppHandle) -> Result<()> {
    /// let params = Params::from([("level".to_owned(), "debug".to_owned())]);
    /// app.sidecar_lifecycle().ensure_declared("api", Some(&params)).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn ensure_declared(
        &self,
        id: &str,
        params: Option<&Params>,
    ) -> impl Future<Output = Result<SidecarInfo>> + Send + 'static {
        let set = params.map_or(Ok(()), |params| self.set_params(id, params));
        let running = set.map(|()| self.bring_up(id));
        async move { running?.await }
    }

    /// A sidecar as it is now; `None` if it was never started.
    ///
    /// ```no_run
    /// # use tauri_plugin_sidecar_lifecycle::SidecarLifecycleExt;
    /// # fn example(app: &tauri::AppHandle) -> Result<Option<u16>, String> {
    /// let info = app.sidecar_lifecycle().get_info("api").ok_or("it does not run")?;
    /// # Ok(info.port)
    /// # }
    /// ```
    pub fn get_info(&self, id: &str) -> Option<SidecarInfo> {
        self.inner.engine.info(id)
    }

    /// All sidecars that are declared, started or not, by id.
    ///
    /// ```no_run
    /// # use tauri_plugin_sidecar_lifecycle::SidecarLifecycleExt;
    /// # fn example(app: &tauri::AppHandle) {
    /// for info in app.sidecar_lifecycle().list() {
    ///     println!("{}: {:?}", info.id, info.state);
    /// }
    /// # }
    /// ```
    pub fn list(&self) -> Vec<SidecarInfo> {
        let ids = self.inner.engine.declared();
        ids.iter().map(|id| self.info_or_idle(id)).collect()
    }

    pub(crate) fn info_or_idle(&self, id: &str) -> SidecarInfo {
        let info = self.inner.engine.info(id);
        info.unwrap_or_else(|| SidecarInfo::idle(id))
    }

    /// From now on nothing is started, or again.
    pub(crate) fn set_exiting(&self, exiting: bool) {
        self.inner.exiting.store(exiting, Ordering::Release);
    }

    /// Asks the login shell for the user's PATH, on a thread; starts wait for its answer.
    pub(crate) fn ask_for_path(&self, cache: PathBuf) {
        self.inner.programs.ask();
        let (this, asked) = (self.clone(), self.clone());
        let thread = std::thread::Builder::new().name("user-path".into());
        let spawned = thread.spawn(move || this.use_path(of_login_shell(&cache)));
        if let Err(e) = spawned {
            log::warn!("the login shell is not asked for the PATH: {e}");
            asked.use_path(None);
        }
    }

    fn use_path(&self, path: Option<OsString>) {
        self.inner.programs.answer(path, || {
            for (id, known) in &*lock(&self.inner.declared) {
                // One that runs already was started by somebody who did not want to wait.
                if let Err(e) = self.tell_engine(id, &known.declaration, &known.values) {
                    log::debug!("{id} goes on with the app's own PATH: {e}");
                }
            }
        });
    }

    /// Declares it to the engine, with its places filled and its program found.
    fn tell_engine(&self, id: &str, declaration: &Declaration, values: &Params) -> Result<()> {
        let config = self.located(declaration.fill(values));
        Ok(self.inner.engine.declare(id, config)?)
    }

    fn located(&self, config: SidecarConfig) -> SidecarConfig {
        self.inner.programs.locate(config)
    }

    fn set_params(&self, id: &str, params: &Params) -> Result<()> {
        let mut declared = lock(&self.inner.declared);
        let Some(known) = declared.get_mut(id) else {
            // One that was declared with the engine itself has no places.
            return match params.keys().next() {
                None => Ok(()),
                Some(name) if self.inner.engine.logs(id).is_some() => Err(Error::BadParam {
                    id: id.to_owned(),
                    name: name.clone(),
                    reason: "there is no such parameter".to_owned(),
                }),
                Some(_) => Err(unknown(id)),
            };
        };
        let values = complete(id, &known.declaration, params)?;
        if values == known.values {
            return Ok(());
        }
        // On its way up it does not run yet, and is promised to somebody all the same.
        let info = self.info_or_idle(id);
        let down = matches!(info.state, Phase::Idle | Phase::Failed);
        if !down || Arc::strong_count(&known.awaited) > 1 {
            return Err(sidecar_lifecycle::Error::Conflict { id: id.to_owned() }.into());
        }
        self.tell_engine(id, &known.declaration, &values)?;
        known.values = values;
        Ok(())
    }
}

fn complete(id: &str, declaration: &Declaration, given: &Params) -> Result<Params> {
    let refused = |refused: Refused| Error::BadParam {
        id: id.to_owned(),
        name: refused.name,
        reason: refused.reason,
    };
    declaration.complete(given).map_err(refused)
}

fn unknown(id: &str) -> Error {
    sidecar_lifecycle::Error::Unknown { id: id.to_owned() }.into()
}
