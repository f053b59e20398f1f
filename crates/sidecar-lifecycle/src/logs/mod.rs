//! A sidecar's output as lines: split, remembered, handed out again.

mod ansi;
mod ring;
mod splitter;
mod urls;

pub use ring::{LogLine, LogRing, Stream, Subscription};
pub(crate) use splitter::Splitter;
pub(crate) use urls::{PrintedUrl, printed_url};
