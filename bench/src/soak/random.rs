//! What clients do next: SplitMix64 (Steele et al., 2014, doi:10.1145/2660193.2660195).

/// A source of numbers that depend on the seed alone.
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Random {
        Random(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below another one, which is not 0.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// True once in so many times.
    pub(super) fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    /// Some words of the stories that the demo model knows.
    pub(super) fn words(&mut self, most: u64) -> String {
        const WORDS: [&str; 16] = [
            "Once", "upon", "a", "time", "there", "was", "little", "girl", "who",
            "found", "the", "big", "dog", "and", "then", "happy",
        ];
        let count = 1 + self.below(most);
        let words = (0..count).map(|_| WORDS[self.below(WORDS.len() as u64) as usize]);
        words.collect::<Vec<_>>().join(" ")
    }
}
