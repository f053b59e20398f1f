//! The stable names of errors.

/// Declares an enum of names, from which alone errors take theirs: so a page's types, which are
/// generated from it, lack none, and the compiler tells of one that nobody takes.
#[doc(hidden)]
#[macro_export]
macro_rules! error_codes {
    ($(#[doc = $about:literal])+ $name:ident {
        $($(#[doc = $meaning:literal])+ $code:ident = $text:literal,)+
    }) => {
        $(#[doc = $about])+
        #[derive(Clone, Copy)]
        pub(crate) enum $name {
            $($(#[doc = $meaning])+ $code,)+
        }

        impl $name {
            pub(crate) const fn as_str(self) -> &'static str {
                match self {
                    $($name::$code => $text,)+
                }
            }

            /// What it is all about.
            #[cfg(test)]
            pub(crate) const ABOUT: &'static str = concat!($($about,)+);
            /// Each name with what it means.
            #[cfg(test)]
            pub(crate) const ALL: &'static [(&'static str, &'static str)] =
                &[$(($text, concat!($($meaning,)+)),)+];
        }
    };
}

error_codes! {
    /// What the engine's refusals are called.
    EngineErrorCode {
        /// Nobody has declared a sidecar with this id.
        UnknownSidecar = "unknown-sidecar",
        /// It depends on a sidecar that nobody has declared.
        UnknownDependency = "unknown-dependency",
        /// By its dependencies it would wait for itself.
        DependencyCycle = "dependency-cycle",
        /// It exists, with another configuration or with other values.
        OtherConfig = "other-config",
        /// The configuration cannot be used; the message says each mistake.
        BadConfig = "bad-config",
        /// It was given up: it cannot be started, or has crashed too often.
        Failed = "failed",
        /// It was stopped while it was waited for.
        Stopped = "stopped",
        /// That run has ended; another one may run.
        StaleRun = "stale-run",
        /// Not even force has ended it; the message says which processes are left.
        Survived = "survived",
        /// The folder of the engine's state cannot be used.
        StateFolder = "state-folder",
        /// The engine's thread could not be started.
        EngineStart = "engine-start",
        /// The engine has shut down.
        ShutDown = "shut-down",
        /// It has no run to be taken in hand, written to or read from.
        NotRunning = "not-running",
        /// It is not declared with a standard input that can be written to.
        NotPiped = "not-piped",
        /// Its standard input was closed, by the page or by the sidecar.
        StdinClosed = "stdin-closed",
        /// The system refuses to write to its standard input; the message says why.
        StdinFailed = "stdin-failed",
        /// It is not declared with a standard output of raw bytes.
        NotRaw = "not-raw",
        /// These bytes were acknowledged by a reader, so that they are not kept any more.
        AlreadyTaken = "already-taken",
        /// Nobody was given bytes as far as that.
        BadOffset = "bad-offset",
        /// The system refuses to read its standard output; the message says why.
        OutputFailed = "output-failed",
    }
}
