//! Bytes in, files out.

use std::fs;

use proptest::prelude::*;

use super::*;
use crate::logs::boundary::OVERSHOOT;
use crate::logs::feed::{MAX_FILES, Piece};
#[cfg(unix)]
use crate::logs::folder_lock::FolderLock;
use crate::logs::rotation::numbered;

struct Fixture {
    dir: tempfile::TempDir,
    log: LogFile,
    feed: Feed,
}

impl Fixture {
    fn new(limit: u64, files: u32) -> Fixture {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let rotation = Rotation { limit, files };
        let (file, _) = rotation.begin(&path, true).unwrap();
        let log = LogFile::new(file, path, rotation).unwrap();
        let feed = Feed::new(files);
        Fixture { dir, log, feed }
    }

    fn append(&mut self, writer: &Writer, bytes: &[u8]) -> Option<Trouble> {
        self.log.append(writer, 0, bytes, &mut self.feed)
    }

    /// As splice does it: without a look, and no more than there is room for.
    fn move_in(&mut self, writer: &Writer, bytes: &[u8]) -> usize {
        let room = self.log.room(writer).min(bytes.len() as u64);
        let n = room as usize;
        if n > 0 {
            assert_eq!(
                sys::write_at(self.log.file(), &bytes[..n], self.log.end()).unwrap(),
                n
            );
            self.log.moved(writer, 0, room, &mut self.feed);
        }
        n
    }

    /// All files' bytes, oldest first.
    fn files(&self) -> Vec<Vec<u8>> {
        let path = self.log.path();
        let mut files: Vec<_> = (1..)
            .map_while(|n| fs::read(numbered(path, n)).ok())
            .collect();
        files.reverse();
        files.push(fs::read(path).unwrap());
        files
    }

    /// What the host would read back.
    fn told(&mut self) -> Vec<u8> {
        let (mut all, mut file) = (Vec::new(), None);
        for piece in self.feed.news(true).into_iter().flatten() {
            match piece {
                Piece::File(next) => file = next,
                Piece::Bytes { offset, len, .. } => {
                    let mut bytes = vec![0; len as usize];
                    let file = file.as_ref().unwrap();
                    assert_eq!(sys::read_at(file, &mut bytes, offset).unwrap(), bytes.len());
                    all.extend(bytes);
                }
                Piece::Lost => panic!("nothing was lost"),
            }
        }
        all
    }
}

#[test]
fn a_file_ends_with_the_line_that_reaches_its_limit() {
    let mut log = Fixture::new(10, 9);
    let writer = log.log.join();
    for _ in 0..3 {
        assert!(log.append(&writer, b"four\nfive\nsix\n").is_none());
    }
    let lines: Vec<_> = log
        .files()
        .iter()
        .map(|f| String::from_utf8_lossy(f).into_owned())
        .collect();
    assert_eq!(
        lines,
        [
            "four\nfive\n",
            "six\nfour\nfive\n",
            "six\nfour\nfive\n",
            "six\n"
        ]
    );
}

#[test]
fn a_line_that_was_moved_in_unseen_is_not_cut_either() {
    let mut log = Fixture::new(6, 9);
    let writer = log.log.join();
    assert_eq!(log.move_in(&writer, b"one two\n"), 6);
    assert_eq!(
        log.move_in(&writer, b"o\nthree\n"),
        0,
        "here a line end is looked for"
    );
    log.append(&writer, b"o\nthree\n");
    assert_eq!(
        log.move_in(&writer, b"x"),
        0,
        "at the limit, and at a line end"
    );
    assert_eq!(
        log.files(),
        [b"one two\n".to_vec(), b"three\n".to_vec()].map(|f| f)
    );
}

