//! What is run, and what it is given.

use std::ffi::OsString;
use std::ops::{Bound, RangeBounds};
use std::path::PathBuf;

use super::SidecarBuilder;
use crate::config::{StdinMode, StdoutMode};
use crate::ports::PortWish;

impl SidecarBuilder {
    /// The program, by a name that is looked for on the PATH.
    ///
    /// ```
    /// # use sidecar_lifecycle::SidecarConfig;
    /// let config = SidecarConfig::builder().name("redis-server").build()?;
    /// # Ok::<(), sidecar_lifecycle::ConfigError>(())
    /// ```
    pub fn name(self, name: impl Into<PathBuf>) -> Self {
        self.program(name)
    }

    /// The program, by its path. A relative one counts from the working folder.
    ///
    /// ```
    /// # use sidecar_lifecycle::SidecarConfig;
    /// let config = SidecarConfig::builder().program("./bin/api").build()?;
    /// # Ok::<(), sidecar_lifecycle::ConfigError>(())
    /// ```
    pub fn program(mut self, program: impl Into<PathBuf>) -> Self {
        self.0.program = program.into();
        self
    }

    /// Its arguments. `{port}` in one is replaced by the chosen port, and so is `auto` after
    /// `--port`.
    ///
    /// These are all of them: a second call replaces what the first gave, where
    /// [`std::process::Command::args`] adds to it.
    ///
    /// On Windows each program takes the one line apart that it is given. An argument arrives as it
    /// is at those that do so by the C runtime's rules, and at batch files. For the program `cmd`
    /// with the arguments `/d`, `/s`, `/c` and a fourth one, that is a line as typed in a terminal,
    /// and is handed over as it stands.
    ///
    /// ```
    /// # use sidecar_lifecycle::SidecarConfig;
    /// let config = SidecarConfig::builder()
    ///     .name("api")
    ///     .port_range(8080..=8089)
    ///     .args(["--listen", "127.0.0.1:{port}"])
    ///     .build()?;
    /// # Ok::<(), sidecar_lifecycle::ConfigError>(())
    /// ```
    pub fn args<I, A>(mut self, args: I) -> Self
    where
        I: IntoIterator<Item = A>,
        A: Into<OsString>,
    {
        self.0.args = args.into_iter().map(Into::into).collect();
        self
    }

