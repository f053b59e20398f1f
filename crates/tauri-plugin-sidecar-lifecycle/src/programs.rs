//! Where a program lies that a configuration names: beside the app, as Tauri's bundler has put it,
//! or on the user's PATH, which an app that was started from the desktop does not have.

use std::collections::BTreeMap;
use std::env::consts::EXE_SUFFIX;
use std::ffi::{OsStr, OsString};
use std::path::{Component, Path, PathBuf};
use std::sync::Mutex;

use sidecar_lifecycle::SidecarConfig;
use sidecar_lifecycle::environ;

use crate::outbox::lock;

type Then = Box<dyn FnOnce() + Send>;

/// Whether the login shell is being asked.
enum Shell {
    /// It has answered, or nobody has asked: nothing waits.
    Known,
    /// It is, or these are being called since it has answered: whoever comes now comes behind them.
    Asked(Vec<Then>),
}

/// See the module.
pub(crate) struct Programs {
    bundled: BTreeMap<OsString, PathBuf>,
    /// The user's PATH; `None` is the app's own.
    path: Mutex<Option<OsString>>,
    shell: Mutex<Shell>,
}

impl Programs {
    /// `external` is `bundle.externalBin` of the app's configuration.
    pub(crate) fn new(external: &[String], executable: Option<&Path>) -> Programs {
        Programs {
            bundled: bundled(external, executable),
            path: Mutex::default(),
            shell: Mutex::new(Shell::Known),
        }
    }

    /// From now on the PATH is unknown until [`Programs::answer`].
    pub(crate) fn ask(&self) {
        *lock(&self.shell) = Shell::Asked(Vec::new());
    }

    /// This is it. `update` comes before whoever waits, and they come in their order.
    pub(crate) fn answer(&self, path: Option<OsString>, update: impl FnOnce()) {
        *lock(&self.path) = path;
        update();
        while let Some(waiting) = self.take_waiting() {
            for then in waiting {
                then();
            }
        }
    }

    /// Those that wait. When there are none it is known, and nobody has to wait any more.
    fn take_waiting(&self) -> Option<Vec<Then>> {
        let mut shell = lock(&self.shell);
        match &mut *shell {
            Shell::Asked(waiting) if !waiting.is_empty() => Some(std::mem::take(waiting)),
            Shell::Asked(_) | Shell::Known => {
                *shell = Shell::Known;
                None
            }
        }
    }

    /// Calls `then` once the PATH is known: now, if it is.
    pub(crate) fn once_known(&self, then: impl FnOnce() + Send + 'static) {
        let mut shell = lock(&self.shell);
        match &mut *shell {
            Shell::Asked(waiting) => waiting.push(Box::new(then)),
            Shell::Known => {
                drop(shell);
                then();
            }
        }
    }

    /// The configuration with what is known here: the file of a bundled program, and the user's
    /// PATH, unless the configuration has an environment or a PATH of its own.
    pub(crate) fn locate(&self, mut config: SidecarConfig) -> SidecarConfig {
        if let Some(file) = bare_name(&config.program).and_then(|name| self.bundled.get(name)) {
            config.program.clone_from(file);
        }
        let path = OsStr::new("PATH");
        if let Some(users) = &*lock(&self.path)
            && !config.clear_env
            && !config.env.contains_key(path)
        {
            config.env.insert(path.to_owned(), users.clone());
        }
        config
    }
}

/// The user's PATH, if it may differ from the app's own. Blocks as long as the login shell takes.
pub(crate) fn of_login_shell(cache: &Path) -> Option<OsString> {
    let home = std::env::home_dir()?;
    let env = environ::user_env(&home, cache);
    env.get(OsStr::new("PATH")).cloned()
}

/// A name without a folder.
fn bare_name(program: &Path) -> Option<&OsStr> {
    let mut parts = program.components();
    match (parts.next(), parts.next()) {
        (Some(Component::Normal(name)), None) => Some(name),
        _ => None,
    }
}

