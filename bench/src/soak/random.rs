//! What clients do next.

/// A source of choices that depend on the seed alone.
#[derive(Clone, Debug)]
pub(super) struct Random(fastrand::Rng);

impl Random {
    pub(super) fn new(seed: u64) -> Random {
        Random(fastrand::Rng::with_seed(seed))
    }

    /// A number below another one, which is not 0.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.0.u64(..end)
    }

    /// True once in so many times.
    pub(super) fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    /// From one to `most` words of the stories that the demo model knows.
    pub(super) fn words(&mut self, most: u64) -> String {
        const WORDS: [&str; 16] = [
            "Once", "upon", "a", "time", "there", "was", "little", "girl", "who",
            "found", "the", "big", "dog", "and", "then", "happy",
        ];
        let count = 1 + self.below(most);
        let words = (0..count).map(|_| WORDS[self.0.usize(..WORDS.len())]);
        words.collect::<Vec<_>>().join(" ")
    }
}
