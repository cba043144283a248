//! Numbers to blocks of few bits, in ggml's own layout, with a search for the scales that
//! give the least squared error.
//!
//! Where the integers of a block are known, its best scale, and minimum, follow in closed
//! form; where these are known, the best integers do. So a search begins with several scales,
//! takes the best of what they lead to, and alternates between the two until nothing gets
//! better. Scales are rounded to f16 before the integers are found, so that their rounding
//! costs next to nothing; in the range of f16's subnormal numbers, too.
//!
//! All numbers count the same. Counting larger ones more, as ggml does, was measured not to
//! help.

mod affine;
mod blocks;
mod k_blocks;
mod lanes;
mod q6_k;
mod scale;
mod unit;

use super::format::{BLOCK_COLUMNS, PackedFormat};

/// The largest magnitude that every format holds: minima are f16 numbers.
const LARGEST: f32 = 65_504.0;

/// Whether all numbers are finite and none is beyond ±65,504, so that every format holds
/// them.
pub fn can_be_packed(numbers: &[f32]) -> bool {
    numbers.iter().fold(true, |all, x| all & (x.abs() <= LARGEST))
}

/// A row of numbers as whole blocks in ggml's layout, with the scales that give the least
/// squared error. A last block that is not full is filled up with zeros, or, where there is a
/// minimum, with its own numbers.
///
/// # Panics
/// If the format is none that numbers are quantised to, or has blocks of 256 columns and the
/// row is not whole blocks.
pub fn quantised(format: PackedFormat, numbers: &[f32]) -> Vec<u8> {
    let columns = format.block_columns();
    let size = format.ggml_block_bytes();
    let mut bytes = vec![0; numbers.len().div_ceil(columns) * size];
    let blocks = numbers.chunks(columns).zip(bytes.chunks_exact_mut(size));
    match format {
        PackedFormat::Q4_0 => blocks.for_each(|(x, out)| blocks::q4_0(&filled(x), out)),
        PackedFormat::Q5_0 => blocks.for_each(|(x, out)| blocks::q5_0(&filled(x), out)),
        PackedFormat::Q8_0 => blocks.for_each(|(x, out)| blocks::q8_0(&filled(x), out)),
        PackedFormat::Q4_1 => blocks.for_each(|(x, out)| blocks::q4_1(&repeated(x), out)),
        PackedFormat::Q5_1 => blocks.for_each(|(x, out)| blocks::q5_1(&repeated(x), out)),
        PackedFormat::Q4K => each_whole(numbers, &mut bytes, size, k_blocks::q4_k),
        PackedFormat::Q5K => each_whole(numbers, &mut bytes, size, k_blocks::q5_k),
        PackedFormat::Q6K => each_whole(numbers, &mut bytes, size, q6_k::q6_k),
        other => panic!("numbers are not quantised to {}", other.name()),
    }
    bytes
}

fn each_whole(
    numbers: &[f32],
    bytes: &mut [u8],
    size: usize,
    quantise: fn(&k_blocks::Numbers, &mut [u8]),
) {
    let (blocks, rest) = numbers.as_chunks();
    assert!(rest.is_empty(), "a row of {} is not whole blocks", numbers.len());
    for (numbers, out) in blocks.iter().zip(bytes.chunks_exact_mut(size)) {
        quantise(numbers, out);
    }
}

/// A block with zeros after its numbers.
fn filled(numbers: &[f32]) -> blocks::Numbers {
    let mut block = [0.0; BLOCK_COLUMNS];
    block[..numbers.len()].copy_from_slice(numbers);
    block
}

/// A block with its own numbers after them.
fn repeated(numbers: &[f32]) -> blocks::Numbers {
    std::array::from_fn(|column| numbers[column % numbers.len()])
}
