//! Few numbers of many.

/// Half of the samples are at most `p50`, 95 of a hundred at most `p95`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// The median.
    pub p50: f64,
    /// What the slowest twentieth exceeds.
    pub p95: f64,
    /// The largest.
    pub max: f64,
}

/// By nearest rank; nothing where there are no samples.
pub fn spread(samples: &[f64]) -> Option<Spread> {
    let mut sorted = samples.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let rank = |percent: usize| {
        let at = (sorted.len() * percent).div_ceil(100);
        sorted.get(at.saturating_sub(1)).copied()
    };
    Some(Spread {
        p50: rank(50)?,
        p95: rank(95)?,
        max: rank(100)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_samples() {
        let samples: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        let expected = Spread {
            p50: 50.0,
            p95: 95.0,
            max: 100.0,
        };
        assert_eq!(spread(&samples), Some(expected));
        assert_eq!(spread(&[]), None);
        assert_eq!(
            spread(&[7.0]).map(|s| (s.p50, s.p95, s.max)),
            Some((7.0, 7.0, 7.0))
        );
    }
}
