//! The exponential function, in a form that compilers turn into vectors.

/// eˣ for x from −87 to 88, and 0 below. The relative error is below 2e-7.
///
/// x = n · ln 2 + r; eʳ is a polynomial, 2ⁿ goes into the exponent's bits (Cody & Waite,
/// 1980; coefficients of Cephes' `expf`).
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    // Rounds to the nearest integer: adds and takes away what leaves no fraction bits.
    const ROUND: f32 = 12_582_912.0;
    let clamped = x.clamp(-87.3, 88.0);
    let rounded = clamped * std::f32::consts::LOG2_E + ROUND;
    let n = rounded - ROUND;
    let r = clamped - n * LN_2_HIGH - n * LN_2_LOW;
    let mut p = 1.987_569e-4;
    p = p * r + 1.398_199_9e-3;
    p = p * r + 8.333_452e-3;
    p = p * r + 4.166_579_6e-2;
    p = p * r + 1.666_666_5e-1;
    p = p * r + 0.5;
    // The last bits of `rounded` are n; a conversion, which looks for what is no integer,
    // would not be done for a whole vector.
    let power = f32::from_bits(rounded.to_bits().wrapping_add(127) << 23);
    let result = (p * r * r + r + 1.0) * power;
    if x < -87.3 { 0.0 } else { result }
}

/// Σ eˣ and Σ eˣ · x over x = (number − highest) · factor, for numbers up to `highest` and
/// a factor above 0. Powers in f32, some of them added up in f32, those sums in f64: both
/// are right to some 1e-7.
pub fn exponential_sums(numbers: &[f32], highest: f32, factor: f32) -> (f64, f64) {
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "avx2")]
        fn with_avx2(numbers: &[f32], highest: f32, factor: f32) -> (f64, f64) {
            sums(numbers, highest, factor)
        }
        if is_x86_feature_detected!("avx2") {
            #[allow(unsafe_code, reason = "the processor was asked")]
            // SAFETY: it has AVX2.
            return unsafe { with_avx2(numbers, highest, factor) };
        }
    }
    sums(numbers, highest, factor)
}

#[inline(always)]
fn sums(numbers: &[f32], highest: f32, factor: f32) -> (f64, f64) {
    let mut totals = (0.0, 0.0);
    for numbers in numbers.chunks(CHUNK) {
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

/// Sums side by side, for vectors.
const LANES: usize = 16;

/// Numbers whose powers are added up in f32.
const CHUNK: usize = 16 * LANES;

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn it_is_the_exponential_function() {
        for step in -87_000..88_000 {
            let x = step as f32 * 1e-3;
            let expected = f64::from(x).exp();
            let error = (f64::from(exp(x)) - expected).abs() / expected;
            assert!(error < 2e-7, "{x}: {error}");
        }
        assert_eq!(exp(0.0), 1.0);
        assert_eq!(exp(-100.0), 0.0);
        assert_eq!(exp(f32::NEG_INFINITY), 0.0);
    }

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
