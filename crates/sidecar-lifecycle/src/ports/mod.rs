//! Ports: which one is wanted, whether it is free, who holds it, and picking one.
//!
//! A server that is started by hand, on a port that nobody else is given meanwhile:
//!
//! ```no_run
//! use sidecar_lifecycle::ports::{PickError, Picked, PortWish, Reservations, pick};
//!
//! let wish: PortWish = "4000-4010".parse()?;
//! match pick(wish, &Reservations::machine_wide()?, 42, None, &[]) {
//!     Ok(Some(Picked { port, reservation, .. })) => {
//!         println!("starting it on {port}");
//!         // … and as soon as it listens:
//!         drop(reservation);
//!     }
//!     Ok(None) => println!("no port was wished for"),
//!     Err(PickError::Held { port }) => eprintln!("{port} is held"),
//!     Err(other) => eprintln!("{other}"),
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod barred;
mod free;
mod holder;
pub(crate) mod lossy;
mod pick;
mod reserve;
pub(crate) mod rfc3339;
mod wish;

pub use barred::{Barred, barred};
pub use free::{Busy, Trial, is_free, try_all};
pub use holder::{Holder, HolderKind, Listening, OurMarks, holder_of, holders_of, listening_on};
pub use pick::{PickError, Picked, pick};
pub use reserve::{Reservation, Reservations};
pub use wish::{BadWish, PortWish};
