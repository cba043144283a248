//! The sums that a softmax and its entropy consist of.

use super::exp::exp;
use super::lanes::LANES;

/// Powers that are added up in f32, in each lane.
const TERMS_PER_F32_SUM: usize = 16;

/// Σ eˣ and Σ eˣ · x over x = (number − highest) · factor, for numbers up to `highest` and
/// a factor above 0. Powers are f32 and are added up in f32 by 16, and the sums of these in
/// f64: both results are exact to about 1e-7 of their size.
///
/// ```
/// // The softmax over two equal logits and one that is far below them.
/// let (sum, weighted) = kernels::exponential_sums(&[2.0, 2.0, -1e9], 2.0, 1.0);
/// assert_eq!((sum, weighted), (2.0, 0.0));
/// ```
pub fn exponential_sums(numbers: &[f32], highest: f32, factor: f32) -> (f64, f64) {
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "avx2")]
        fn with_avx2(numbers: &[f32], highest: f32, factor: f32) -> (f64, f64) {
            sums(numbers, highest, factor)
        }
        if is_x86_feature_detected!("avx2") {
            #[allow(unsafe_code, reason = "the processor was asked")]
            // SAFETY: the processor has AVX2, the one feature that the function needs.
            return unsafe { with_avx2(numbers, highest, factor) };
        }
    }
    sums(numbers, highest, factor)
}

#[inline(always)]
fn sums(numbers: &[f32], highest: f32, factor: f32) -> (f64, f64) {
    let mut totals = (0.0, 0.0);
    for numbers in numbers.chunks(TERMS_PER_F32_SUM * LANES) {
        let (mut sums, mut weighted) = ([0f32; LANES], [0f32; LANES]);
        let mut add = |lane: usize, number: f32| {
            let x = (number - highest) * factor;
            let power = exp(x);
            sums[lane] += power;
            // No power is left of a number so far below, so any multiple will do.
            weighted[lane] += power * if x > -100.0 { x } else { -100.0 };
        };
        let (vectors, rest) = numbers.as_chunks::<LANES>();
        for vector in vectors {
            for (lane, number) in vector.iter().enumerate() {
                add(lane, *number);
            }
        }
        for (lane, number) in rest.iter().enumerate() {
            add(lane, *number);
        }
        totals.0 += sums.iter().map(|sum| f64::from(*sum)).sum::<f64>();
        totals.1 += weighted.iter().map(|sum| f64::from(*sum)).sum::<f64>();
    }
    totals
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn sums_are_those_of_float64() {
        let numbers: Vec<f32> = (0..50_000).map(|i| (i % 977) as f32 * -0.031).collect();
        for factor in [0.1f32, 1.0, 7.0] {
            let (sum, weighted) = exponential_sums(&numbers, 0.0, factor);
            let xs = numbers.iter().map(|x| f64::from(*x) * f64::from(factor));
            let expected: f64 = xs.clone().map(f64::exp).sum();
            let expected_weighted: f64 = xs.map(|x| x.exp() * x).sum();
            assert!((sum - expected).abs() < 1e-6 * expected, "{sum} {expected}");
            let error = (weighted - expected_weighted).abs();
            assert!(error < 2e-6 * expected_weighted.abs(), "{weighted}");
        }
        assert_eq!(exponential_sums(&[1.0, -f32::MAX], 1.0, 1.0), (1.0, 0.0));
    }
}
