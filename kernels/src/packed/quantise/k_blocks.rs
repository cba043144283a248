//! Blocks of 256 numbers in eight parts with a scale and a minimum each: Q4_K and Q5_K, laid
//! out as in ggml (ggml, `ggml-common.h`).

use half::f16;

use super::affine::{Affine, Block, Sums};
use super::blocks::integers;
use super::scale::{self, Levels, inverse};
use super::unit::Unit;
use crate::packed::format::{BLOCK_COLUMNS, SUPER_BLOCKS};

/// Numbers in a block.
pub(super) const COLUMNS: usize = PART * PARTS;
/// Numbers with one scale and minimum.
const PART: usize = BLOCK_COLUMNS;
const PARTS: usize = SUPER_BLOCKS;
/// Scales and minima of parts are integers of six bits.
const SCALES: Levels = Levels { low: 0.0, high: 63.0 };
/// How often the scales of the whole block and of its parts are fitted to each other.
const ROUNDS: usize = 3;

/// A block of numbers.
pub(super) type Numbers = [f32; COLUMNS];

/// The scales of a block, in its unit: those of part p are scale · parts\[p\].0 and
/// −minimum · parts\[p\].1.
#[derive(Clone, Copy)]
struct Scales {
    scale: f32,
    minimum: f32,
    parts: [(f32, f32); PARTS],
}

/// A block of Q4_K, 144 bytes: the scales, then of two parts at a time the values in the low
/// and the high halves of 32 bytes.
pub(super) fn q4_k(numbers: &Numbers, out: &mut [u8]) {
    let values = search(numbers, 15.0, out);
    nibbles(&values, &mut out[16..]);
}

/// A block of Q5_K, 176 bytes: the scales, then 32 bytes with the fifth bits of the values,
/// bit p that of part p, then as in Q4_K.
pub(super) fn q5_k(numbers: &Numbers, out: &mut [u8]) {
    let values = search(numbers, 31.0, out);
    let (bits, rest) = out[16..].split_at_mut(PART);
    for (column, bits) in bits.iter_mut().enumerate() {
        let fifth = |part: usize| values[PART * part + column] >> 4 << part;
        *bits = (0..PARTS).fold(0, |bits, part| bits | fifth(part));
    }
    nibbles(&values, rest);
}

fn nibbles(values: &[u8; COLUMNS], out: &mut [u8]) {
    for (out, values) in out.chunks_mut(PART).zip(values.chunks(2 * PART)) {
        let (low, high) = values.split_at(PART);
        for (out, (low, high)) in out.iter_mut().zip(low.iter().zip(high)) {
            *out = low & 15 | high << 4;
        }
    }
}

/// Finds the scales and writes them; the values.
fn search(numbers: &Numbers, high: f32, out: &mut [u8]) -> [u8; COLUMNS] {
    let unit = Unit::of(scale::extremum(numbers).abs());
    let numbers = unit.divide(numbers);
    let parts = numbers.as_chunks::<PART>().0;
    let blocks: [Block<'_, PART>; PARTS] =
        std::array::from_fn(|part| Block::new(&parts[part], high));
    let fits = blocks.map(|block| block.best(0.0));
    let mut best = Scales::of(&fits, unit);
    let mut least = best.improve(&blocks);
    for _ in 0..ROUNDS {
        let mut fitted = best.refitted(&blocks, unit);
        let error = fitted.improve(&blocks);
        if error >= least {
            break;
        }
        (best, least) = (fitted, error);
    }
    best.write(unit, out);
    let mut values = [0; COLUMNS];
    for (index, values) in values.chunks_mut(PART).enumerate() {
        values.copy_from_slice(&integers(&parts[index], best.part(index), high));
    }
    values
}

impl Scales {
    /// The scales nearest to those that are best for the parts.
    fn of(fits: &[Affine; PARTS], unit: Unit) -> Scales {
        let largest = |of: fn(&Affine) -> f32| fits.iter().map(of).fold(0.0, f32::max);
        let scale = unit.rounded_away(largest(|fit| fit.scale) / SCALES.high);
        let minimum = unit.rounded_away(largest(|fit| -fit.minimum) / SCALES.high);
        let parts = fits.map(|fit| {
            let scale = SCALES.nearest(fit.scale * inverse(scale)) as f32;
            (scale, SCALES.nearest(-fit.minimum * inverse(minimum)) as f32)
        });
        Scales { scale, minimum, parts }
    }

    fn part(&self, part: usize) -> Affine {
        let (scale, minimum) = self.parts[part];
        Affine { scale: self.scale * scale, minimum: -self.minimum * minimum }
    }

    /// Takes the best of the scales near that of each part, each with its minimum of least
    /// squares; the squared error of all.
    fn improve(&mut self, blocks: &[Block<'_, PART>; PARTS]) -> f32 {
        let mut sum = 0.0;
        for (part, block) in blocks.iter().enumerate() {
            let around = self.parts[part];
            let mut best = around;
            let mut least = block.squared_error(self.part(part));
            for scale in
                [0.0, -1.0, 1.0].map(|more| SCALES.nearest(around.0 + more) as f32)
            {
                self.parts[part] = (scale, around.1);
                let Sums { q, .. } = block.sums(self.part(part));
                let minimum = (self.scale * scale * q - block.x) / PART as f32;
                let minimum = SCALES.nearest(minimum * inverse(self.minimum)) as f32;
                self.parts[part].1 = minimum;
                let error = block.squared_error(self.part(part));
                if error < least {
                    (best, least) = (self.parts[part], error);
                }
            }
            self.parts[part] = best;
            sum += least;
        }
        sum
    }

    /// The best scale and minimum of the whole block for the integers that these give.
    fn refitted(&self, blocks: &[Block<'_, PART>; PARTS], unit: Unit) -> Scales {
        // x ≈ scale · a − minimum · b.
        let [mut aa, mut ab, mut bb, mut xa, mut xb] = [0f32; 5];
        for (part, block) in blocks.iter().enumerate() {
            let Sums { q, qq, xq } = block.sums(self.part(part));
            let (scale, minimum) = self.parts[part];
            aa += scale * scale * qq;
            ab += scale * minimum * q;
            bb += minimum * minimum * PART as f32;
            xa += scale * xq;
            xb += minimum * block.x;
        }
        let determinant = aa * bb - ab * ab;
        let mut fitted = *self;
        if determinant > 0.0 {
            fitted.scale = (xa * bb - xb * ab) / determinant;
            fitted.minimum = (xa * ab - xb * aa) / determinant;
        } else if aa > 0.0 {
            fitted.scale = (xa + self.minimum * ab) / aa;
        }
        fitted.scale = unit.rounded(fitted.scale);
        fitted.minimum = unit.rounded(fitted.minimum.max(0.0));
        fitted
    }

    /// Writes the scales: those of the whole block in f16, then six bits for each of the
    /// parts.
    fn write(&self, unit: Unit, out: &mut [u8]) {
        let halves: [f16; 2] = [unit.f16(self.scale), unit.f16(self.minimum)];
        out[..2].copy_from_slice(&halves[0].to_le_bytes());
        out[2..4].copy_from_slice(&halves[1].to_le_bytes());
        let parts = self.parts.map(|(scale, minimum)| (scale as u8, minimum as u8));
        let (first, last) = parts.split_at(PARTS / 2);
        for (at, (first, last)) in first.iter().zip(last).enumerate() {
            out[4 + at] = first.0 | last.0 >> 4 << 6;
            out[8 + at] = first.1 | last.1 >> 4 << 6;
            out[12 + at] = last.0 & 15 | last.1 << 4;
        }
    }
}
