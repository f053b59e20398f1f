//! A sidecar's output as lines: kept in files, split, remembered, handed out again.
//!
//! [`LogRing`] is what its users hold; [`Engine::logs`](crate::Engine::logs) hands it out.

mod ansi;
mod boundary;
mod feed;
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
