//! How it is stopped, when it is started again, and what belongs together.

use std::time::Duration;

use super::SidecarBuilder;
use crate::config::Dependency;
use crate::core::{Leftovers, OnDependencyRestart, Restart};

impl SidecarBuilder {
    /// From the stop signal to force. 5 s unless set.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use sidecar_lifecycle::SidecarConfig;
    /// let config = SidecarConfig::builder()
    ///     .name("api")
    ///     .graceful_shutdown_timeout(Duration::from_secs(20))
    ///     .build()?;
    /// # Ok::<(), sidecar_lifecycle::ConfigError>(())
    /// ```
    pub fn graceful_shutdown_timeout(mut self, grace: Duration) -> Self {
        self.0.grace = grace;
        self
    }

    /// The stop signal, by number (Unix; TERM unless set). The whole tree gets it.
    ///
    /// ```
    /// # use sidecar_lifecycle::SidecarConfig;
    /// let config = SidecarConfig::builder()
    ///     .name("api")
    ///     .stop_signal(2) // SIGINT: ffmpeg finishes its file then.
    ///     .build()?;
    /// # Ok::<(), sidecar_lifecycle::ConfigError>(())
    /// ```
    pub fn stop_signal(mut self, signal: i32) -> Self {
        self.0.stop_signal = signal;
        self
    }

    /// Written to its stdin in place of the stop signal, and its stdin is closed behind it: `q`
    /// makes ffmpeg finish its file. Once its leader has ended, the rest of the tree gets the
    /// signal; what is there after the grace is ended by force as ever.
    ///
    /// If the host dies, there is nobody to write it: the tree gets the signal then.
    ///
    /// ```
    /// # use sidecar_lifecycle::SidecarConfig;
    /// let config = SidecarConfig::builder()
    ///     .name("api")
    ///     .stop_input("q")
    ///     .build()?;
    /// # Ok::<(), sidecar_lifecycle::ConfigError>(())
    /// ```
    pub fn stop_input(mut self, text: impl Into<Vec<u8>>) -> Self {
        self.0.stop_input = Some(text.into());
        self
    }

    /// Whether a new run follows a crash.
    ///
    /// ```
    /// # use sidecar_lifecycle::SidecarConfig;
    /// let config = SidecarConfig::builder()
    ///     .name("api")
    ///     .auto_restart(true)
    ///     .build()?;
    /// # Ok::<(), sidecar_lifecycle::ConfigError>(())
    /// ```
    pub fn auto_restart(self, on: bool) -> Self {
        self.restart(if on {
            Restart::OnFailure
        } else {
            Restart::Never
        })
    }

    /// When a new run follows. Never, unless set.
    ///
    /// ```
    /// # use sidecar_lifecycle::{Restart, SidecarConfig};
    /// let config = SidecarConfig::builder()
    ///     .name("api")
    ///     .restart(Restart::Always)
    ///     .build()?;
    /// # Ok::<(), sidecar_lifecycle::ConfigError>(())
    /// ```
    pub fn restart(mut self, when: Restart) -> Self {
        self.0.restart = when;
        self
    }

    /// Whether a run that crashed before it was ready is followed by another one. It is, unless
    /// set. A desktop app sets it to false: a server that never came up is better shown to its
    /// user.
    ///
    /// ```
    /// # use sidecar_lifecycle::SidecarConfig;
    /// let config = SidecarConfig::builder()
    ///     .name("api")
    ///     .auto_restart(true)
    ///     .restart_unready(false) // Who never started will not start now.
    ///     .build()?;
    /// # Ok::<(), sidecar_lifecycle::ConfigError>(())
    /// ```
    pub fn restart_unready(mut self, on: bool) -> Self {
        self.0.restart_unready = on;
        self
    }

    /// Given up after so many crashes within the [`restart_window`](SidecarBuilder::restart_window).
    /// 5 unless set.
    ///
    /// ```
    /// # use sidecar_lifecycle::SidecarConfig;
    /// let config = SidecarConfig::builder()
    ///     .name("api")
    ///     .auto_restart(true)
    ///     .max_restart_attempts(3)
    ///     .build()?;
    /// # Ok::<(), sidecar_lifecycle::ConfigError>(())
    /// ```
    pub fn max_restart_attempts(mut self, max: u32) -> Self {
        self.0.max_restarts = max;
        self
    }

