//! The same as Windows' `cmd.exe` does it, and the C runtime behind it.
//!
//! A backslash is a character of a path, single quotes are characters, and only double ones hold
//! words together. What is not certain needs `cmd.exe`, which gets the line as it was written.

use super::{Cutter, Line};

/// The commands that are no programs, but `cmd.exe`'s own.
const OWN: [&str; 43] = [
    "assoc", "break", "call", "cd", "chdir", "cls", "color", "copy", "date", "del", "dir", "echo",
    "endlocal", "erase", "exit", "for", "ftype", "goto", "if", "md", "mkdir", "mklink", "move",
    "path", "pause", "popd", "prompt", "pushd", "rd", "rem", "ren", "rename", "rmdir", "set",
    "setlocal", "shift", "start", "time", "title", "type", "ver", "verify", "vol",
];

/// The words of a single command that needs no `cmd.exe`.
pub(super) fn literal(line: &str) -> Option<Vec<String>> {
    // The C runtime takes a mark behind a backslash for a character, and `cmd.exe` does not.
    if line.contains("\\\"") {
        return None;
    }
    let line = cut(line);
    let [words] = &line.commands[..] else {
        return None;
    };
    if line.compound || is_own(&words.first()?.text) || words.iter().any(|word| word.expands) {
        return None;
    }
    Some(words.iter().map(|word| word.text.clone()).collect())
}

/// Whether `cmd.exe` does it itself: `echo`, `@echo`, `cd..`, `echo:`, and not `start.exe`.
fn is_own(word: &str) -> bool {
    let word = word.trim_start_matches('@').to_ascii_lowercase();
    let name = word.split(['.', ':', '/', '\\', ',', ';', '=', '+']).next();
    let is_file = [".exe", ".cmd", ".bat", ".com"]
        .iter()
        .any(|end| word.ends_with(end));
    !is_file && name.is_some_and(|name| OWN.contains(&name))
}

/// Cuts a line.
pub(super) fn cut(line: &str) -> Line {
    let mut cutter = Cutter::default();
    let mut chars = line.chars().peekable();
    let mut quoted = false;
    while let Some(char) = chars.next() {
        match char {
            '"' => {
                cutter.word(); // Also an empty one.
                quoted = !quoted;
            }
            '%' => cutter.expansion(char),
            '\n' | '\r' => cutter.end_command(),
            char if quoted => cutter.push(char),
            '^' => {
                if let Some(next) = chars.next() {
                    cutter.expansion(next);
                }
            }
            '&' | '|' => cutter.end_command(),
            '(' if cutter.current.is_none() => cutter.end_command(),
            ')' if chars.peek().is_none_or(|next| " \t&|)".contains(*next)) => cutter.end_command(),
            '<' | '>' => {
                cutter.end_word();
                cutter.line.compound = true;
            }
            char if char.is_whitespace() => cutter.end_word(),
            char => cutter.push(char),
        }
    }
    cutter.end()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(line: &str) -> Vec<Vec<String>> {
        let commands = cut(line).commands.into_iter();
        commands
            .map(|words| words.into_iter().map(|word| word.text).collect())
            .collect()
    }

    /// `.\node_modules\.bin\vite` was `.node_modules.binvite`.
    #[test]
    fn backslashes_are_characters_of_a_path() {
        for (line, words) in [
            (
                r".\node_modules\.bin\vite --port {port}",
                &[r".\node_modules\.bin\vite", "--port", "{port}"][..],
            ),
            (
                r#""C:\a b\x.exe" "two words" c"#,
                &[r"C:\a b\x.exe", "two words", "c"],
            ),
            (
                r"\\nas\home\x.exe C:\dir\",
                &[r"\\nas\home\x.exe", r"C:\dir\"],
            ),
            (
                "a 'b c' $D ~ *.js #e; `f`",
                &["a", "'b", "c'", "$D", "~", "*.js", "#e;", "`f`"],
            ),
            (r#"a "" "b & c""#, &["a", "", "b & c"]),
            ("a \"unclosed b", &["a", "unclosed b"]),
            (
                r"C:\Python(x86)\python -m x",
                &[r"C:\Python(x86)\python", "-m", "x"],
            ),
            ("start.exe a", &["start.exe", "a"]),
        ] {
            assert_eq!(literal(line).unwrap(), words, "{line}");
        }
    }

    #[test]
    fn what_only_cmd_can_do_is_left_to_it() {
        for line in [
            "",
            "a && b",
            "a | b",
            "a > log",
            "a 2>&1",
            "(a)",
            "a %PORT%",
            "a \"%PORT%\"",
            "a ^& b",
            "a\nb",
            r#"a "say \"hi\"""#,
            r#"a "C:\dir\" b"#,
            "start vite",
            "CALL x.cmd",
            "echo hi",
            "cd..",
            "@echo hi",
            "echo:",
            "set A=1",
        ] {
            assert_eq!(literal(line), None, "{line:?}");
        }
    }

    #[test]
    fn its_commands_are_found() {
        for line in [
            "a && b",
            "a || b",
            "a | b",
            "a & b",
            "(a) && (b)",
            "a\r\nb",
            "a&b",
            "(a&b)",
        ] {
            assert_eq!(texts(line), [["a"], ["b"]], "{line}");
            assert!(cut(line).compound, "{line}");
        }
        assert_eq!(
            texts(r#"set "A=1" && vite"#),
            [vec!["set", "A=1"], vec!["vite"]]
        );
        assert_eq!(texts("a^&b"), [["a&b"]]);
        assert!(!cut(r#"a "b && c" d;e"#).compound);
    }
}
