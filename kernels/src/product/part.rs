//! What the products work on: some blocks of a tile, ready to be multiplied.

use std::ops::Range;

use crate::activations::ActivationRows;
use crate::packed::scales::{self, ByteScale, Convert, HALVES_BYTES, Lanes};
use crate::packed::{
    BLOCK_COLUMNS, Codebook, GROUP_BYTES, PackedFormat, TILE_ROWS, Tile, ValueBits,
    look_up, values,
};

/// Blocks that are multiplied in one go: their values in eight bits, their scales and the
/// activations of some tokens fit into the nearest cache. A multiple of a super-block's eight.
pub(crate) const PART_BLOCKS: usize = 24;

/// Some blocks of a tile.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part<'a> {
    pub(crate) bits: ValueBits,
    /// Stored values; see `packed::values`.
    pub(crate) values: &'a [u8],
    /// For each block a scale for each row, or two, where halves have their own.
    pub(crate) scales: &'a [Lanes],
    /// As `scales`; empty where there are no minima.
    pub(crate) minima: &'a [Lanes],
    /// What a stored value is lessened by.
    pub(crate) offset: i32,
    /// Whether halves of blocks have their own scales.
    pub(crate) by_halves: bool,
    /// For values that are numbers of its entries.
    pub(crate) codebook: &'a Codebook,
    /// The number of the first block among those of a row of activations.
    pub(crate) first: usize,
    pub(crate) blocks: usize,
}

impl Part<'_> {
    /// The codebook's entries as stored values of eight bits; zeros for other values.
    #[cfg(any(target_arch = "x86_64", target_arch = "wasm32"))]
    #[inline(always)]
    pub(super) fn entries(&self) -> [u8; 16] {
        let mut entries = [0; 16];
        if self.bits == ValueBits::Code {
            for (to, from) in entries.iter_mut().zip(self.codebook) {
                *to = (i32::from(*from) + self.offset) as u8;
            }
        }
        entries
    }

    /// Checks that `count` rows of activations have these blocks, and that there are values,
    /// scales and minima for all: a kernel then reads all of them without looking at lengths.
    ///
    /// # Panics
    /// If that is not so.
    #[inline]
    pub(crate) fn check(&self, inputs: ActivationRows<'_>, count: usize) {
        inputs.check(count, self.first, self.blocks);
        let scales = if self.by_halves { 2 * self.blocks } else { self.blocks };
        assert!(self.values.len() >= self.blocks * self.bits.tile_bytes());
        assert!(self.scales.len() >= scales);
        assert!(self.minima.is_empty() || self.minima.len() >= scales);
    }
}

/// Memory for the scales of one part at a time, on the stack of who multiplies.
pub(crate) struct PartScales {
    scales: [Lanes; 2 * PART_BLOCKS],
    minima: [Lanes; 2 * PART_BLOCKS],
}

/// Memory for the values of a part in eight bits. It begins with a line of the cache, as the
/// tiles do.
#[repr(align(64))]
pub(crate) struct PartBytes([u8; PART_BLOCKS * TILE_ROWS * BLOCK_COLUMNS]);

impl PartBytes {
    pub(crate) const ZEROS: PartBytes =
        PartBytes([0; PART_BLOCKS * TILE_ROWS * BLOCK_COLUMNS]);
}

impl PartScales {
    pub(crate) const ZEROS: PartScales = PartScales {
        scales: [[0.0; TILE_ROWS]; 2 * PART_BLOCKS],
        minima: [[0.0; TILE_ROWS]; 2 * PART_BLOCKS],
    };

    /// Some blocks of a tile, with their values as they are stored or, given `bytes`, in eight
    /// bits.
    #[inline(always)]
    pub(crate) fn fill<'a, H, B>(
        &'a mut self,
        convert: Convert<H, B>,
        bytes: Option<&'a mut PartBytes>,
        tile: Tile<'a>,
        blocks: Range<usize>,
    ) -> Part<'a>
    where
        H: Fn(&[u8; HALVES_BYTES], &mut Lanes),
        B: Fn(ByteScale, &Lanes, &[u8; TILE_ROWS], &mut Lanes),
    {
        let format = tile.format;
        let (bits, kind) = (format.value_bits(), format.scale_kind());
        let by_halves = kind.by_halves();
        let count = if by_halves { 2 * blocks.len() } else { blocks.len() };
        let scales = &mut self.scales[..count];
        let minima =
            if kind.has_minima() { &mut self.minima[..count] } else { &mut [][..] };
        scales::load(convert, kind, tile.scales, blocks.start, scales, minima);
        let size = bits.tile_bytes();
        let stored = &tile.values[blocks.start * size..blocks.end * size];
        let (bits, values) = match bytes {
            Some(bytes) if bits != ValueBits::Eight => {
                let bytes = &mut bytes.0[..blocks.len() * ValueBits::Eight.tile_bytes()];
                widen(format, stored, bytes);
                (ValueBits::Eight, &*bytes)
            }
            _ => (bits, stored),
        };
        Part {
            bits,
            values,
            scales,
            minima,
            offset: format.offset(),
            by_halves,
            codebook: format.codebook(),
            first: blocks.start,
            blocks: blocks.len(),
        }
    }
}

/// Values in eight bits; entries of a codebook get an offset of 128.
#[inline(always)]
fn widen(format: PackedFormat, stored: &[u8], bytes: &mut [u8]) {
    let bits = format.value_bits();
    let blocks = stored.chunks_exact(bits.tile_bytes());
    for (stored, bytes) in
        blocks.zip(bytes.chunks_exact_mut(ValueBits::Eight.tile_bytes()))
    {
        // With the width known, compilers make vectors of what follows.
        macro_rules! widen_as {
            ($($bits:ident)*) => {
                match bits {
                    $(ValueBits::$bits => {
                        for (k, group) in bytes.chunks_exact_mut(GROUP_BYTES).enumerate() {
                            values::load(ValueBits::$bits, stored, k, 0, group);
                        }
                    })*
                }
            };
        }
        widen_as!(Two Three Four Five Six Eight Code);
    }
    if bits == ValueBits::Code {
        let offset = format.offset() as u8;
        let entries = format.codebook().map(|entry| (entry as u8).wrapping_add(offset));
        look_up(&entries, bytes);
    }
}

/// What a block has two of: that of a half, or both together.
///
/// # Safety
/// There must be two for the block, and `piece` is 0 or 1.
#[inline(always)]
#[allow(unsafe_code, reason = "kernels have checked the lengths")]
pub(super) unsafe fn of_piece<const HALVES: bool, T>(
    all: &[T],
    block: usize,
    piece: usize,
) -> T
where
    T: Copy + std::ops::Add<Output = T>,
{
    // SAFETY: the caller says that both are there.
    unsafe {
        match HALVES {
            true => *all.get_unchecked(2 * block + piece),
            false => *all.get_unchecked(2 * block) + *all.get_unchecked(2 * block + 1),
        }
    }
}
