//! The largest and the sum of many numbers. Lanes that are left in the end are taken together
//! by halves.

use super::lanes::{LANES, fold_lanes};

#[cfg(not(target_arch = "wasm32"))]
pub(crate) use plain::{largest, sum};
#[cfg(target_arch = "wasm32")]
pub(crate) use wasm::{largest, sum};

#[cfg(not(target_arch = "wasm32"))]
mod plain {
    use super::{LANES, fold_lanes};

    /// The largest; NaN does not count.
    #[inline(always)]
    pub(crate) fn largest(numbers: &[f32]) -> f32 {
        let larger = |a: f32, b: f32| if b > a { b } else { a };
        let mut lanes = [f32::NEG_INFINITY; LANES];
        let (vectors, rest) = numbers.as_chunks::<LANES>();
        for vector in vectors {
            for (lane, number) in lanes.iter_mut().zip(vector) {
                *lane = larger(*lane, *number);
            }
        }
        rest.iter().fold(fold_lanes(lanes, larger), |most, number| larger(most, *number))
    }

    /// The sum.
    #[inline(always)]
    pub(crate) fn sum(numbers: &[f32]) -> f32 {
        let mut lanes = [0f32; LANES];
        let (vectors, rest) = numbers.as_chunks::<LANES>();
        for vector in vectors {
            for (lane, number) in lanes.iter_mut().zip(vector) {
                *lane += number;
            }
        }
        fold_lanes(lanes, |a, b| a + b) + rest.iter().sum::<f32>()
    }
}

/// Compilers take lanes of WebAssembly out one by one, and compare them with branches.
#[cfg(target_arch = "wasm32")]
mod wasm {
    use std::arch::wasm32::*;

    /// Numbers of two vectors, so that no addition waits for the one before.
    const LANES: usize = 8;

    /// The largest; NaN does not count.
    #[inline(always)]
    pub(crate) fn largest(numbers: &[f32]) -> f32 {
        // As the pseudo-maximum is: the first, unless the second is larger.
        let lanes = fold(numbers, f32::NEG_INFINITY, |a, b| f32x4_pmax(a, b));
        let larger = |a: f32, b: f32| if b > a { b } else { a };
        let rest = numbers.as_chunks::<LANES>().1;
        rest.iter().fold(f32x4_extract_lane::<0>(lanes), |most, x| larger(most, *x))
    }

    /// The sum.
    #[inline(always)]
    pub(crate) fn sum(numbers: &[f32]) -> f32 {
        let lanes = fold(numbers, 0.0, |a, b| f32x4_add(a, b));
        let rest = numbers.as_chunks::<LANES>().1;
        f32x4_extract_lane::<0>(lanes) + rest.iter().sum::<f32>()
    }

    /// All whole vectors taken together, in the first lane.
    #[inline(always)]
    fn fold(numbers: &[f32], first: f32, take: impl Fn(v128, v128) -> v128) -> v128 {
        let mut lanes = [f32x4_splat(first); 2];
        for [a, b, c, d, e, f, g, h] in numbers.as_chunks::<LANES>().0 {
            lanes[0] = take(lanes[0], f32x4(*a, *b, *c, *d));
            lanes[1] = take(lanes[1], f32x4(*e, *f, *g, *h));
        }
        let four = take(lanes[0], lanes[1]);
        let two = take(four, i32x4_shuffle::<2, 3, 0, 1>(four, four));
        take(two, i32x4_shuffle::<1, 0, 3, 2>(two, two))
    }
}

/// The largest magnitude; NaN does not count.
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

/// The Euclidean norm, also of numbers whose squares are too large or too small for f32. NaN if
/// all are zero, or one is NaN or infinite.
#[inline(always)]
pub(crate) fn norm(numbers: &[f32]) -> f32 {
    let largest = largest_magnitude(numbers);
    let unit = 1.0 / largest;
    let (vectors, rest) = numbers.as_chunks::<LANES>();
    let mut squares = [0f32; LANES];
    for vector in vectors {
        for (square, number) in squares.iter_mut().zip(vector) {
            *square += (number * unit) * (number * unit);
        }
    }
    let rest = rest.iter().map(|number| (number * unit) * (number * unit));
    largest * (fold_lanes(squares, |a, b| a + b) + rest.sum::<f32>()).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn every_place_counts() {
        for count in [1, 7, 8, 15, 16, 17, 64, 100] {
            for place in 0..count {
                let mut numbers = vec![-5.0; count];
                numbers[place] = -3.0;
                assert_eq!(largest(&numbers), -3.0);
                assert_eq!(sum(&numbers), -5.0 * count as f32 + 2.0);
            }
        }
        assert_eq!(largest(&[f32::NAN, 0.5]), 0.5);
        assert_eq!((largest(&[]), sum(&[])), (f32::NEG_INFINITY, 0.0));
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

    #[test]
    fn every_place_counts_for_the_norm() {
        for count in [2, 15, 16, 17, 40] {
            for place in 0..count {
                for unit in [1.0, 1e-30, 1e30] {
                    let mut numbers = vec![0.0; count];
                    numbers[place] = -3.0 * unit;
                    numbers[(place + 1) % count] = 4.0 * unit;
                    assert!((norm(&numbers) / unit - 5.0).abs() < 1e-5);
                }
            }
        }
        for odd in [0.0, f32::NAN, f32::INFINITY] {
            assert!(norm(&[odd, 0.0]).is_nan());
        }
    }
}