#[test]
fn the_line_of_the_other_stream_is_not_cut_either() {
    let mut log = Fixture::new(4, 9);
    let (out, err) = (log.log.join(), log.log.join());
    assert_eq!(log.move_in(&err, b"wait"), 4);
    log.append(&out, b"one\n");
    log.append(&out, b"two\n");
    assert_eq!(log.files().len(), 1, "the other's line has not ended");
    log.append(&err, b" done\n");
    log.append(&out, b"three\n");
    assert_eq!(
        log.files(),
        [b"waitone\ntwo\n done\n".to_vec(), b"three\n".to_vec()]
    );
    log.append(&err, b"gone without an end");
    assert_eq!(log.files().len(), 3);
    drop(err);
    log.append(&out, b"four\n");
    log.append(&out, b"five\n");
    assert_eq!(
        log.files()[2..],
        [&b"gone without an end"[..], b"four\n", b"five\n"],
        "who has left is not waited for"
    );
}

#[test]
fn a_prompt_without_a_line_end_does_not_hold_up_the_rotation_for_ever() {
    let mut log = Fixture::new(100, 9);
    let (out, err) = (log.log.join(), log.log.join());
    log.append(&err, b"continue? ");
    for _ in 0..3_000 {
        log.append(&out, &[b"x".repeat(79), b"\n".to_vec()].concat());
    }
    let files = log.files();
    assert!(files.len() > 2, "{}", files.len());
    for file in &files {
        assert!(file.len() as u64 <= 100 + OVERSHOOT);
        assert!(file.ends_with(b"\n"), "cut at a line end all the same");
    }
}

#[test]
fn without_a_limit_nothing_is_rotated() {
    let mut log = Fixture::new(0, 3);
    let writer = log.log.join();
    log.append(&writer, &b"line\n".repeat(100_000));
    assert_eq!(log.files().len(), 1);
    assert_eq!(log.log.room(&writer), u64::MAX - 500_000);
}

/// It was a folder of that name once.
#[test]
fn a_rotation_that_fails_is_told_once_and_made_up_for() {
    let log = Fixture::new(10, 1);
    let obstacle = log.dir.path().join("log.1");
    fs::create_dir_all(obstacle.join("full")).unwrap();
    goes_on_until(log, || fs::remove_dir_all(&obstacle).unwrap());
}

/// Another guardian has the folder's lock, and is stopped.
#[cfg(unix)]
#[test]
fn a_rotation_that_somebody_holds_up_is_told_once_and_made_up_for() {
    let mut log = Fixture::new(10, 1);
    let held = FolderLock::attempt(log.log.path()).unwrap();
    let writer = log.log.join();
    let mut told = Vec::new();
    for _ in 0..2_000 {
        told.extend(log.append(&writer, b"line\n"));
    }
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].kind, TroubleKind::Rotate);
    assert_eq!(log.files().concat().len(), 10_000);
    drop(held);
    for _ in 0..3 {
        assert!(log.append(&writer, b"line\n").is_none());
    }
    assert_eq!(log.files().len(), 2);
}

/// As a virus scanner does: it lets others read and write meanwhile, and nobody rename.
#[cfg(windows)]
#[test]
fn a_log_whose_reader_does_not_let_it_be_renamed_goes_on_and_loses_nothing() {
    use std::os::windows::fs::OpenOptionsExt;

    const SHARE_READ_AND_WRITE: u32 = 3;
    let log = Fixture::new(10, 1);
    let mut options = fs::OpenOptions::new();
    options.read(true).share_mode(SHARE_READ_AND_WRITE);
    let reader = options.open(log.log.path()).unwrap();
    goes_on_until(log, || drop(reader));
}

/// Something is in the way of the rotation until `let_go`.
fn goes_on_until(mut log: Fixture, let_go: impl FnOnce()) {
    let writer = log.log.join();
    let mut told = Vec::new();
    for _ in 0..20 {
        told.extend(log.append(&writer, b"line\n"));
    }
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].kind, TroubleKind::Rotate);
    assert_eq!(fs::read(log.log.path()).unwrap().len(), 100, "it goes on");
    let_go();
    let aside = log.dir.path().join("log.1");
    let mut lines = 20;
    while !aside.exists() {
        assert!(
            lines < 23,
            "it is tried again after as many bytes as a file holds"
        );
        assert!(log.append(&writer, b"line\n").is_none());
        lines += 1;
    }
    assert_eq!(log.told().len(), lines * 5, "the host has missed nothing");
    assert_eq!(log.files().concat().len(), lines * 5);
}

