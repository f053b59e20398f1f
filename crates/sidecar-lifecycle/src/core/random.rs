//! Jitter needs numbers that differ, not numbers that nobody can guess.

/// Sebastiano Vigna's splitmix64 (<https://prng.di.unimi.it/splitmix64.c>, public domain): one
/// word of state, and the same seed gives the same numbers on every machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SplitMix64(u64);

impl SplitMix64 {
    pub(super) fn new(seed: u64) -> SplitMix64 {
        SplitMix64(seed)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number in `0..=most`, each as likely as the next (to one part in 2^64 / `most`).
    pub(super) fn up_to(&mut self, most: u64) -> u64 {
        let choices = u128::from(most) + 1;
        ((u128::from(self.next()) * choices) >> 64) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_gives_the_published_numbers() {
        // The reference's output for seed 1234567.
        let mut random = SplitMix64::new(1_234_567);
        assert_eq!(random.next(), 6_457_827_717_110_365_317);
        assert_eq!(random.next(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn both_ends_of_the_range_are_met_and_none_is_passed() {
        let mut random = SplitMix64::new(7);
        let drawn: Vec<u64> = (0..1000).map(|_| random.up_to(3)).collect();
        assert!((0..=3).all(|n| drawn.contains(&n)));
        assert!(drawn.iter().all(|n| *n <= 3));
        assert_eq!(random.up_to(0), 0);
        let _ = random.up_to(u64::MAX); // Does not overflow.
    }
}
