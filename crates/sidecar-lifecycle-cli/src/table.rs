//! Columns that stand below each other.

use crate::paint::{BOLD, Paint};
use crate::words::shorten;

/// Between two columns.
const GAP: usize = 2;
/// A last column that is narrower than this is no help.
const LEAST: usize = 12;

/// One place in a table: its text, and the colour of it.
pub(crate) type Cell = (&'static str, String);

/// The lines of a table: as wide as they are, or with the last column cut to the terminal's width.
/// Nothing when the terminal is too narrow for that.
pub(crate) fn lines(head: &[&str], rows: &[Vec<Cell>], paint: Paint) -> Option<String> {
    let last = head.len().checked_sub(1)?;
    let widths: Vec<usize> = (0..last)
        .map(|column| {
            let cells = rows.iter().map(|row| row[column].1.chars().count());
            cells.max().unwrap_or(0).max(head[column].chars().count())
        })
        .collect();
    let before: usize = widths.iter().map(|width| width + GAP).sum();
    let room = match paint.width {
        Some(width) => width.checked_sub(before).filter(|room| *room >= LEAST)?,
        None => usize::MAX,
    };
    let head: Vec<Cell> = head.iter().map(|name| (BOLD, (*name).to_owned())).collect();
    let mut text = String::new();
    for row in std::iter::once(&head).chain(rows) {
        for (&(colour, ref cell), width) in row.iter().zip(&widths) {
            let padding = width - cell.chars().count() + GAP;
            text += &paint.paint(colour, cell);
            text.extend(std::iter::repeat_n(' ', padding));
        }
        let (colour, cell) = &row[last];
        text += &paint.paint(colour, &shorten(cell, room));
        text.push('\n');
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_align_and_the_last_one_gives_way() {
        let row = |a: &str, b: &str| vec![("", a.to_owned()), ("", b.to_owned())];
        let rows = [row("größer", "node a-long-command-line"), row("x", "sh")];
        let whole = "A       COMMAND\ngrößer  node a-long-command-line\nx       sh\n";
        assert_eq!(
            lines(&["A", "COMMAND"], &rows, Paint::plain(None)).as_deref(),
            Some(whole)
        );
        let cut = "A       COMMAND\ngrößer  node a-long…\nx       sh\n";
        assert_eq!(
            lines(&["A", "COMMAND"], &rows, Paint::plain(Some(20))).as_deref(),
            Some(cut)
        );
        assert_eq!(
            lines(&["A", "COMMAND"], &rows, Paint::plain(Some(19))),
            None
        );
    }
}
