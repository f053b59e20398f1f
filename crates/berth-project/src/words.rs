//! Cutting a command line into commands and words, as a shell would.

mod cmd;

/// Whose shell reads a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rules {
    /// `sh`, and the shells that programs bring with them.
    Posix,
    /// Windows' `cmd.exe`.
    Cmd,
}

impl Rules {
    /// Those of this system.
    pub(crate) const HERE: Rules = if cfg!(windows) {
        Rules::Cmd
    } else {
        Rules::Posix
    };
}

/// A word of a command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    /// The word without its quotes.
    pub(crate) text: String,
    /// Whether a shell would put something else in its place (`$PORT`, `*.js`, `~`).
    pub(crate) expands: bool,
}

/// A command line, understood as far as is needed to find out what it starts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Line {
    /// The commands, in order, whatever joins them.
    pub(crate) commands: Vec<Vec<Word>>,
    /// Whether it is more than one command with its words: a list, a pipe, a redirection, a
    /// substitution. What is appended to such a line need not reach the server.
    pub(crate) compound: bool,
}

impl Line {
    /// The words of a single command that needs no shell at all, after [`Rules::Posix`].
    fn literal(&self) -> Option<Vec<String>> {
        let [words] = &self.commands[..] else {
            return None;
        };
        let assigns = words
            .first()
            .is_some_and(|word| assignment(&word.text).is_some());
        if self.compound || assigns || words.iter().any(|word| word.expands) {
            return None;
        }
        Some(words.iter().map(|word| word.text.clone()).collect())
    }
}

/// The name and value of `NAME=value`.
pub(crate) fn assignment(word: &str) -> Option<(&str, &str)> {
    let (name, value) = word.split_once('=')?;
    let mut chars = name.chars();
    let starts = chars
        .next()
        .is_some_and(|char| char.is_ascii_alphabetic() || char == '_');
    (starts && chars.all(|char| char.is_ascii_alphanumeric() || char == '_'))
        .then_some((name, value))
}

/// The words of a line that is a single command and needs no shell at all.
pub(crate) fn literal(line: &str, rules: Rules) -> Option<Vec<String>> {
    match rules {
        Rules::Posix => cut_posix(line).literal(),
        Rules::Cmd => cmd::literal(line),
    }
}

/// Cuts a line. Never fails: an unclosed quote ends at the end of the line.
pub(crate) fn cut(line: &str, rules: Rules) -> Line {
    match rules {
        Rules::Posix => cut_posix(line),
        Rules::Cmd => cmd::cut(line),
    }
}

fn cut_posix(line: &str) -> Line {
    let mut cutter = Cutter::default();
    let mut chars = line.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '\'' => {
                cutter.word();
                for char in chars.by_ref().take_while(|char| *char != '\'') {
                    cutter.push(char);
                }
            }
            '"' => {
                cutter.word();
                while let Some(char) = chars.next().filter(|char| *char != '"') {
                    match char {
                        '\\' => match chars.next() {
                            Some(next @ ('"' | '\\' | '$' | '`')) => cutter.push(next),
                            Some(next) => ['\\', next].into_iter().for_each(|it| cutter.push(it)),
                            None => cutter.push('\\'),
                        },
                        '$' | '`' => cutter.expansion(char),
                        _ => cutter.push(char),
                    }
                }
            }
            '\\' => {
                if let Some(next) = chars.next().filter(|next| *next != '\n') {
                    cutter.push(next);
                }
            }
            ';' | '|' | '&' | '\n' | '(' | ')' | '`' => cutter.end_command(),
            '<' | '>' => {
                cutter.end_word();
                cutter.line.compound = true;
            }
            '#' if cutter.current.is_none() => {
                cutter.line.compound = true;
                while chars.next_if(|char| *char != '\n').is_some() {}
            }
            '$' if chars.peek() == Some(&'(') => cutter.end_command(),
            '$' | '*' | '?' | '[' => cutter.expansion(char),
            '~' if cutter.current.is_none() => cutter.expansion(char),
            char if char.is_whitespace() => cutter.end_word(),
            char => cutter.push(char),
        }
    }
    cutter.end()
}

#[derive(Default)]
struct Cutter {
    line: Line,
    words: Vec<Word>,
    current: Option<Word>,
}

impl Cutter {
    fn word(&mut self) -> &mut Word {
        self.current.get_or_insert_with(|| Word {
            text: String::new(),
            expands: false,
        })
    }

    fn push(&mut self, char: char) {
        self.word().text.push(char);
    }

    fn expansion(&mut self, char: char) {
        self.word().expands = true;
        self.push(char);
    }

    fn end_word(&mut self) {
        self.words.extend(self.current.take());
    }

    fn end_command(&mut self) {
        self.end_word();
        self.line.compound = true;
        if !self.words.is_empty() {
            self.line.commands.push(std::mem::take(&mut self.words));
        }
    }

    fn end(mut self) -> Line {
        let was_compound = self.line.compound;
        let several = !self.line.commands.is_empty();
        self.end_command();
        self.line.compound = was_compound || several;
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::{cut_posix as cut, *};

    fn texts(line: &str) -> Vec<Vec<String>> {
        let words = |words: Vec<Word>| words.into_iter().map(|word| word.text).collect();
        cut(line).commands.into_iter().map(words).collect()
    }

    #[test]
    fn quotes_are_understood() {
        assert_eq!(
            texts(r#"a 'b c' "d \"e" f\ g'h' """#),
            [["a", "b c", "d \"e", "f gh", ""]]
        );
        assert_eq!(
            cut("vite --port {port}").literal().unwrap(),
            ["vite", "--port", "{port}"]
        );
        assert_eq!(texts("a 'unclosed b"), [["a", "unclosed b"]]);
        assert_eq!(texts(""), Vec::<Vec<String>>::new());
    }

    #[test]
    fn whatever_joins_commands_is_found() {
        for line in [
            "a && b",
            "a || b",
            "a; b",
            "a | b",
            "a & b",
            "a\nb",
            "(a) && (b)",
        ] {
            assert_eq!(texts(line), [["a"], ["b"]], "{line}");
            assert!(cut(line).compound, "{line}");
        }
        for line in [
            "a &", "a > log", "a 2>&1", "(a)", "a $(b)", "a `b`", "a # b",
        ] {
            assert!(cut(line).compound, "{line}");
        }
        for line in ["a", "a b --c=d", "'a && b'", "A=1 b", "a $PORT", "a b#c"] {
            assert!(!cut(line).compound, "{line}");
        }
    }

    #[test]
    fn what_a_shell_must_expand_is_not_literal() {
        for line in ["a $B", "a \"$B\"", "a *.js", "A=1 b", "a ~/b", "a && b", ""] {
            assert_eq!(cut(line).literal(), None, "{line}");
        }
        assert!(cut("a '$B' '*.js' b~").literal().is_some());
    }
}
