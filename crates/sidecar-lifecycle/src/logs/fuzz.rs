//! A sidecar's output is a stranger's words.

use proptest::prelude::*;

use super::{Splitter, ansi, printed_url};
use crate::mangled::mangled;

fn words() -> Vec<Vec<u8>> {
    let lines = [
        "  \u{279c}  Local:   \u{1b}[36mhttp://localhost:\u{1b}[1m5173\u{1b}[22m/\u{1b}[39m\n",
        "ready - started server on 0.0.0.0:3000, url: http://localhost:3000\r\n",
        "https://[::1]:8443/x?y#z http://127.0.0.1:1/\n",
    ];
    lines.map(|line| line.as_bytes().to_vec()).to_vec()
}

proptest! {
    #[test]
    fn no_word_of_it_panics(bytes in mangled(words())) {
        let text = String::from_utf8_lossy(&bytes);
        let plain = ansi::strip(&text);
        prop_assert!(plain.len() <= text.len());
        if let Some(url) = printed_url(&plain) {
            prop_assert!(url.port > 0);
        }
    }

    /// However the pipe cuts it into pieces, the lines are the same.
    #[test]
    fn the_cuts_of_a_pipe_do_not_matter(
        bytes in mangled(words()), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..9),
    ) {
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        cuts.sort_unstable();
        let split = |cuts: &[usize]| {
            let (mut splitter, mut lines, mut from) = (Splitter::default(), Vec::new(), 0);
            for &cut in cuts.iter().chain([&bytes.len()]) {
                splitter.push(&bytes[from..cut], |line| lines.push(line));
                from = cut;
            }
            splitter.finish(|line| lines.push(line));
            lines
        };
        prop_assert_eq!(split(&cuts), split(&[]));
    }
}
