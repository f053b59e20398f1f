use super::*;
use crate::sys::unix::fd::{pipe, set_nonblocking, socket_pair};

fn big_spawn() -> Request {
    Request::Spawn(Box::new(SpawnRequest {
        run: 7,
        program: b"/bin/true".to_vec(),
        argv: vec![b"true".to_vec()],
        env: vec![vec![b'x'; 1 << 20], vec![0xff, 0xfe]],
        cwd: None,
        marker: b"a/b/c/7".to_vec(),
        stop_signal: 15,
        grace_ms: 5000,
        log: Some(LogOrder {
            path: b"/log".to_vec(),
            limit: 1,
            files: 1,
        }),
        raw_stdout: false,
        outlives: false,
        keep: vec!["code".into()],
    }))
}

/// A packet socket once cut an environment of 1 MB short; the stream must carry it whole,
/// with its descriptors, even when it does not fit into the socket at once.
#[test]
fn carries_a_large_environment_and_its_descriptors_in_pieces() {
    let (a, b) = socket_pair().unwrap();
    set_nonblocking(&a).unwrap();
    set_nonblocking(&b).unwrap();
    let (mut host, mut guardian) = (Link::new(a), Link::new(b));
    let (read, write) = pipe().unwrap();
    host.send(&big_spawn(), vec![read, write]).unwrap();
    host.send(&Request::AskStop { run: 7 }, vec![]).unwrap();
    assert!(
        host.wants_to_write(),
        "1 MB does not fit into the socket at once"
    );
    let mut got: Vec<Request> = Vec::new();
    while got.len() < 2 {
        host.flush().unwrap();
        assert!(guardian.fill().unwrap());
        while let Some(message) = guardian.next().unwrap() {
            got.push(message);
        }
    }
    assert_eq!(got, [big_spawn(), Request::AskStop { run: 7 }]);
    assert_eq!(guardian.take_fds().len(), 2);
    assert!(guardian.take_fds().is_empty());
}

#[test]
fn every_cut_of_a_frame_waits_for_the_rest_and_no_garbage_panics() {
    let whole = frame(&Request::AskStop { run: u64::MAX }).unwrap();
    for cut in 0..whole.len() {
        assert!(
            parse::<Request>(&whole[..cut]).unwrap().is_none(),
            "cut at {cut}"
        );
    }
    let mut rng = fastrand::Rng::with_seed(1);
    for _ in 0..20_000 {
        let bytes: Vec<u8> = (0..rng.usize(0..64)).map(|_| rng.u8(..)).collect();
        let _ = parse::<Request>(&bytes); // An answer or an error, never a panic.
        let _ = parse::<Report>(&bytes);
    }
    let mut long = (MAX_FRAME as u32 + 1).to_le_bytes().to_vec();
    long.extend([0; 16]);
    assert!(
        parse::<Request>(&long).is_err(),
        "a length beyond the limit is refused at once"
    );
}
