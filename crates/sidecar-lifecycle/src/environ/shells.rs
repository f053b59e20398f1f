//! How each family of shells is asked for its environment.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Carries the project folder to the shell's script, so that no path is ever quoted into it.
pub(super) const FOLDER_VARIABLE: &str = "SIDECAR_LIFECYCLE_FOLDER";

/// Set while a shell is asked: start-up files can test it and skip what is slow or interactive.
pub(super) const RESOLVING_VARIABLE: &str = "SIDECAR_LIFECYCLE_RESOLVING_ENVIRONMENT";

/// BSD's `env` had no `-0` for long; Perl is on every system that old.
const PRINT_ENV: &str =
    r#"/usr/bin/env -0 || /usr/bin/perl -e 'print "$_=$ENV{$_}\0" for keys %ENV'"#;

/// The command line that makes a shell print its environment between two sentinels.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Question {
    /// The program to run. `/bin/sh` where the user's shell speaks another language.
    pub(super) program: PathBuf,
    /// What the program is told its name is, where that differs.
    pub(super) arg0: Option<OsString>,
    /// Its arguments.
    pub(super) args: Vec<OsString>,
}

/// Shells that differ in flags or language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    /// sh, dash, ksh, zsh, and any shell that is not known.
    Posix,
    Bash,
    Fish,
    Csh,
    /// Neither POSIX flags nor POSIX syntax: the system's `sh` is asked instead.
    Foreign,
}

impl Family {
    fn of(shell: &Path) -> Family {
        let name = shell.file_stem().unwrap_or_default().to_string_lossy();
        match name.trim_start_matches('-') {
            "bash" => Family::Bash,
            "fish" => Family::Fish,
            "csh" | "tcsh" => Family::Csh,
            "nu" | "pwsh" | "powershell" | "elvish" | "xonsh" => Family::Foreign,
            _ => Family::Posix,
        }
    }
}

impl Question {
    /// The question for `shell`, with these sentinels.
    pub(super) fn new(shell: &Path, begin: &str, end: &str) -> Question {
        let family = Family::of(shell);
        let cd = match family {
            Family::Fish | Family::Csh => format!(r#"cd "${FOLDER_VARIABLE}""#),
            Family::Posix | Family::Bash | Family::Foreign => {
                format!(r#"\cd -- "${FOLDER_VARIABLE}""#)
            }
        };
        // A start-up file may have gone elsewhere, hence `cd`; entering the folder is also what
        // makes zsh run the hooks of direnv and mise. Bash and fish run theirs before a prompt.
        let hooks = match family {
            Family::Bash => r#"\eval "${PROMPT_COMMAND-}" >/dev/null 2>&1; "#,
            Family::Fish => "emit fish_prompt; ",
            Family::Posix | Family::Csh | Family::Foreign => "",
        };
        let printf = if family == Family::Fish {
            "builtin printf"
        } else {
            r"\printf"
        };
        let script =
            format!("{cd}; {hooks}{printf} %s '{begin}'; {PRINT_ENV}; {printf} %s '{end}'");

        let program = match family {
            Family::Foreign => PathBuf::from("/bin/sh"),
            _ => shell.to_path_buf(),
        };
        // csh takes `-l` only as its single flag; a leading dash in its name says the same.
        let (arg0, flags) = match family {
            Family::Csh => {
                let mut name = OsString::from("-");
                name.push(shell.file_name().unwrap_or_default());
                (Some(name), vec!["-i", "-c"])
            }
            _ => (None, vec!["-l", "-i", "-c"]),
        };
        let args = flags
            .into_iter()
            .map(OsString::from)
            .chain([script.into()])
            .collect();
        Question {
            program,
            arg0,
            args,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csh_is_a_login_shell_by_its_name() {
        let question = Question::new(Path::new("/bin/tcsh"), "b", "e");
        assert_eq!(question.arg0, Some("-tcsh".into()));
        assert_eq!(question.args[..2], ["-i", "-c"]);
    }

    #[test]
    fn shells_that_are_no_posix_shell_are_replaced_by_sh() {
        for shell in ["/usr/bin/nu", "/usr/local/bin/pwsh", "/opt/elvish"] {
            assert_eq!(
                Question::new(Path::new(shell), "b", "e").program,
                Path::new("/bin/sh")
            );
        }
    }

    #[test]
    fn no_path_is_quoted_into_the_script() {
        let question = Question::new(Path::new("/opt/it's/zsh"), "b", "e");
        assert!(!question.args[3].to_string_lossy().contains("it's"));
    }
}
