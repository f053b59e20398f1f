//! Folders that macOS hands over, and a start that names none.
//!
//! Finder, the Dock and `open -a Berth FOLDER` put no folder on the command line: they start the app
//! in `/`, and name the folder by an event, then or later. As one process shows one project, each
//! gets a process of its own; who has it open already comes to the front by that.

use std::path::PathBuf;

use url::Url;

/// What of it lies on this machine.
fn paths(urls: &[Url]) -> impl Iterator<Item = PathBuf> {
    urls.iter().filter_map(|url| url.to_file_path().ok())
}

#[cfg(target_os = "macos")]
pub(crate) use macos::{ask, names_no_folder, open_each};

#[cfg(target_os = "macos")]
mod macos {
    use std::ffi::OsStr;
    use std::io::Read;
    use std::os::unix::ffi::OsStrExt;
    use std::path::Path;
    use std::process::{Child, Command, ExitCode, Stdio};
    use std::sync::{Mutex, MutexGuard, PoisonError};
    use std::{env, io, thread};

    use tauri::{AppHandle, RunEvent, Wry};
    use url::Url;

    use super::paths;
    use crate::terminal;

    /// Whether nobody has chosen the folder that this process was started in.
    pub(crate) fn names_no_folder() -> bool {
        env::current_dir().is_ok_and(|folder| folder == Path::new("/"))
    }

    /// Opens each in a process of its own.
    pub(crate) fn open_each(urls: &[Url]) -> io::Result<()> {
        paths(urls).try_for_each(|folder| open(&folder))
    }

    fn open(folder: &Path) -> io::Result<()> {
        log::info!("another project: {}", folder.display());
        let mut berth = Command::new(env::current_exe()?)
            .arg("--")
            .arg(folder)
            .stdin(Stdio::null())
            .spawn()?;
        thread::spawn(move || {
            let _ = berth.wait(); // Reaped; how it ended is told to its own user.
        });
        Ok(())
    }

    /// The system's own dialog, by the system's own program: one of ours would run the event loop
    /// inside one of its events, where the next folder that is handed over is waited for for ever.
    const QUESTION: &str = "try
        activate
    end try
    POSIX path of (choose folder with prompt \"Which project shall Berth open?\")";

    /// Waits for a folder, or asks for one where none was handed over by the time that the app is
    /// up. It has no window, and ends with that.
    pub(crate) fn ask(context: tauri::Context<Wry>) -> ExitCode {
        let app = match tauri::Builder::default().build(context) {
            Ok(app) => app,
            Err(e) => {
                terminal::complain(&format!("cannot ask for a project: {e}"));
                return ExitCode::FAILURE;
            }
        };
        // What started the app is handed over before it is ready.
        let mut has_folder = false;
        let code = app.run_return(move |app, event| match event {
            RunEvent::Opened { urls } => {
                has_folder = true;
                _ = dismiss();
                end(app, open_each(&urls));
            }
            RunEvent::Ready if !has_folder => pick(app),
            RunEvent::Exit => _ = dismiss(),
            _ => {}
        });
        u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from)
    }

    /// The dialog that is shown.
    static DIALOG: Mutex<Option<Child>> = Mutex::new(None);

    fn dialog() -> MutexGuard<'static, Option<Child>> {
        DIALOG.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pick(app: &AppHandle) {
        let shown = Command::new("/usr/bin/osascript")
            .args(["-e", QUESTION])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let answer = match shown {
            Ok(mut shown) => {
                let answer = shown.stdout.take();
                *dialog() = Some(shown);
                answer
            }
            Err(e) => {
                end(app, Err(e));
                return;
            }
        };
        let app = app.clone();
        thread::spawn(move || {
            let mut picked = Vec::new();
            let read = answer.map_or(Ok(0), |mut answer| answer.read_to_end(&mut picked));
            if dismiss() {
                end(&app, read.and_then(|_| open_picked(&picked)));
            }
        });
    }

    /// Ends the dialog, if it is there still.
    fn dismiss() -> bool {
        let shown = dialog().take();
        shown.is_some_and(|mut shown| {
            let _ = shown.kill(); // It may have ended.
            shown.wait().is_ok()
        })
    }

    /// Nothing was picked where the dialog was closed.
    fn open_picked(answer: &[u8]) -> io::Result<()> {
        let folder = answer.strip_suffix(b"\n").unwrap_or(answer);
        if folder.is_empty() {
            return Ok(());
        }
        open(Path::new(OsStr::from_bytes(folder)))
    }

    fn end(app: &AppHandle, opened: io::Result<()>) {
        let code = match opened {
            Ok(()) => 0,
            Err(e) => {
                terminal::complain(&format!("cannot be started for a folder: {e}"));
                1
            }
        };
        app.exit(code);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_taken_and_addresses_are_not() {
        let urls = ["file:///Users/me/my%20shop/", "https://example.com/shop"];
        let urls = urls.map(|url| Url::parse(url).expect("a URL"));
        let found: Vec<PathBuf> = paths(&urls).collect();
        assert_eq!(found, [PathBuf::from("/Users/me/my shop/")]);
    }
}
