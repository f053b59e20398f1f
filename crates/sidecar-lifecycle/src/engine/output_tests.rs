use std::sync::{Arc, Mutex};

use proptest::prelude::*;

use super::*;
use crate::logs::LogLine;

fn output() -> Rc<RefCell<Output>> {
    Output::new(LogRing::default(), Source::Pipes([None, None]))
}

/// Looks at each line as soon as it is whole.
#[derive(Default)]
struct Careful {
    ring: LogRing,
    splitters: [Splitter; 2],
    urls: Vec<PrintedUrl>,
}

impl Careful {
    fn feed(&mut self, stream: usize, bytes: &[u8]) {
        self.splitters[stream].push(bytes, |line| {
            let known = |url: &PrintedUrl| self.urls.contains(url);
            let url = printed_url(&line).filter(|url| self.urls.len() < MAX_URLS && !known(url));
            self.urls.extend(url);
            self.ring.push(which(stream), line);
        });
    }
}

/// What happens to an output.
#[derive(Debug, Clone)]
enum Step {
    /// So many copies of the text come in chunks of this size.
    Bytes(usize, Vec<u8>, usize, usize),
    Gap,
    Look,
}

fn step() -> impl Strategy<Value = Step> {
    let special = prop::sample::select(vec![
        b"http://localhost:5173/\n".to_vec(),
        b"see http://127.0.0.1:".to_vec(),
        b"\r\n".to_vec(),
        b"\xc2\x9b\xff\0".to_vec(),
        "🦀".into(),
    ]);
    let any_text = prop_oneof![
        special,
        (0_usize..200).prop_map(|n| [b"x".repeat(n), b"\n".to_vec()].concat()),
        (0_usize..200).prop_map(|n| b"x".repeat(n)),
        (60_000_usize..70_000).prop_map(|n| [b"x".repeat(n), b"\n".to_vec()].concat()),
    ];
    let text = proptest::collection::vec(any_text, 1..4).prop_map(|parts| parts.concat());
    let times = prop_oneof![3 => 1_usize..4, 1 => 20_usize..30, 1 => 500_usize..2_500];
    let chunk = prop_oneof![1 => 1_usize..100, 3 => 1_000..=CHUNK];
    prop_oneof![
        8 => (0_usize..2, text, times, chunk).prop_map(|(stream, text, times, chunk)| {
            // Enough to fill the ring, and not to fill the test's time.
            let times = times.min((2 << 20) / text.len().max(1) + 1);
            let chunk = chunk.max(text.len() * times / 500).min(CHUNK);
            Step::Bytes(stream, text, times, chunk)
        }),
        1 => Just(Step::Gap),
        2 => Just(Step::Look),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Lines that are not looked at are numbered and forgotten as those that are, and their URLs
    /// are found.
    #[test]
    fn what_is_put_off_makes_no_difference(steps in proptest::collection::vec(step(), 1..12)) {
        let output = output();
        let mut output = output.borrow_mut();
        let mut careful = Careful::default();
        for step in steps.into_iter().chain([Step::Look]) {
            match step {
                Step::Bytes(stream, text, times, chunk) => {
                    for bytes in text.repeat(times).chunks(chunk) {
                        output.feed(stream, bytes);
                        careful.feed(stream, bytes);
                    }
                }
                Step::Gap => {
                    output.ring.skip();
                    careful.ring.skip();
                }
                Step::Look => {
                    prop_assert_eq!(output.ring.last_seq(), careful.ring.last_seq());
                    // Not `assert_eq`, which would print megabytes.
                    prop_assert!(output.ring.since(0) == careful.ring.since(0));
                    prop_assert_eq!(&output.urls, &careful.urls);
                }
            }
        }
    }
}

#[test]
fn who_listens_hears_every_line_of_a_chunk_also_of_those_before() {
    let output = output();
    let mut output = output.borrow_mut();
    output.feed(0, b"one\ntwo\nth");
    let heard = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&heard);
    let subscription = output.ring.subscribe(1, move |line: &LogLine| {
        sink.lock().unwrap().push((line.seq, line.line.clone()));
    });
    output.feed(0, b"ree\nfour\n");
    drop(subscription);
    output.feed(0, b"five\n");
    let heard = heard.lock().unwrap();
    let heard: Vec<_> = heard.iter().map(|(n, line)| (*n, line.as_str())).collect();
    assert_eq!(heard, [(2, "two"), (3, "three"), (4, "four")]);
    assert_eq!(output.ring.since(4).len(), 1);
}

#[test]
fn an_url_is_found_wherever_a_chunk_was_cut() {
    let text = b"starting\n  Local: http://localhost:5173/\nhttp://127.0.0.1:80/\n";
    for cut in 0..text.len() {
        let output = output();
        let mut output = output.borrow_mut();
        output.feed(0, &text[..cut]);
        output.feed(0, &text[cut..]);
        let ports: Vec<u16> = output.urls.iter().map(|url| url.port).collect();
        assert_eq!(ports, [5173, 80], "cut at {cut}");
    }
}
