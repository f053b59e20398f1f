//! How often in a row something has to be seen before it is believed.

/// Counts the same answer in a row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct InARow(u32);

impl InARow {
    /// Counts one more, and tells whether that makes `threshold` of them. A threshold of zero is
    /// one of one: nothing is believed before it is seen.
    pub(super) fn again(&mut self, threshold: u32) -> bool {
        self.0 = self.0.saturating_add(1);
        self.0 >= threshold
    }

    /// Another answer came in between.
    pub(super) fn broken(&mut self) {
        self.0 = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_answers_in_a_row_count() {
        let mut row = InARow::default();
        assert!(!row.again(3) && !row.again(3));
        row.broken();
        assert!(!row.again(3) && !row.again(3) && row.again(3));
        assert!(row.again(3), "more than enough is enough");
    }

    #[test]
    fn one_is_enough_for_none_and_one() {
        assert!(InARow::default().again(0) && InARow::default().again(1));
        assert!(InARow(u32::MAX).again(u32::MAX), "it does not overflow");
    }
}
