//! Which port is picked, beside real holders and reservations.

use std::net::{IpAddr, Ipv4Addr};

use sidecar_lifecycle::ports::{PickError, PortWish, Reservations, pick};

use crate::listen;
use crate::support::port_child::alone;

#[test]
fn picking_passes_over_held_and_reserved_ports_and_prefers_the_last_one() {
    let _others = alone();
    let all = Reservations::default();
    let (_held, first) = listen(IpAddr::V4(Ipv4Addr::LOCALHOST), false).expect("IPv4 exists");
    let fixed = pick(PortWish::Fixed(first), &all, 0, None, &[]);
    assert_eq!(fixed.expect_err("held"), PickError::Held { port: first });
    let only = pick(PortWish::Range(first, first), &all, 0, Some(1), &[]);
    assert_eq!(
        only.expect_err("held"),
        PickError::AllHeld { first, last: first }
    );

    let range = PortWish::Range(first, first + 50);
    let one = pick(range, &all, 0, None, &[])
        .expect("one of 51 is free")
        .expect("a port was wished");
    assert!(one.port > first && one.port <= first + 50);
    let two = pick(range, &all, 0, Some(one.port), &[])
        .expect("another")
        .expect("a port");
    assert_ne!(one.port, two.port, "the preferred one is reserved");
    let (again, kept) = (two.port, two.reservation);
    drop(kept);
    let three = pick(range, &all, 0, Some(again), &[])
        .expect("free again")
        .expect("a port");
    assert_eq!(three.port, again, "the preferred one comes first");
    let outside = pick(range, &all, 0, Some(first + 51), &[])
        .expect("free")
        .expect("a port");
    assert!(
        outside.port <= first + 50,
        "one outside the range is not preferred"
    );

    let auto = pick(PortWish::Auto, &all, 7, None, &[])
        .expect("plenty")
        .expect("a port");
    assert!((20_000..30_000).contains(&auto.port));
    let other = pick(PortWish::Auto, &all, 7, Some(auto.port), &[])
        .expect("plenty")
        .expect("a port");
    assert_ne!(other.port, auto.port);
    assert!(
        pick(PortWish::None, &all, 7, None, &[])
            .expect("nothing to do")
            .is_none()
    );
}
