//! A sidecar's output as lines: kept in files, split, remembered, handed out again.
//!
//! [`LogRing`] is what its users hold; [`Engine::logs`](crate::Engine::logs) hands it out.
//!
//! ```no_run
//! use sidecar_lifecycle::{Engine, logs::Stream};
//!
//! /// What a sidecar has complained of, for a trouble page.
//! fn complaints(engine: &Engine, id: &str) -> Option<Vec<String>> {
//!     let lines = engine.logs(id)?.since_on(Stream::Stderr, 0);
//!     Some(lines.into_iter().map(|line| line.line).collect())
//! }
//! ```

mod ansi;
mod boundary;
mod feed;
mod folder_lock;
#[cfg(test)]
mod fuzz;
mod log_file;
mod ring;
pub(crate) mod rotation;
mod splitter;
mod urls;

#[cfg(unix)]
pub(crate) use feed::MAX_FILES;
pub(crate) use feed::{Feed, Piece};
#[cfg(unix)]
pub(crate) use log_file::Trouble;
pub(crate) use log_file::{LogFile, TroubleKind, Writer};
pub use ring::{LogLine, LogRing, Stream, Subscription};
pub(crate) use rotation::Rotation;
pub(crate) use splitter::{Splitter, line_at};
pub(crate) use urls::{PrintedUrl, printed_url};
