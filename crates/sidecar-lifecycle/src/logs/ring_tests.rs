use super::*;

#[test]
fn a_reader_that_comes_again_misses_nothing_and_sees_nothing_twice() {
    let ring = LogRing::default();
    for i in 1..=5 {
        ring.push(Stream::Stdout, format!("line {i}"));
    }
    let seen = Arc::new(Mutex::new(Vec::new()));
    let sink = seen.clone();
    let subscription = ring.subscribe(3, move |l| sink.lock().unwrap().push(l.seq));
    ring.push(Stream::Stderr, "six".into());
    drop(subscription);
    ring.push(Stream::Stdout, "seven".into());
    assert_eq!(*seen.lock().unwrap(), [4, 5, 6]);
    assert_eq!(ring.since(5).len(), 2);
    assert_eq!(ring.last(1), ["seven"]);
    assert_eq!(
        ring.last_since(6, 20),
        ["seven"],
        "lines of an earlier run are not this run's"
    );
    assert!(ring.last_since(ring.last_seq(), 20).is_empty());
}

/// It waited for itself: the listener was called while the ring was locked.
#[test]
fn a_listener_may_ask_the_ring_also_while_lines_are_replayed() {
    let ring = LogRing::default();
    ring.push(Stream::Stdout, "one".into());
    let (asked, seen) = (ring.clone(), Arc::new(Mutex::new(Vec::new())));
    let sink = seen.clone();
    let _subscription = ring.subscribe(0, move |line| {
        if line.seq == 1 {
            asked.push(Stream::Stdout, "two".into()); // As the engine's thread may meanwhile.
        }
        sink.lock().unwrap().push((line.seq, asked.last_seq()));
    });
    ring.push(Stream::Stderr, "three".into());
    assert_eq!(*seen.lock().unwrap(), [(1, 2), (2, 2), (3, 3)]);
}

#[test]
fn streams_can_be_told_apart() {
    let ring = LogRing::default();
    for (stream, line) in [
        (Stream::Stdout, "a"),
        (Stream::Stderr, "b"),
        (Stream::Stdout, "c"),
    ] {
        ring.push(stream, line.into());
    }
    let text = |stream, seq| -> Vec<String> {
        let lines = ring.since_on(stream, seq);
        lines.into_iter().map(|l| l.line).collect()
    };
    assert_eq!(text(Stream::Stdout, 0), ["a", "c"]);
    assert_eq!(text(Stream::Stdout, 1), ["c"]);
    assert_eq!(text(Stream::Stderr, 0), ["b"]);
}

#[test]
fn what_is_missing_leaves_a_gap() {
    let ring = LogRing::default();
    ring.push(Stream::Stdout, "before".into());
    ring.skip();
    ring.push(Stream::Stdout, "after".into());
    let numbers: Vec<u64> = ring.since(0).iter().map(|l| l.seq).collect();
    assert_eq!(numbers, [1, 3]);
}

/// 2,000 lines of 64 KiB would be 128 MiB.
#[test]
fn long_lines_do_not_fill_the_memory() {
    let ring = LogRing::default();
    let held = |ring: &LogRing| ring.since(0).iter().map(footprint).sum::<usize>();
    for n in 0..3_000 {
        let length = if n % 2 == 0 { 64 * 1024 } else { 10 };
        ring.push(Stream::Stdout, "x".repeat(length));
        assert!(ring.lock().bytes <= CAPACITY_BYTES);
    }
    assert!(
        held(&ring) > CAPACITY_BYTES / 2,
        "as much as there is room for"
    );
    assert_eq!(held(&ring), ring.lock().bytes);
    for _ in 0..CAPACITY {
        ring.push(Stream::Stdout, "short".into());
    }
    assert_eq!(
        ring.since(0).len(),
        CAPACITY,
        "short ones are all kept again"
    );
}

#[test]
fn the_oldest_lines_are_forgotten_and_the_gap_shows() {
    let ring = LogRing::default();
    for i in 0..CAPACITY + 10 {
        ring.push(Stream::Stdout, i.to_string());
    }
    let lines = ring.since(0);
    assert_eq!(lines.len(), CAPACITY);
    assert_eq!(lines[0].seq, 11);
}

/// Lines that nobody asks for are held as they came, within the same bound.
#[test]
fn lines_that_nobody_looks_at_do_not_fill_the_memory() {
    let ring = LogRing::default();
    for (line, times, room) in [
        (60_000, 1, CAPACITY_BYTES),
        (79, 800, CAPACITY_BYTES),
        (0, 60_000, 60_000),
    ] {
        let bytes = format!("{}\n", "x".repeat(line)).repeat(times).into_bytes();
        for _ in 0..40 {
            ring.push_lines(Stream::Stdout, bytes.clone());
            let inner = ring.lock();
            let held: usize = inner.unread.iter().map(|u| u.bytes.len()).sum();
            assert!(held <= room + bytes.len());
            assert!(inner.lines.is_empty(), "nobody has asked");
        }
    }
    assert_eq!(ring.last_seq(), 40 * (1 + 800 + 60_000));
    assert_eq!(ring.since(0).len(), CAPACITY);
    let inner = ring.lock();
    assert_eq!(
        inner.bytes,
        inner.lines.iter().map(footprint).sum::<usize>()
    );
}
