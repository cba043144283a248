//! Seeded random numbers.

use fastrand::Rng;

/// `count` numbers from −`scale` to `scale`, some of them ten times as far from 0.
pub(crate) fn numbers(random: &mut Rng, count: usize, scale: f32) -> Vec<f32> {
    let number = |random: &mut Rng| 2.0 * random.f32() - 1.0;
    let outlier = |x: f32| if x > 0.99 { 10.0 } else { 1.0 };
    (0..count).map(|_| number(random) * scale * outlier(number(random))).collect()
}
