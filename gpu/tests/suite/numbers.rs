//! Random numbers, what lies beyond them, and how far results may be from float64.

use fastrand::Rng;

/// Words beyond those that a test uses: a NaN with a pattern, and infinity.
const POISON: [u32; 2] = [0xFFC0_1234, 0x7F80_0000];

/// Words of poison behind the numbers of a buffer.
const TAIL: usize = 70;

/// `count` numbers from −`scale` to `scale`, some of them ten times as far from 0.
pub(crate) fn numbers(random: &mut Rng, count: usize, scale: f32) -> Vec<f32> {
    let number = |random: &mut Rng| {
        let outlier = if random.u8(..) > 252 { 10.0 } else { 1.0 };
        (2.0 * random.f32() - 1.0) * scale * outlier
    };
    (0..count).map(|_| number(random)).collect()
}

/// A buffer with these numbers.
pub(crate) fn buffer(numbers: &[f32]) -> Vec<u32> {
    words(numbers.iter().map(|number| number.to_bits()))
}

/// A buffer with these words.
pub(crate) fn words(words: impl IntoIterator<Item = u32>) -> Vec<u32> {
    words.into_iter().chain(poison(TAIL)).collect()
}

/// A buffer for `count` numbers that are to be written.
pub(crate) fn empty(count: usize) -> Vec<u32> {
    poison(count + TAIL).collect()
}

fn poison(count: usize) -> impl Iterator<Item = u32> {
    POISON.into_iter().cycle().take(count)
}

/// The numbers of a buffer that was written; what lies beyond them must be as it was.
pub(crate) fn written(buffer: &[u32]) -> Vec<f32> {
    let (numbers, tail) = buffer.split_at(buffer.len() - TAIL);
    // Of `empty` and of `words`, tails begin differently.
    let is_poison = |word: &u32| POISON.contains(word);
    assert!(tail.iter().all(is_poison), "something was written beyond the results");
    numbers.iter().map(|word| f32::from_bits(*word)).collect()
}

/// How far sums in f32 may be off, of the size of what they were added up from.
pub(crate) const TOLERANCE: f64 = 4e-6;

/// Asserts that a number is the expected one, where `size` is how large what it was added up
/// from is in all.
#[track_caller]
pub(crate) fn assert_close(actual: f32, expected: f64, size: f64, what: &str) {
    let error = (f64::from(actual) - expected).abs();
    // Not `>`, which NaN would pass.
    let close = error <= TOLERANCE * size + 1e-30;
    assert!(close, "{what}: {actual} instead of {expected}, of {size}");
}
