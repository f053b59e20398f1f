//! The fake does exactly what its flags say, seen from outside.
//! Linux only: the support code looks at `/proc` and uses pidfds.
#![cfg(target_os = "linux")]

mod ending;
mod family;
mod listening;
mod output;
mod support;
