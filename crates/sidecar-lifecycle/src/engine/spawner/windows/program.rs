//! An order in the form that the system takes it in.

use std::ffi::OsStr;
use std::io;
use std::os::windows::ffi::OsStrExt;
use std::path::Path;

use thiserror::Error;

use crate::engine::spawner::{SpawnOrder, command_line, path_form};
use crate::sys::Variables;
use crate::sys::windows::files;
use crate::sys::windows::spawn::{self, Program};

/// Why a program cannot be started where it shall work.
#[derive(Debug, Error)]
enum FolderError {
    #[error(
        "cmd.exe, which also runs batch files, cannot work in a network folder and takes Windows' \
         own folder instead. Give the share a drive letter (`net use`) and take the folder from there"
    )]
    ShareForShell,
    #[error(
        "{system}. Its folder's path takes {units} UTF-16 units, and a program can work in one of \
         at most 258: a shorter path, or a drive letter for a part of it (`subst`), helps"
    )]
    TooLong { system: io::Error, units: usize },
}

pub(super) fn of(order: &SpawnOrder) -> io::Result<Program> {
    let args = order.argv.iter().skip(1).map(|arg| &**arg);
    to_run(&order.program, args, &order.env, order.cwd.as_deref())
}

/// A program or a batch file, with the arguments behind its name. It is told paths as people write
/// them, and the system where it finds the file.
pub(crate) fn to_run<'a>(
    program: &Path,
    args: impl IntoIterator<Item = &'a OsStr>,
    env: &Variables,
    cwd: Option<&Path>,
) -> io::Result<Program> {
    let unusable = |e| io::Error::new(io::ErrorKind::InvalidInput, e);
    let args = args.into_iter();
    let args: Vec<Vec<u16>> = args.map(|a| a.encode_wide().collect()).collect();
    let script = path_form::for_people(&wide(program));
    let cwd = cwd.map(wide);
    let cwd = cwd.map(|folder| path_form::for_people(&folder));
    let is_batch = command_line::is_batch(&script);
    let on_share = cwd.as_deref().is_some_and(path_form::is_on_share);
    if on_share && (is_batch || command_line::is_shell(&script)) {
        let why = FolderError::ShareForShell;
        return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
    }
    let (file, line) = if is_batch {
        let shell = wide(&files::command_shell()?);
        let line = command_line::for_batch(&shell, &script, &args).map_err(unusable)?;
        (shell, line)
    } else {
        let line = command_line::for_program(&script, &args).map_err(unusable)?;
        (path_form::for_system(&script), line)
    };
    Ok(Program {
        file: with_nul(file),
        command_line: with_nul(line),
        environment: spawn::environment_block(env.iter())?,
        cwd: cwd.map(with_nul),
    })
}

/// The system only says that a folder is not valid.
pub(super) fn explained(system: io::Error, program: &Program) -> io::Error {
    let units = program.cwd.as_ref().map_or(0, |cwd| cwd.len() - 1);
    if path_form::is_long_folder(units) {
        let kind = system.kind();
        io::Error::new(kind, FolderError::TooLong { system, units })
    } else {
        system
    }
}

fn wide(path: &Path) -> Vec<u16> {
    path.as_os_str().encode_wide().collect()
}

fn with_nul(mut text: Vec<u16>) -> Vec<u16> {
    text.push(0);
    text
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::time::Duration;

    use super::*;
    use crate::core::RunId;

    fn order(program: &str, cwd: &str) -> SpawnOrder {
        SpawnOrder {
            run: RunId(1),
            program: PathBuf::from(program),
            argv: vec![program.into(), "run".into()],
            env: [("PATH", "x")].into_iter().collect(),
            cwd: Some(PathBuf::from(cwd)),
            marker: String::new(),
            stop_signal: 0,
            grace: Duration::ZERO,
            log: None,
            raw_stdout: false,
            direct_log: None,
            silent_stdin: false,
            keep: Vec::new(),
        }
    }

    fn text(wide: &[u16]) -> String {
        String::from_utf16(wide.strip_suffix(&[0]).expect("ends in a NUL")).expect("a text")
    }

    #[test]
    fn what_a_program_is_told_is_as_people_write_it() {
        let native = of(&order(r"\\?\C:\node\node.exe", r"\\?\C:\shop")).expect("usable");
        assert_eq!(text(&native.file), r"C:\node\node.exe");
        assert_eq!(text(&native.command_line), r#""C:\node\node.exe" run"#);
        assert_eq!(native.cwd.as_deref().map(text).as_deref(), Some(r"C:\shop"));
        let batch = of(&order(r"\\?\C:\pnpm\pnpm.cmd", r"\\?\C:\shop")).expect("usable");
        assert!(text(&batch.file).ends_with(r"\cmd.exe"));
        let line = text(&batch.command_line);
        assert!(
            line.contains(r"C:\pnpm\pnpm.cmd") && !line.contains(r"\\?\"),
            "{line}"
        );
        assert_eq!(batch.cwd.as_deref().map(text).as_deref(), Some(r"C:\shop"));
    }

    #[test]
    fn a_long_path_is_the_systems_own_matter() {
        let long = format!(r"C:\{}\x.exe", "x".repeat(300));
        let program = of(&order(&long, r"C:\")).expect("usable");
        assert_eq!(text(&program.file), format!(r"\\?\{long}"));
        assert_eq!(text(&program.command_line), format!("\"{long}\" run"));
    }

    #[test]
    fn cmd_and_what_it_runs_do_not_work_on_a_share_and_another_program_does() {
        for share in [
            r"\\server\share",
            r"\\?\UNC\server\share",
            r"\\wsl.localhost\Debian",
        ] {
            for program in [r"C:\pnpm.cmd", r"C:\Windows\System32\CMD.exe", "cmd"] {
                let refused = of(&order(program, share)).err().expect("refused");
                assert!(refused.to_string().contains("net use"), "{refused}");
                assert!(of(&order(program, r"C:\shop")).is_ok());
            }
            assert!(of(&order(r"C:\node.exe", share)).is_ok());
        }
    }

    /// The system's own answer is that the folder's name is not valid.
    #[test]
    fn a_folder_that_is_too_long_is_named_as_the_cause() {
        let system = || io::Error::from_raw_os_error(267);
        let short = of(&order(r"C:\x.exe", r"C:\shop")).expect("usable");
        assert_eq!(explained(system(), &short).raw_os_error(), Some(267));
        let folder = format!(r"C:\{}", "x".repeat(256));
        let long = of(&order(r"C:\x.exe", &folder)).expect("usable");
        let said = explained(system(), &long).to_string();
        assert!(
            said.contains("259 UTF-16 units") && said.contains("at most 258"),
            "{said}"
        );
        assert!(said.contains(&system().to_string()), "{said}");
    }
}
