//! Random numbers that are a function of seed and place, so that a resumed run draws what it
//! would have drawn. The committed demo model follows from this sequence, so it may not
//! change: it is SplitMix64 (Steele et al., 2014, doi:10.1145/2660193.2660195).

use rand_xoshiro::SplitMix64;
use rand_xoshiro::rand_core::{Rng, SeedableRng};

/// A generator.
#[derive(Clone, Debug)]
pub struct Random(SplitMix64);

impl Random {
    /// The generator of one `place` (an epoch, a dialogue, a weight) under a seed.
    pub fn new(seed: u64, place: u64) -> Random {
        let mixed = seed ^ place.wrapping_mul(0xD6E8_FEB8_6659_FD93);
        // Neighbouring seeds start far apart after one scrambling.
        let start = SplitMix64::seed_from_u64(mixed).next_u64();
        Random(SplitMix64::seed_from_u64(start))
    }

    /// Uniform in [0, 1).
    pub fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// True with this probability.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// Uniform in `low..=high`.
    pub fn between(&mut self, low: usize, high: usize) -> usize {
        low + (self.unit() * (high - low + 1) as f64) as usize
    }

    /// One of a list that is not empty.
    pub fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.between(0, list.len() - 1)]
    }

    /// Two different ones of a list of at least two.
    pub fn pick_two<'a, T>(&mut self, list: &'a [T]) -> (&'a T, &'a T) {
        let first = self.between(0, list.len() - 1);
        let second = (first + self.between(1, list.len() - 1)) % list.len();
        (&list[first], &list[second])
    }

    /// Normally distributed around 0 with deviation 1 (Box and Muller).
    pub fn normal(&mut self) -> f32 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        (radius * (std::f64::consts::TAU * self.unit()).cos()) as f32
    }

    /// The numbers below `count` in random order (Fisher and Yates).
    pub fn order(&mut self, count: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..count).collect();
        for last in (1..count).rev() {
            order.swap(last, self.between(0, last));
        }
        order
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_is_the_one_that_the_demo_model_was_trained_with() {
        let mut random = Random::new(1, 2);
        let expected = [0.5510398757641564, 0.30179998595176394, 0.49596703016846344];
        assert_eq!([(); 3].map(|()| random.unit()), expected);
    }
}
