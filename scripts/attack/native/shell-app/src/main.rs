//! An app that runs a command by Tauri's shell plugin with all that it offers for a tree of
//! processes: a group of its own, and the end of that group with the app. A line `stop` on stdin
//! kills the child.

use std::io::stdin;
use std::thread;

use tauri_plugin_shell::ShellExt;

fn main() -> tauri::Result<()> {
    tauri::Builder::default()
        .plugin(tauri_plugin_shell::init())
        .setup(|app| {
            let mut words = std::env::args().skip(1);
            let program = words.next().ok_or("which command?")?;
            let (mut events, child) = app
                .shell()
                .command(program)
                .args(words)
                .set_process_group(true)
                .kill_on_drop(true)
                .spawn()?;
            // Nobody may be held up by events that nobody takes.
            tauri::async_runtime::spawn(async move { while events.recv().await.is_some() {} });
            thread::spawn(move || {
                if stdin().lines().any(|line| line.is_ok_and(|line| line == "stop"))
                    && let Err(e) = child.kill()
                {
                    eprintln!("cannot kill the child: {e}");
                }
            });
            Ok(())
        })
        .run(tauri::generate_context!())
}
