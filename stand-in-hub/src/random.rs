//! Numbers that look random and come again with the same seed.

/// A seeded source of numbers. Their sequence is that of `fastrand`, and nothing but the tests'
/// faults and file contents depends on it.
///
/// ```
/// use stand_in_hub::Random;
///
/// assert_eq!(Random::new(5).bytes(100), Random::new(5).bytes(100));
/// assert_ne!(Random::new(5).bytes(100), Random::new(6).bytes(100));
/// ```
#[derive(Clone, Debug)]
pub struct Random(fastrand::Rng);

impl Random {
    /// Begins with a seed.
    pub fn new(seed: u64) -> Random {
        Random(fastrand::Rng::with_seed(seed))
    }

    /// Any number.
    pub fn number(&mut self) -> u64 {
        self.0.u64(..)
    }

    /// A number below `end`, or 0 if that is 0.
    pub fn below(&mut self, end: u64) -> u64 {
        self.0.u64(..end.max(1))
    }

    /// True with this probability.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.0.f64() < probability
    }

    /// So many bytes.
    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        self.0.fill(&mut bytes);
        bytes
    }
}
