//! Plans for folders as people have them.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod frameworks;
mod rules;
mod support;
