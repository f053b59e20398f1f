//! Arguments as one line of text, which is all that Windows hands to a program.
//!
//! Each program takes its line apart by itself. Almost all do it by the rules of the C runtime;
//! `cmd.exe`, which runs `.cmd` and `.bat` files, has rules of its own, under which an argument
//! that was quoted for the C runtime can become a second command. Text is UTF-16 here, so that
//! the rules can be tested on every system.

use thiserror::Error;

/// What `CreateProcessW` takes, its final NUL not counted.
const LONGEST: usize = 32_766;
/// What `cmd.exe` takes: a longer line is cut without a word.
const LONGEST_BATCH: usize = 8_190;

const QUOTE: u16 = b'"' as u16;
const BACKSLASH: u16 = b'\\' as u16;
const PERCENT: u16 = b'%' as u16;

/// Why there is no line that would hand over these arguments unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub(crate) enum CommandLineError {
    #[error("a NUL is in the program's name or an argument, and no argument can hold one")]
    Nul,
    #[error("a line break is in an argument of a batch file, which no batch file can be given")]
    LineBreak,
    #[error("a line break is in a line for cmd.exe, which would leave out what is behind it")]
    LineBreakInLine,
    #[error("a quotation mark is in the program's name, which no file can have")]
    QuoteInProgram,
    #[error(
        "the arguments take {units} UTF-16 units, and {limit} is the most: pass them in a file"
    )]
    TooLong { units: usize, limit: usize },
}

/// Whether this file is run by `cmd.exe`. Windows ignores dots and spaces at a name's end.
pub(crate) fn is_batch(program: &[u16]) -> bool {
    let end = program
        .iter()
        .rposition(|&u| u != u16::from(b'.') && u != u16::from(b' '));
    let name = &program[..end.map_or(0, |last| last + 1)];
    let ends_with = |suffix: &str| {
        name.len() >= suffix.len()
            && name[name.len() - suffix.len()..]
                .iter()
                .zip(suffix.bytes())
                .all(|(&u, b)| u8::try_from(u).is_ok_and(|u| u.eq_ignore_ascii_case(&b)))
    };
    ends_with(".cmd") || ends_with(".bat")
}

/// The line for a program that follows the C runtime's rules, or for `cmd.exe` with a line of its
/// own (see [`typed_line`]).
pub(crate) fn for_program(
    program: &[u16],
    args: &[Vec<u16>],
) -> Result<Vec<u16>, CommandLineError> {
    let mut line = quoted_program(program)?;
    if let Some(typed) = typed_line(program, args) {
        push_typed(&mut line, typed)?;
        return checked(line, LONGEST_BATCH);
    }
    for arg in args {
        refuse_nul(arg)?;
        line.push(u16::from(b' '));
        let bare = !arg.is_empty()
            && arg
                .iter()
                .all(|&u| u != QUOTE && u != u16::from(b' ') && u != u16::from(b'\t'));
        if bare {
            line.extend(arg);
        } else {
            push_quoted(
                &mut line,
                arg,
                |line| line.extend([BACKSLASH, QUOTE]),
                |_| false,
            );
        }
    }
    checked(line, LONGEST)
}

/// The line by which `shell` (the full path of `cmd.exe`) runs a batch file.
///
/// - `/d` leaves out the user's autorun commands, `/v:off` makes `!` a plain character, `/e:on`
///   is what the escape of `%` needs, and `/s` strips just the outer quotation marks.
/// - A quotation mark is doubled, so that `cmd.exe`, which counts them, sees each `&` and `|`
///   inside a pair; the C runtime takes the doubled one for one.
/// - `%` cannot be escaped on a command line. `%cd:~,%` is the empty part of a variable that is
///   always there: put behind a `%`, it leaves that one alone and unable to begin a name.
pub(crate) fn for_batch(
    shell: &[u16],
    script: &[u16],
    args: &[Vec<u16>],
) -> Result<Vec<u16>, CommandLineError> {
    let mut line = quoted_program(shell)?;
    line.extend(" /d /s /e:on /v:off /c \"".encode_utf16());
    if script.contains(&QUOTE) {
        return Err(CommandLineError::QuoteInProgram);
    }
    push_for_batch(&mut line, script)?;
    for arg in args {
        line.push(u16::from(b' '));
        if !arg.is_empty() && arg.iter().all(|&u| is_plain(u)) {
            line.extend(arg);
        } else {
            push_for_batch(&mut line, arg)?;
        }
    }
    line.push(QUOTE);
    checked(line, LONGEST_BATCH)
}

