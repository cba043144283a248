//! From numbers to integers, in forms that compilers turn into vectors.

/// Numbers that are looked at side by side.
pub(crate) const LANES: usize = 16;

/// Adding 1.5 · 2²³ leaves no fraction bits.
pub(crate) const ROUND: f32 = 12_582_912.0;

/// The nearest integer of a number within ±2²², ties to even. It is what the bits of a sum
/// have grown by: no conversion that looks for what does not fit.
#[inline(always)]
pub(crate) fn nearest(number: f32) -> i32 {
    (number + ROUND).to_bits().wrapping_sub(ROUND.to_bits()) as i32
}

/// The largest magnitude; what is no number does not count.
#[inline(always)]
pub(crate) fn largest_magnitude(numbers: &[f32]) -> f32 {
    let larger = |a: f32, b: f32| if b > a { b } else { a };
    let (vectors, rest) = numbers.as_chunks::<LANES>();
    let mut largest = [0f32; LANES];
    for vector in vectors {
        for (largest, number) in largest.iter_mut().zip(vector) {
            *largest = larger(*largest, number.abs());
        }
    }
    let largest = fold_lanes(largest, larger);
    rest.iter().fold(largest, |largest, number| larger(largest, number.abs()))
}

/// The lanes, taken together by halves.
#[inline(always)]
pub(crate) fn fold_lanes<T: Copy>(mut lanes: [T; LANES], take: impl Fn(T, T) -> T) -> T {
    for width in [8, 4, 2, 1] {
        for lane in 0..width {
            lanes[lane] = take(lanes[lane], lanes[lane + width]);
        }
    }
    lanes[0]
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn ties_go_to_the_even_integer() {
        for (number, expected) in
            [(0.5, 0), (1.5, 2), (-2.5, -2), (-0.4, 0), (8190.6, 8191), (-127.2, -127)]
        {
            assert_eq!(nearest(number), expected, "{number}");
        }
    }

    #[test]
    fn every_place_counts_for_the_largest_magnitude() {
        for count in [1, 15, 16, 17, 40] {
            for place in 0..count {
                let mut numbers = vec![1.0; count];
                numbers[place] = -3.0;
                assert_eq!(largest_magnitude(&numbers), 3.0);
            }
        }
        assert_eq!(largest_magnitude(&[f32::NAN, 0.5]), 0.5);
        assert_eq!(largest_magnitude(&[]), 0.0);
    }
}