/// The bundler puts `binaries/name-TARGET` beside the executable, as `name`.
fn bundled(external: &[String], executable: Option<&Path>) -> BTreeMap<OsString, PathBuf> {
    let Some(mut folder) = executable.and_then(Path::parent) else {
        return BTreeMap::new();
    };
    if folder.ends_with("deps") {
        // A test of cargo's: the build script has put them beside the app's own executable.
        folder = folder.parent().unwrap_or(folder);
    }
    let names = external.iter().filter_map(|e| Path::new(e).file_name());
    let file = |name: &OsStr| {
        let mut file = name.to_owned();
        file.push(EXE_SUFFIX);
        folder.join(file)
    };
    names.map(|name| (name.to_owned(), file(name))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    fn config(program: &str) -> SidecarConfig {
        let config = SidecarConfig::builder().program(program).build();
        config.expect("it is right")
    }

    #[test]
    fn a_bundled_program_lies_beside_the_executable_and_others_do_not() {
        let external = ["binaries/whisper".to_owned(), "redis-server".to_owned()];
        for exe in ["/opt/app/app", "/opt/app/deps/test-1234"] {
            let programs = Programs::new(&external, Some(Path::new(exe)));
            let place = |name: &str| programs.locate(config(name)).program;
            let beside = |name: &str| PathBuf::from(format!("/opt/app/{name}{EXE_SUFFIX}"));
            assert_eq!(place("whisper"), beside("whisper"), "{exe}");
            assert_eq!(place("redis-server"), beside("redis-server"), "{exe}");
            for other in ["node", "./whisper", "binaries/whisper", "/usr/bin/whisper"] {
                assert_eq!(place(other), Path::new(other), "{exe}");
            }
        }
    }

    #[test]
    fn nobody_overtakes_those_that_have_waited_for_the_users_path() {
        let programs = Arc::new(Programs::new(&[], None));
        let order = Arc::new(Mutex::new(Vec::new()));
        let note = |what: &'static str| {
            let order = order.clone();
            move || lock(&order).push(what)
        };
        programs.ask();
        programs.once_known(note("first"));
        // Comes while those that wait are called.
        let (beside, late) = (programs.clone(), note("late"));
        programs.once_known(move || beside.once_known(late));
        programs.once_known(note("second"));
        programs.answer(Some("/home/ana/bin".into()), || {
            let env = programs.locate(config("node")).env;
            let path = env.get(OsStr::new("PATH")).cloned();
            assert_eq!(path, Some("/home/ana/bin".into()), "it is declared with it");
            programs.once_known(note("early"));
            assert!(lock(&order).is_empty(), "all is up to date before");
        });
        programs.once_known(note("last"));
        let order = lock(&order);
        assert_eq!(*order, ["first", "second", "early", "late", "last"]);
    }

    #[test]
    fn the_users_path_is_waited_for_and_given_to_those_that_have_none() {
        let programs = Programs::new(&[], None);
        let count = Arc::new(AtomicU32::new(0));
        let counting = |count: &Arc<AtomicU32>| {
            let count = count.clone();
            move || {
                count.fetch_add(1, Ordering::SeqCst);
            }
        };
        programs.once_known(counting(&count));
        assert_eq!(count.load(Ordering::SeqCst), 1, "the app's own is known");
        programs.ask();
        programs.once_known(counting(&count));
        assert_eq!(
            count.load(Ordering::SeqCst),
            1,
            "the shell was not heard yet"
        );
        let before = count.clone();
        programs.answer(Some("/home/ana/bin".into()), move || {
            assert_eq!(before.load(Ordering::SeqCst), 1, "all is up to date before");
        });
        assert_eq!(count.load(Ordering::SeqCst), 2);

        let path =
            |config: SidecarConfig| programs.locate(config).env.get(OsStr::new("PATH")).cloned();
        assert_eq!(path(config("node")), Some("/home/ana/bin".into()));
        let mut own = config("node");
        own.env.insert("PATH".into(), "/bin".into());
        assert_eq!(path(own), Some("/bin".into()));
        let mut bare = config("node");
        bare.clear_env = true;
        assert_eq!(path(bare), None);
    }
}