    /// How long a crash counts. 60 s unless set.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use sidecar_lifecycle::SidecarConfig;
    /// let config = SidecarConfig::builder()
    ///     .name("api")
    ///     .auto_restart(true)
    ///     .max_restart_attempts(3)
    ///     .restart_window(Duration::from_mins(5))
    ///     .build()?;
    /// # Ok::<(), sidecar_lifecycle::ConfigError>(())
    /// ```
    pub fn restart_window(mut self, window: Duration) -> Self {
        self.0.restart_window = window;
        self
    }

    /// The first delay before a new run; doubles with each crash, with full jitter: any delay
    /// from nothing to this one is as likely. 250 ms unless set.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use sidecar_lifecycle::SidecarConfig;
    /// let config = SidecarConfig::builder()
    ///     .name("api")
    ///     .auto_restart(true)
    ///     .restart_backoff(Duration::from_millis(100))
    ///     .build()?;
    /// # Ok::<(), sidecar_lifecycle::ConfigError>(())
    /// ```
    pub fn restart_backoff(mut self, first: Duration) -> Self {
        self.0.backoff = first;
        self
    }

    /// No delay before a new run is longer. 30 s unless set.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use sidecar_lifecycle::SidecarConfig;
    /// let config = SidecarConfig::builder()
    ///     .name("api")
    ///     .auto_restart(true)
    ///     .restart_backoff_cap(Duration::from_secs(5))
    ///     .build()?;
    /// # Ok::<(), sidecar_lifecycle::ConfigError>(())
    /// ```
    pub fn restart_backoff_cap(mut self, longest: Duration) -> Self {
        self.0.backoff_cap = longest;
        self
    }

    /// Exit codes that are no crash once it was ready. `[0]` unless set.
    ///
    /// ```
    /// # use sidecar_lifecycle::SidecarConfig;
    /// let config = SidecarConfig::builder()
    ///     .name("api")
    ///     .success_exit_codes([0, 143])
    ///     .build()?;
    /// # Ok::<(), sidecar_lifecycle::ConfigError>(())
    /// ```
    pub fn success_exit_codes(mut self, codes: impl IntoIterator<Item = i32>) -> Self {
        self.0.success_codes = codes.into_iter().collect();
        self
    }

    /// Exit codes after which no restart helps (a bad configuration, a missing licence): one such
    /// crash and it is given up. None unless set.
    ///
    /// ```
    /// # use sidecar_lifecycle::SidecarConfig;
    /// let config = SidecarConfig::builder()
    ///     .name("api")
    ///     .auto_restart(true)
    ///     .permanent_exit_codes([78, 125])
    ///     .build()?;
    /// # Ok::<(), sidecar_lifecycle::ConfigError>(())
    /// ```
    pub fn permanent_exit_codes(mut self, codes: impl IntoIterator<Item = i32>) -> Self {
        self.0.permanent_codes = codes.into_iter().collect();
        self
    }

    /// What becomes of it when its host ends without having stopped it: killed, crashed, or shut
    /// down in good order ([`Engine::shutdown`](crate::Engine::shutdown) and the drop of the last
    /// handle). It is ended with its host, unless set. A stop that is asked for stops it in any case.
    ///
    /// One that outlives its host belongs to Linux, where it can be had honestly, and needs a
    /// [`log_file`](SidecarBuilder::log_file): it writes straight into that, since a pipe would end
    /// with its reader. So both of its streams count as one (stdout), and the file is not rotated
    /// while it runs: past [`log_limit`](SidecarBuilder::log_limit) the next run begins another one.
    /// Its stdin is open and silent, or null.
    ///
    /// - [`Keep`](Leftovers::Keep): nobody looks after it any more. The next launch leaves it alone and
    ///   tells of it by `kept`. A start there begins another one beside it; on a fixed port it fails.
    /// - [`Adopt`](Leftovers::Adopt): the next launch that starts a sidecar of this id takes it
    ///   over, told by `adopted` in place of `spawned`: if it is certainly the same process (pid,
    ///   start time, boot) and would be started the same way (program, arguments, environment that was
    ///   set, folder, port, log file, where its dependencies are). If it would not, it is ended and begun
    ///   anew. Until it is started it runs by itself. When it ends, its exit code is not known: a
    ///   system tells that only to the parent.
    ///
    /// What it depends on is stopped with the host, unless that lives on as well.
    ///
    /// ```
    /// # use sidecar_lifecycle::{Leftovers, SidecarConfig};
    /// # #[cfg(target_os = "linux")] {
    /// let config = SidecarConfig::builder()
    ///     .name("redis-server")
    ///     .log_file("/var/tmp/shop/redis.log")
    ///     .leftovers(Leftovers::Adopt)
    ///     .build()?;
    /// # }
    /// # Ok::<(), sidecar_lifecycle::ConfigError>(())
    /// ```
    pub fn leftovers(mut self, what: Leftovers) -> Self {
        self.0.leftovers = what;
        self
    }

