//! Seeded random numbers.

use fastrand::Rng;
use half::f16;
use kernels::PackedFormat;

/// `count` numbers from −`scale` to `scale`, some of them ten times as far from 0.
pub(crate) fn numbers(random: &mut Rng, count: usize, scale: f32) -> Vec<f32> {
    let number = |random: &mut Rng| 2.0 * random.f32() - 1.0;
    let outlier = |x: f32| if x > 0.99 { 10.0 } else { 1.0 };
    (0..count).map(|_| number(random) * scale * outlier(number(random))).collect()
}

/// Rows of random blocks in ggml's layout, with scales of about a hundredth.
pub(crate) fn ggml_rows(
    format: PackedFormat,
    rows: usize,
    columns: usize,
    random: &mut Rng,
) -> Vec<u8> {
    let size = format.ggml_block_bytes();
    let blocks = rows * columns.div_ceil(format.block_columns());
    let mut bytes = vec![0; blocks * size];
    random.fill(&mut bytes);
    // Where the f16 numbers are; a power of two has its exponent at 0.
    let (scale, minimum) = match format {
        PackedFormat::Q4_1
        | PackedFormat::Q5_1
        | PackedFormat::Q4K
        | PackedFormat::Q5K => (Some(0), Some(2)),
        PackedFormat::Q2K => (Some(80), Some(82)),
        PackedFormat::Q3K => (Some(108), None),
        PackedFormat::Q6K => (Some(208), None),
        PackedFormat::Mxfp4 => (None, None),
        _ => (Some(0), None),
    };
    for block in bytes.chunks_exact_mut(size) {
        for at in [scale, minimum].into_iter().flatten() {
            let number = f16::from_f32(random.f32() * 0.04 - 0.02);
            block[at..at + 2].copy_from_slice(&number.to_le_bytes());
        }
        if format == PackedFormat::Mxfp4 {
            block[0] = random.u8(118..124);
        }
    }
    bytes
}
