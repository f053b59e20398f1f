//! The environment that a double-clicked app owes its children.
//!
//! A program started from a file manager has a minimal `PATH` and none of what the user's shell
//! sets up. [`capture_login_env`] asks that shell once, [`EnvCache`] keeps the answer, [`scrub()`]
//! removes what must not leak into a child, [`dev_defaults`] adds what a server without a terminal
//! needs, and [`find_tool`] finds a program and says where it looked. Nothing here changes the
//! environment of this process: the result is a map that is handed to children.
//!
//! All of it, for a server that is started by `pnpm dev`:
//!
//! ```no_run
//! use std::path::Path;
//! use std::time::Duration;
//! use sidecar_lifecycle::SidecarConfig;
//! use sidecar_lifecycle::environ::{
//!     capture_login_env, child_path, current_env, dev_defaults, find_tool, scrub, set_var,
//! };
//!
//! let (home, shop) = (Path::new("/home/ana"), Path::new("/home/ana/shop"));
//! let asked = capture_login_env(Path::new("/bin/zsh"), shop, Duration::from_secs(10));
//! let mut env = asked.unwrap_or_else(|e| {
//!     eprintln!("{e}"); // Goes on with what this program has itself.
//!     current_env()
//! });
//! scrub(&mut env);
//! dev_defaults(&mut env);
//!
//! let pnpm = find_tool("pnpm", &env, home, shop);
//! let path = child_path(&env, pnpm.extra_dir());
//! set_var(&mut env, "PATH", path);
//! let program = pnpm.found.ok_or_else(|| format!("no pnpm in {:?}", pnpm.looked_in))?;
//! let web = SidecarConfig::builder().program(program).args(["dev"]).cwd(shop).clear_env(true).envs(env);
//! # web.build()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

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
mod user;

pub use ask::{AskError, ask_tool};
pub use cache::{CacheError, CachedEnv, EnvCache};
pub use fingerprint::Fingerprint;
pub use folders::folder_owner;
pub use login::{CaptureError, capture_login_env, capture_login_env_from};
pub use lookup::{Lookup, Via, child_path, find_tool};
pub use map::{EnvMap, current_env, set_var};
pub use scrub::{dev_defaults, scrub};
pub use user::{is_from_terminal, user_env};
