//! Ports: which one is wanted, whether it is free, who holds it, and picking one.

mod free;
mod holder;
mod pick;
mod reserve;
pub(crate) mod rfc3339;
mod wish;

pub use free::{Busy, Trial, is_free, try_all};
pub use holder::{Holder, HolderKind, Listening, OurMarks, holder_of, holders_of, listening_on};
pub use pick::{PickError, Picked, pick};
pub use reserve::{Reservation, Reservations};
pub use wish::{BadWish, PortWish};
