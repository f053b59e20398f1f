//! The file that tells a test which processes exist.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;

/// Appends `role pid` for this process, in one write.
pub(crate) fn append(file: Option<&Path>, role: &str) -> io::Result<()> {
    let Some(file) = file else { return Ok(()) };
    let line = format!("{role} {}\n", std::process::id());
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(file)?
        .write_all(line.as_bytes())
}