/// A file that cannot be written stands for a full disk; the real one is tested on a real one.
#[cfg(unix)]
#[test]
fn an_outage_is_told_once_and_then_lines_are_whole_again() {
    let mut log = Fixture::new(0, 3);
    let writer = log.log.join();
    log.append(&writer, b"before\nhalf a l");
    let good = Arc::clone(log.log.file());
    let bad = Arc::new(File::open(log.log.path()).unwrap());
    for outage in 1..=2 {
        log.log.file = Arc::clone(&bad);
        assert!(
            log.append(&writer, b"ine\nthrown").is_some(),
            "outage {outage}"
        );
        assert!(log.append(&writer, b" away\nand this\n").is_none());
        assert!(log.append(&writer, b"and a pa").is_none());
        log.log.file = Arc::clone(&good);
        assert_eq!(log.log.room(&writer), 0, "the next bytes are looked at");
        assert!(log.append(&writer, b"rt\nafter\n").is_none());
        assert!(log.log.room(&writer) > 0);
    }
    let text = fs::read_to_string(log.log.path()).unwrap();
    assert_eq!(text, "before\nhalf a l\nafter\nafter\n");
    let gaps = log.feed.news(true).unwrap();
    assert!(gaps.iter().any(|p| matches!(p, Piece::Lost)));
}

#[test]
fn an_endless_line_is_not_torn_for_ever() {
    let mut log = Fixture::new(0, 3);
    let writer = log.log.join();
    *log.log.line(&writer) = Line::Torn(0);
    for _ in 0..10 {
        log.append(&writer, &[b'x'; 10_000]);
    }
    let kept = fs::read(log.log.path()).unwrap().len();
    assert_eq!(kept, 100_000 - 70_000);
}

/// A chunk: whose, its bytes, and whether it goes the unseen way as far as there is room.
fn chunks() -> impl Strategy<Value = Vec<(usize, Vec<u8>, bool)>> {
    let byte = prop_oneof![6 => Just(b'x'), 1 => Just(b'\n'), 1 => any::<u8>()];
    let short = proptest::collection::vec(byte, 1..40);
    let long = (1_usize..90_000).prop_map(|n| vec![b'y'; n]);
    let bytes = prop_oneof![40 => short, 1 => long];
    proptest::collection::vec((0_usize..2, bytes, any::<bool>()), 1..60)
}

proptest! {
    #[test]
    fn files_in_order_are_the_bytes_written_and_no_line_is_cut(
        limit in 1_u64..300,
        chunks in chunks(),
    ) {
        let mut log = Fixture::new(limit, u32::MAX);
        let writers = [log.log.join(), log.log.join()];
        let mut all = Vec::new();
        let mut whose = Vec::new();
        for (stream, bytes, unseen) in chunks {
            let writer = &writers[stream];
            let n = if unseen { log.move_in(writer, &bytes) } else { 0 };
            let trouble = log.append(writer, &bytes[n..]);
            prop_assert!(trouble.is_none());
            let files = log.feed.news(true).into_iter().flatten();
            for piece in files {
                match piece {
                    Piece::Bytes { .. } | Piece::File(_) => {}
                    // More files than may be held at once, in one go.
                    Piece::Lost => prop_assert!(bytes.len() > MAX_FILES),
                }
            }
            whose.extend(std::iter::repeat_n(stream, bytes.len()));
            all.extend(bytes);
        }
        let files = log.files();
        prop_assert_eq!(&files.concat(), &all);
        let (last, full) = files.split_last().unwrap();
        prop_assert!(last.len() as u64 <= limit + OVERSHOOT);
        let mut end = 0;
        for file in full {
            let length = file.len() as u64;
            prop_assert!(length >= limit, "rotated too early");
            prop_assert!(length <= limit + OVERSHOOT, "rotated too late");
            end += file.len();
            for stream in 0..2 {
                let last = whose[..end].iter().rposition(|w| *w == stream);
                let is_whole = last.is_none_or(|at| all[at] == b'\n');
                prop_assert!(is_whole || length >= limit + PATIENCE, "a line is cut");
            }
        }
    }
}