    /// Sets an environment variable.
    ///
    /// ```
    /// # use sidecar_lifecycle::SidecarConfig;
    /// let config = SidecarConfig::builder()
    ///     .name("api")
    ///     .env("RUST_LOG", "info")
    ///     .build()?;
    /// # Ok::<(), sidecar_lifecycle::ConfigError>(())
    /// ```
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.0.env.insert(name.into(), value.into());
        self
    }

    /// Sets many.
    ///
    /// ```
    /// # use sidecar_lifecycle::SidecarConfig;
    /// let config = SidecarConfig::builder()
    ///     .name("api")
    ///     .envs([("RUST_LOG", "info"), ("TZ", "UTC")])
    ///     .build()?;
    /// # Ok::<(), sidecar_lifecycle::ConfigError>(())
    /// ```
    pub fn envs<I, K, V>(mut self, vars: I) -> Self
    where
        I: IntoIterator<Item = (K, V)>,
        K: Into<OsString>,
        V: Into<OsString>,
    {
        self.0
            .env
            .extend(vars.into_iter().map(|(k, v)| (k.into(), v.into())));
        self
    }

    /// Leaves the caller's own environment out: what was set here is all. On Windows `SystemRoot`,
    /// `SystemDrive` and `windir` stay, unless they are set here: without the first, a program can
    /// open no socket.
    ///
    /// ```
    /// # use sidecar_lifecycle::SidecarConfig;
    /// let config = SidecarConfig::builder()
    ///     .name("api")
    ///     .clear_env(true)
    ///     .env("PATH", "/usr/bin:/bin")
    ///     .build()?;
    /// # Ok::<(), sidecar_lifecycle::ConfigError>(())
    /// ```
    pub fn clear_env(mut self, clear: bool) -> Self {
        self.0.clear_env = clear;
        self
    }

    /// The working folder.
    ///
    /// ```
    /// # use sidecar_lifecycle::SidecarConfig;
    /// let config = SidecarConfig::builder()
    ///     .name("api")
    ///     .cwd("/srv/api")
    ///     .build()?;
    /// # Ok::<(), sidecar_lifecycle::ConfigError>(())
    /// ```
    pub fn cwd(mut self, folder: impl Into<PathBuf>) -> Self {
        self.0.cwd = Some(folder.into());
        self
    }

    /// Which port it shall listen on.
    ///
    /// ```
    /// # use sidecar_lifecycle::SidecarConfig;
    /// # use sidecar_lifecycle::ports::PortWish;
    /// let config = SidecarConfig::builder()
    ///     .name("api")
    ///     .port(PortWish::Fixed(6379))
    ///     .build()?;
    /// # Ok::<(), sidecar_lifecycle::ConfigError>(())
    /// ```
    pub fn port(mut self, wish: PortWish) -> Self {
        self.0.port = wish;
        self
    }

    /// The first free port of a range. `8080..8200` leaves 8200 out, `8080..=8200` does not.
    ///
    /// ```
    /// use sidecar_lifecycle::SidecarConfig;
    /// use sidecar_lifecycle::ports::PortWish;
    ///
    /// let config = SidecarConfig::builder().name("api").port_range(8080..8200).build()?;
    /// assert_eq!(config.port, PortWish::Range(8080, 8199));
    /// # Ok::<(), sidecar_lifecycle::ConfigError>(())
    /// ```
    pub fn port_range(self, range: impl RangeBounds<u16>) -> Self {
        // What is empty stays so, and `build` says it: the first port lies above the last.
        let first = match range.start_bound() {
            Bound::Included(&first) => first,
            Bound::Excluded(&before) => before.saturating_add(1),
            Bound::Unbounded => 1,
        };
        let last = match range.end_bound() {
            Bound::Included(&last) => last,
            Bound::Excluded(&after) => after.saturating_sub(1),
            Bound::Unbounded => u16::MAX,
        };
        self.port(PortWish::Range(first, last))
    }

    /// Asked for before any other that the wish allows: what a project was given last time.
    ///
    /// ```
    /// # use sidecar_lifecycle::SidecarConfig;
    /// let config = SidecarConfig::builder()
    ///     .name("api")
    ///     .port_range(5173..=5199)
    ///     .preferred_port(Some(5180))
    ///     .build()?;
    /// # Ok::<(), sidecar_lifecycle::ConfigError>(())
    /// ```
    pub fn preferred_port(mut self, port: Option<u16>) -> Self {
        self.0.preferred_port = port;
        self
    }

    /// The variable that tells the sidecar its port; `PORT` unless set. Where it is another, `PORT`
    /// is set besides, unless [`env`](SidecarBuilder::env) gives it.
    ///
    /// ```
    /// # use sidecar_lifecycle::SidecarConfig;
    /// let config = SidecarConfig::builder()
    ///     .name("api")
    ///     .port_range(8080..=8089)
    ///     .port_variable("API_PORT")
    ///     .build()?;
    /// # Ok::<(), sidecar_lifecycle::ConfigError>(())
    /// ```
    pub fn port_variable(mut self, name: impl Into<String>) -> Self {
        self.0.port_variable = Some(name.into());
        self
    }

    /// What it reads from.
    ///
    /// ```
    /// # use sidecar_lifecycle::{SidecarConfig, StdinMode};
    /// let config = SidecarConfig::builder()
    ///     .name("api")
    ///     .stdin(StdinMode::Piped)
    ///     .build()?;
    /// # Ok::<(), sidecar_lifecycle::ConfigError>(())
    /// ```
    pub fn stdin(mut self, mode: StdinMode) -> Self {
        self.0.stdin = mode;
        self
    }

    /// What becomes of its stdout: lines for the log, unless set, or raw bytes for a reader of
    /// one's own. See [`SidecarOutput`](crate::SidecarOutput) for who reads them.
    ///
    /// ```
    /// # use sidecar_lifecycle::{SidecarConfig, StdinMode, StdoutMode};
    /// let config = SidecarConfig::builder()
    ///     .name("mcp-server")
    ///     .stdin(StdinMode::Piped)
    ///     .stdout(StdoutMode::Raw)
    ///     .build()?;
    /// # Ok::<(), sidecar_lifecycle::ConfigError>(())
    /// ```
    pub fn stdout(mut self, mode: StdoutMode) -> Self {
        self.0.stdout = mode;
        self
    }

    /// Keeps the output in this file, both streams as they come and byte for byte. It has to be an
    /// ordinary file; its folder is made. The first run of an engine begins it anew and keeps what
    /// is there as `.prev`; later runs append to it.
    ///
    /// ```
    /// use sidecar_lifecycle::SidecarConfig;
    ///
    /// let config = SidecarConfig::builder()
    ///     .name("pnpm")
    ///     .log_file("/var/tmp/shop/web.log")
    ///     .log_limit(1 << 20) // web.log, web.log.1 and web.log.2 of about 1 MiB each.
    ///     .log_files(2)
    ///     .build()?;
    /// assert_eq!(config.log_files, 2);
    /// # Ok::<(), sidecar_lifecycle::ConfigError>(())
    /// ```
    pub fn log_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.0.log_file = Some(path.into());
        self
    }

    /// How long the log file may become, in bytes; 10 MiB unless set, and 0 for no limit. Less than
    /// 64 KiB counts as 64 KiB. The line that reaches the limit is the file's last: it is renamed to
    /// `.1`, what was `.1` to `.2` and so on, and the next line begins a new file. No line of less
    /// than 32 KiB is cut for it, and no file is longer than the limit and 64 KiB.
    ///
    /// Where the file cannot be renamed, [`LogTrouble`](crate::EventKind::LogTrouble) tells it and
    /// the file grows on; after as many bytes again it is tried again.
    ///
    /// ```
    /// # use sidecar_lifecycle::SidecarConfig;
    /// let config = SidecarConfig::builder()
    ///     .name("api")
    ///     .log_file("/var/log/example/api.log")
    ///     .log_limit(50 << 20)
    ///     .build()?;
    /// # Ok::<(), sidecar_lifecycle::ConfigError>(())
    /// ```
    pub fn log_limit(mut self, bytes: u64) -> Self {
        self.0.log_limit = bytes;
        self
    }

    /// How many files of this launch are kept besides the one that is written, under its name with
    /// `.1`, `.2` and so on behind it, the highest being the oldest; 3 unless set. With 0 the file
    /// begins anew at its limit. The next launch keeps them as `.prev.1` and so on.
    ///
    /// ```
    /// # use sidecar_lifecycle::SidecarConfig;
    /// let config = SidecarConfig::builder()
    ///     .name("api")
    ///     .log_file("/var/log/example/api.log")
    ///     .log_files(0) // The newest 10 MiB at the most.
    ///     .build()?;
    /// # Ok::<(), sidecar_lifecycle::ConfigError>(())
    /// ```
    pub fn log_files(mut self, count: u32) -> Self {
        self.0.log_files = count;
        self
    }
}
