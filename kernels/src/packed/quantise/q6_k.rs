//! Blocks of 256 numbers in sixteen parts with a scale each: Q6_K, laid out as in ggml
//! (ggml, `ggml-common.h`).

use super::k_blocks::{COLUMNS, Numbers};
use super::scale::{self, Levels, inverse, products, squared_error};
use super::unit::Unit;

/// Numbers with one scale.
const PART: usize = 16;
const PARTS: usize = COLUMNS / PART;
const LEVELS: Levels = Levels { low: -32.0, high: 31.0 };
/// Scales of parts are signed bytes.
const SCALES: Levels = Levels { low: -128.0, high: 127.0 };
const EXTENTS: [f32; 11] =
    [27.5, 28.0, 28.5, 29.0, 29.5, 30.0, 30.5, 31.0, 31.5, 32.0, 32.5];
/// How often the scales of the whole block and of its parts are fitted to each other.
const ROUNDS: usize = 3;

/// A block of Q6_K, 210 bytes: the low four bits of the values, their high two bits, the
/// scales of the parts, and the f16 scale of the block; x = scale · scales\[part\] ·
/// (value − 32).
pub(super) fn q6_k(numbers: &Numbers, out: &mut [u8]) {
    let unit = Unit::of(scale::extremum(numbers).abs());
    let numbers = unit.divide(numbers);
    let parts = numbers.as_chunks::<PART>().0;
    let mut fits = [0.0; PARTS];
    for (fit, part) in fits.iter_mut().zip(parts) {
        *fit = scale::best(part, LEVELS, &EXTENTS);
    }
    let mut whole = unit.rounded_away(scale::extremum(&fits) / SCALES.low);
    let mut scales = fits.map(|fit| SCALES.nearest(fit * inverse(whole)) as f32);
    let mut least = improve(parts, whole, &mut scales);
    for _ in 0..ROUNDS {
        let fitted = unit.rounded(refitted(parts, whole, &scales));
        let mut again = scales;
        let error = improve(parts, fitted, &mut again);
        if error >= least {
            break;
        }
        (whole, scales, least) = (fitted, again, error);
    }
    let mut values = [0; COLUMNS];
    for (index, (values, part)) in values.chunks_mut(PART).zip(parts).enumerate() {
        let inverse = inverse(whole * scales[index]);
        for (value, x) in values.iter_mut().zip(part) {
            *value = (LEVELS.nearest(x * inverse) - LEVELS.low as i32) as u8;
        }
    }
    write_values(&values, out);
    let (bytes, rest) = out[COLUMNS / 4 * 3..].split_at_mut(PARTS);
    for (byte, scale) in bytes.iter_mut().zip(scales) {
        *byte = scale as i8 as u8;
    }
    rest[..2].copy_from_slice(&unit.f16(whole).to_le_bytes());
}

/// Takes the best of the scales near that of each part; the squared error of all.
fn improve(parts: &[[f32; PART]], whole: f32, scales: &mut [f32; PARTS]) -> f32 {
    let mut sum = 0.0;
    for (scale, part) in scales.iter_mut().zip(parts) {
        let mut least = f32::INFINITY;
        let around = *scale;
        for near in [0.0, -1.0, 1.0].map(|more| SCALES.nearest(around + more) as f32) {
            let error = squared_error(part, whole * near, LEVELS);
            if error < least {
                (*scale, least) = (near, error);
            }
        }
        sum += least;
    }
    sum
}

/// The best scale of the whole block for the integers that these scales give.
fn refitted(parts: &[[f32; PART]], whole: f32, scales: &[f32; PARTS]) -> f32 {
    let (mut xa, mut aa) = (0.0, 0.0);
    for (scale, part) in scales.iter().zip(parts) {
        let (xq, qq) = products(part, inverse(whole * scale), LEVELS);
        xa += scale * xq;
        aa += scale * scale * qq;
    }
    if aa > 0.0 { xa / aa } else { whole }
}

/// Writes the values: of each half of the block, quarter by quarter, the low four bits of
/// two quarters in a byte, and the high two bits of all four.
fn write_values(values: &[u8; COLUMNS], out: &mut [u8]) {
    let (low, high) = out.split_at_mut(COLUMNS / 2);
    const QUARTER: usize = COLUMNS / 8;
    let halves = values.chunks(4 * QUARTER).zip(low.chunks_mut(2 * QUARTER));
    for ((values, low), high) in halves.zip(high.chunks_mut(QUARTER)) {
        let quarter = |index: usize| &values[index * QUARTER..][..QUARTER];
        let [a, b, c, d] = [quarter(0), quarter(1), quarter(2), quarter(3)];
        for at in 0..QUARTER {
            let [a, b, c, d] = [a[at], b[at], c[at], d[at]];
            low[at] = a & 15 | c << 4;
            low[QUARTER + at] = b & 15 | d << 4;
            high[at] = a >> 4 | b >> 4 << 2 | c >> 4 << 4 | d >> 4 << 6;
        }
    }
}