/// Whether a program is `cmd.exe` by its name.
pub(crate) fn is_shell(program: &[u16]) -> bool {
    let separators = [BACKSLASH, u16::from(b'/'), u16::from(b':')];
    let name = program.rsplit(|u| separators.contains(u)).next();
    name.is_some_and(|name| is_word(name, "cmd") || is_word(name, "cmd.exe"))
}

/// The line of `cmd /d /s /c LINE`, which is one as typed in a terminal. `cmd.exe` undoes no
/// quotes: with those of the C runtime, `"C:\a b\x.exe" && y` would reach it as
/// `\"C:\a b\x.exe\" && y`. `/s` says that only the outermost marks are to be taken off.
fn typed_line<'a>(program: &[u16], args: &'a [Vec<u16>]) -> Option<&'a [u16]> {
    let [d, s, c, typed] = args else { return None };
    let as_typed = is_word(d, "/d") && is_word(s, "/s") && is_word(c, "/c");
    (is_shell(program) && as_typed).then_some(typed)
}

/// Capitals are the same to `cmd.exe` and to the file system.
fn is_word(text: &[u16], word: &str) -> bool {
    text.len() == word.len()
        && text
            .iter()
            .zip(word.bytes())
            .all(|(&u, b)| u8::try_from(u).is_ok_and(|u| u.eq_ignore_ascii_case(&b)))
}

fn push_typed(line: &mut Vec<u16>, typed: &[u16]) -> Result<(), CommandLineError> {
    refuse_nul(typed)?;
    if has_line_break(typed) {
        return Err(CommandLineError::LineBreakInLine);
    }
    line.extend(" /d /s /c \"".encode_utf16());
    line.extend(typed);
    line.push(QUOTE);
    Ok(())
}

fn has_line_break(text: &[u16]) -> bool {
    text.iter()
        .any(|&u| u == u16::from(b'\n') || u == u16::from(b'\r'))
}

/// Has no meaning to `cmd.exe` and does not part two arguments of a batch file.
fn is_plain(unit: u16) -> bool {
    u8::try_from(unit).is_ok_and(|b| b.is_ascii_alphanumeric() || b"-_./\\:@+".contains(&b))
}

fn push_for_batch(line: &mut Vec<u16>, text: &[u16]) -> Result<(), CommandLineError> {
    refuse_nul(text)?;
    if has_line_break(text) {
        return Err(CommandLineError::LineBreak);
    }
    push_quoted(
        line,
        text,
        |line| line.extend([QUOTE, QUOTE]),
        |line| {
            line.extend("%%cd:~,%".encode_utf16());
            true
        },
    );
    Ok(())
}

/// Puts text between quotation marks. Backslashes are doubled where a quotation mark follows,
/// which is where the C runtime takes them for escapes.
fn push_quoted(
    line: &mut Vec<u16>,
    text: &[u16],
    quote: impl Fn(&mut Vec<u16>),
    percent: impl Fn(&mut Vec<u16>) -> bool,
) {
    line.push(QUOTE);
    let mut backslashes = 0;
    for &unit in text {
        if unit == QUOTE {
            line.extend(std::iter::repeat_n(BACKSLASH, backslashes));
            quote(line);
        } else if unit != PERCENT || !percent(line) {
            line.push(unit);
        }
        backslashes = if unit == BACKSLASH {
            backslashes + 1
        } else {
            0
        };
    }
    line.extend(std::iter::repeat_n(BACKSLASH, backslashes));
    line.push(QUOTE);
}

/// The program's own name, which is taken literally up to the second quotation mark.
fn quoted_program(program: &[u16]) -> Result<Vec<u16>, CommandLineError> {
    refuse_nul(program)?;
    if program.contains(&QUOTE) {
        return Err(CommandLineError::QuoteInProgram);
    }
    let mut line = vec![QUOTE];
    line.extend(program);
    line.push(QUOTE);
    Ok(line)
}

fn refuse_nul(text: &[u16]) -> Result<(), CommandLineError> {
    if text.contains(&0) {
        Err(CommandLineError::Nul)
    } else {
        Ok(())
    }
}

fn checked(line: Vec<u16>, limit: usize) -> Result<Vec<u16>, CommandLineError> {
    let units = line.len();
    if units > limit {
        Err(CommandLineError::TooLong { units, limit })
    } else {
        Ok(line)
    }
}

#[cfg(test)]
#[path = "command_line_tests.rs"]
mod tests;
