//! What is known of frameworks: their commands, ports and flags. A new one is a new row.

/// A framework's development server.
#[derive(Debug, PartialEq, Eq)]
pub struct Framework {
    /// A short name that does not change.
    pub id: &'static str,
    /// The name as its makers write it.
    pub name: &'static str,
    /// Its program.
    pub program: &'static str,
    /// Subcommands that start the development server.
    pub dev_commands: &'static [&'static str],
    /// Subcommands that do something else.
    pub other_commands: &'static [&'static str],
    /// Whether the program without a subcommand starts the development server.
    pub bare_is_dev: bool,
    /// The package by which it is recognised among a project's dependencies.
    pub dependency: &'static str,
    /// The port it listens on when nobody says another.
    pub default_port: u16,
    /// Flags that take a port.
    pub port_flags: &'static [&'static str],
    /// What is appended to its command, with `{port}` where the port goes.
    pub port_args: &'static [&'static str],
    /// Whether it listens on the port that the variable `PORT` names.
    pub reads_port_variable: bool,
}

/// Every framework that is known. One that stands on another (Astro on Vite) comes before it:
/// both are among the dependencies then.
pub const FRAMEWORKS: [Framework; 3] = [
    Framework {
        id: "next",
        name: "Next.js",
        program: "next",
        dev_commands: &["dev"],
        other_commands: &[
            "build",
            "start",
            "lint",
            "export",
            "info",
            "telemetry",
            "typegen",
            "upgrade",
        ],
        bare_is_dev: true,
        dependency: "next",
        default_port: 3000,
        port_flags: &["--port", "-p"],
        port_args: &["-p", "{port}"],
        reads_port_variable: true,
    },
    Framework {
        id: "astro",
        name: "Astro",
        program: "astro",
        dev_commands: &["dev", "start"],
        other_commands: &[
            "build",
            "preview",
            "check",
            "sync",
            "add",
            "info",
            "docs",
            "telemetry",
        ],
        bare_is_dev: false,
        dependency: "astro",
        default_port: 4321,
        port_flags: &["--port"],
        port_args: &["--port", "{port}"],
        reads_port_variable: false,
    },
    // Without `--strictPort` Vite moves to the next port by itself, and the page's origin with it.
    Framework {
        id: "vite",
        name: "Vite",
        program: "vite",
        dev_commands: &["dev", "serve"],
        other_commands: &["build", "preview", "optimize"],
        bare_is_dev: true,
        dependency: "vite",
        default_port: 5173,
        port_flags: &["--port"],
        port_args: &["--port", "{port}", "--strictPort"],
        reads_port_variable: false,
    },
];

impl Framework {
    /// Whether this program with these arguments is this framework's development server.
    pub(crate) fn is_started_by(&self, program: &str, args: &[&str]) -> bool {
        if program != self.program {
            return false;
        }
        // The first word that is no flag is a subcommand, or else a folder.
        let first = args.iter().find(|arg| !arg.starts_with('-'));
        let is_other = |word: &&&str| self.other_commands.contains(word);
        match first {
            Some(word) if self.dev_commands.contains(word) => true,
            _ if args
                .iter()
                .any(|arg| matches!(*arg, "--help" | "--version" | "-h" | "-v")) =>
            {
                false
            }
            _ => self.bare_is_dev && !first.is_some_and(|word| is_other(&word)),
        }
    }

    /// The framework that is among these dependencies, if exactly what is known helps.
    pub(crate) fn among(
        dependencies: &std::collections::BTreeSet<String>,
    ) -> Option<&'static Framework> {
        FRAMEWORKS
            .iter()
            .find(|framework| dependencies.contains(framework.dependency))
    }
}
