//! The wire format under bytes that nobody sent.

use proptest::prelude::*;

use super::spared::Spared;
use super::wire::{
    AdoptRequest, LogOrder, MAX_FRAME, Note, Piece, Report, Request, SpawnRequest, TakeOverRequest,
    Terms, frame, parse,
};
use crate::mangled::mangled;

fn requests() -> Vec<Request> {
    vec![
        Request::Spawn(Box::new(SpawnRequest {
            run: 7,
            program: b"/bin/sleep".to_vec(),
            argv: vec![b"sleep".to_vec(), vec![0xff, 0xfe], Vec::new()],
            env: vec![b"A=1".to_vec(), b"B=".to_vec()],
            cwd: Some(b"/tmp".to_vec()),
            marker: b"a/b/c/7".to_vec(),
            stop_signal: 15,
            grace_ms: u64::MAX,
            raw_stdout: false,
            outlives: true,
            log: Some(LogOrder {
                path: b"/log".to_vec(),
                limit: u64::MAX,
                files: 1,
            }),
            keep: vec!["code".into(), "\u{e4}".into()],
        })),
        Request::TakeOver(Box::new(TakeOverRequest {
            run: 9,
            leader: (1, 2),
            members: vec![(3, 4)],
            marker: b"a/b/c/9".to_vec(),
            stop_signal: 2,
            grace_ms: 300,
            keep: Vec::new(),
        })),
        Request::Release { run: 9 },
        Request::AskStop { run: u64::MAX },
        Request::ForceStop { run: 0 },
        Request::OutputRead { run: 300 },
        Request::Adopt(Box::new(AdoptRequest {
            run: 9,
            leader: (1, 2),
            members: vec![(3, 4), (u32::MAX, u64::MAX)],
            marker: Vec::new(),
            keep: vec![String::new()],
        })),
    ]
}

fn reports() -> Vec<Report> {
    vec![
        Report::Hello { pid: 1 },
        Report::Spawned {
            run: 1,
            pid: 2,
            start: 3,
        },
        Report::SpawnFailed {
            run: 1,
            stage: 5,
            errno: -1,
        },
        Report::Exited {
            run: 1,
            code: Some(-1),
            signal: None,
        },
        Report::TreeGone {
            run: 1,
            survivors: vec![1, 2, 3],
        },
        Report::Kept {
            run: 1,
            pid: 2,
            command: "code .".into(),
            why: "it is".into(),
        },
        Report::Output {
            run: 1,
            pieces: vec![
                Piece::File {
                    dev: 1,
                    ino: u64::MAX,
                },
                Piece::Bytes {
                    stream: 1,
                    offset: u64::MAX,
                    len: 0,
                },
                Piece::Lost,
            ],
        },
        Report::LogTrouble {
            run: 1,
            errno: Some(28),
            rotating: true,
        },
    ]
}

fn notes() -> Vec<Note> {
    let mut spared = Spared::default();
    spared.add(1, u64::MAX);
    vec![
        Note::Begun(Box::new(Terms {
            run: 7,
            marker: b"a/b/c/7".to_vec(),
            stop_signal: 15,
            grace_ms: 5000,
            outlives: true,
            taken_over: true,
            keep: vec!["code".into()],
        })),
        Note::Led {
            run: 7,
            pid: 1,
            start: 2,
        },
        Note::Over { run: 7 },
        Note::Left {
            run: 7,
            marker: b"a/b/c/7".to_vec(),
        },
        Note::Spared(spared),
    ]
}

fn frames() -> Vec<Vec<u8>> {
    let requests = requests().into_iter().map(|r| frame(&r).expect("small"));
    requests
        .chain(notes().iter().map(|n| frame(n).expect("small")))
        .chain(reports().iter().map(|r| frame(r).expect("small")))
        .collect()
}

/// What is read would be written so that it is read the same.
fn whole<T>(bytes: &[u8]) -> Result<(), TestCaseError>
where
    T: serde::Serialize + serde::de::DeserializeOwned + PartialEq + std::fmt::Debug,
{
    if let Ok(Some((message, used))) = parse::<T>(bytes) {
        prop_assert!(used <= bytes.len() && used <= MAX_FRAME + 4);
        let again = frame(&message).expect("it came in a frame");
        let again = parse::<T>(&again).expect("it is a message");
        prop_assert_eq!(again.map(|(again, _)| again), Some(message));
    }
    Ok(())
}

proptest! {
    #[test]
    fn mangled_frames_are_messages_or_errors(bytes in mangled(frames())) {
        whole::<Request>(&bytes)?;
        whole::<Report>(&bytes)?;
        whole::<Note>(&bytes)?;
    }

    #[test]
    fn so_is_garbage(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        whole::<Request>(&bytes)?;
        whole::<Report>(&bytes)?;
        whole::<Note>(&bytes)?;
    }

    /// Garbage of the right length gets as far as the decoder. A count that it makes up takes no
    /// memory.
    #[test]
    fn so_is_garbage_in_a_frame(body in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut bytes = (body.len() as u32).to_le_bytes().to_vec();
        bytes.extend(body);
        whole::<Request>(&bytes)?;
        whole::<Report>(&bytes)?;
        whole::<Note>(&bytes)?;
    }
}
