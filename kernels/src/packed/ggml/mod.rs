//! Blocks of ggml's files, taken apart. Source: ggml, `ggml-common.h` for what a block holds,
//! and the `dequantize_row_` functions of `ggml-quants.c` for what it means.

mod block;
mod simple;
mod super_blocks;

pub(super) use block::Block;

use super::format::PackedFormat;

impl Block {
    /// Reads a block of a file, which must be as long as the format says.
    #[inline(always)]
    pub(super) fn read(&mut self, format: PackedFormat, bytes: &[u8]) {
        match format {
            PackedFormat::Q4_0 | PackedFormat::Iq4Nl => simple::nibbles(bytes, self, 1),
            PackedFormat::Q4_1 => simple::nibbles(bytes, self, 2),
            PackedFormat::Q5_0 => simple::five_bits(bytes, self, 1),
            PackedFormat::Q5_1 => simple::five_bits(bytes, self, 2),
            PackedFormat::Q8_0 => simple::bytes(bytes, self),
            PackedFormat::Mxfp4 => simple::exponent_and_nibbles(bytes, self),
            PackedFormat::Q2K => super_blocks::q2_k(bytes, self),
            PackedFormat::Q3K => super_blocks::q3_k(bytes, self),
            PackedFormat::Q4K => super_blocks::q4_k(bytes, self),
            PackedFormat::Q5K => super_blocks::q5_k(bytes, self),
            PackedFormat::Q6K => super_blocks::q6_k(bytes, self),
            PackedFormat::Iq4Xs => super_blocks::iq4_xs(bytes, self),
        }
    }
}
