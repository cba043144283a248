//! 8-bit values as two halves, for kernels whose sums of products have 16 bits.

use std::ops::Range;

use crate::packed::BLOCK_COLUMNS;

/// Whether there are kernels here that take activations in halves.
pub(super) const IN_HALVES: bool =
    cfg!(all(target_arch = "wasm32", target_feature = "relaxed-simd"));

/// Where the halves of some blocks are.
pub(super) fn halves_of(blocks: &Range<usize>) -> Range<usize> {
    if IN_HALVES {
        2 * blocks.start * BLOCK_COLUMNS..2 * blocks.end * BLOCK_COLUMNS
    } else {
        0..0
    }
}

/// Writes each value as 16 · high + low, neither of which exceeds 8: for each block its low
/// halves, then its high ones. Does nothing where `halves` is empty.
pub(crate) fn split_into_halves(values: &[i8], halves: &mut [i8]) {
    let blocks = values.as_chunks::<BLOCK_COLUMNS>().0.iter();
    for (values, halves) in blocks.zip(halves.chunks_exact_mut(2 * BLOCK_COLUMNS)) {
        let (low, high) = halves.split_at_mut(BLOCK_COLUMNS);
        for ((value, low), high) in values.iter().zip(low).zip(high) {
            // Not value + 8, which may exceed 127.
            *high = (value >> 4) + (value >> 3 & 1);
            // 127 is 16 · 8 − 1, and 16 · 8 is −128 in a byte.
            *low = value.wrapping_sub(*high << 4);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn the_halves_of_every_value_are_small_and_make_it_again() {
        let values: Vec<i8> = (-128..=127).collect();
        let mut halves = vec![0; 2 * values.len()];
        split_into_halves(&values, &mut halves);
        let (values, halves) =
            (values.chunks(BLOCK_COLUMNS), halves.chunks(2 * BLOCK_COLUMNS));
        assert_eq!((values.len(), halves.len()), (8, 8));
        for (values, halves) in values.zip(halves) {
            let (low, high) = halves.split_at(BLOCK_COLUMNS);
            for ((value, low), high) in values.iter().zip(low).zip(high) {
                assert_eq!(16 * i32::from(*high) + i32::from(*low), i32::from(*value));
                assert!((-8..=8).contains(high) && (-8..=8).contains(low), "{value}");
            }
        }
    }
}