    /// Whether a later start of the same app ends what is left of this sidecar, should host and
    /// guardian be killed together. It does, unless set.
    ///
    /// The wish is written down with each run: what counts is how the leftover was started.
    ///
    /// ```
    /// # use sidecar_lifecycle::SidecarConfig;
    /// let config = SidecarConfig::builder()
    ///     .name("api")
    ///     .cleanup_on_start(false)
    ///     .build()?;
    /// # Ok::<(), sidecar_lifecycle::ConfigError>(())
    /// ```
    pub fn cleanup_on_start(mut self, on: bool) -> Self {
        self.0.cleanup_on_start = on;
        self
    }

    /// Of what is left of this sidecar, a later start ends only processes whose executable's name
    /// matches this pattern (`*` stands for any characters, `?` for one); the others are told of
    /// as kept. All of them unless set.
    ///
    /// A name alone never marks a process as ours: the pattern chooses among processes that carry
    /// our marker or stand in our state file. Whoever ends processes by their name ends a
    /// stranger's some day.
    ///
    /// ```
    /// # use sidecar_lifecycle::SidecarConfig;
    /// let config = SidecarConfig::builder()
    ///     .name("api")
    ///     .process_name_pattern("node*")
    ///     .build()?;
    /// # Ok::<(), sidecar_lifecycle::ConfigError>(())
    /// ```
    pub fn process_name_pattern(mut self, pattern: impl Into<String>) -> Self {
        self.0.process_name_pattern = Some(pattern.into());
        self
    }

    /// Waits for another sidecar before it begins, and starts that one if it is down. An id means
    /// ready; [`Dependency::on`] takes other conditions.
    ///
    /// ```
    /// # use sidecar_lifecycle::{Condition, Dependency, SidecarConfig};
    /// let config = SidecarConfig::builder()
    ///     .name("api")
    ///     .depends_on("db")
    ///     .depends_on(Dependency::on("migration", Condition::Completed))
    ///     .build()?;
    /// # Ok::<(), sidecar_lifecycle::ConfigError>(())
    /// ```
    ///
    /// It is told where they are: `SIDECAR_DB_URL` and `SIDECAR_DB_PORT` for the id `db`, which is
    /// written in capitals and with `_` for all that is no ASCII letter or digit. The URL is that of
    /// a dependency with a check by HTTP, without a path (`http://localhost:4000`); one that has none, or
    /// does not run, has no variable, and neither has an inherited one an effect. A variable that
    /// [`env`](SidecarBuilder::env) gives stays as it is given. Two ids with the same variable are an
    /// error.
    ///
    /// An environment cannot change while a program runs: a dependency that comes back on another
    /// port is known to the next run. [`on_dependency_restart`](SidecarBuilder::on_dependency_restart)
    /// brings that at once; without it, a fixed port stays true.
    pub fn depends_on(mut self, dependency: impl Into<Dependency>) -> Self {
        self.0.depends_on.push(dependency.into());
        self
    }

    /// Whether it is restarted when one that it depends on has a new run. It is not, unless set.
    ///
    /// ```
    /// # use sidecar_lifecycle::{OnDependencyRestart, SidecarConfig};
    /// let config = SidecarConfig::builder()
    ///     .name("api")
    ///     .depends_on("db")
    ///     .on_dependency_restart(OnDependencyRestart::Restart)
    ///     .build()?;
    /// # Ok::<(), sidecar_lifecycle::ConfigError>(())
    /// ```
    pub fn on_dependency_restart(mut self, what: OnDependencyRestart) -> Self {
        self.0.on_dependency_restart = what;
        self
    }

    /// Executables that are released and not ended when they are found in its tree, by the names
    /// of their files; on Windows case and `.exe` do not matter. A host that is killed there takes
    /// them with it: nothing leaves a job.
    ///
    /// ```
    /// # use sidecar_lifecycle::SidecarConfig;
    /// # use sidecar_lifecycle::guardian::DEFAULT_KEEP;
    /// let config = SidecarConfig::builder()
    ///     .name("api")
    ///     .keep(DEFAULT_KEEP.iter().copied().chain(["my-editor"]))
    ///     .build()?;
    /// # Ok::<(), sidecar_lifecycle::ConfigError>(())
    /// ```
    pub fn keep<I, S>(mut self, names: I) -> Self
    where
        I: IntoIterator<Item = S>,
        S: Into<String>,
    {
        self.0.keep = names.into_iter().map(Into::into).collect();
        self
    }
}
