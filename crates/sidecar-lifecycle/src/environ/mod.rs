//! The environment that a double-clicked app owes its children.
//!
//! A program started from a file manager has a minimal `PATH` and none of what the user's shell
//! sets up. [`capture_login_env`] asks that shell once, [`EnvCache`] keeps the answer, [`scrub()`]
//! removes what must not leak into a child, [`dev_defaults`] adds what a server without a terminal
//! needs, and [`find_tool`] finds a program and says where it looked. Nothing here changes the
//! environment of this process: the result is a map that is handed to children.

mod ask;
mod cache;
mod fingerprint;
mod folders;
mod framing;
mod login;
mod lookup;
mod map;
mod node_options;
mod nvm;
mod platform;
mod scrub;
mod shells;

pub use ask::{AskError, ask_tool};
pub use cache::{CacheError, CachedEnv, EnvCache};
pub use fingerprint::Fingerprint;
pub use folders::folder_owner;
pub use login::{CaptureError, capture_login_env, capture_login_env_from};
pub use lookup::{Lookup, Via, child_path, find_tool};
pub use map::{EnvMap, current_env};
pub use scrub::{dev_defaults, scrub};
