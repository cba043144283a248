//! Products of packed matrices with activations.

#[cfg(target_arch = "x86_64")]
pub(crate) mod avx2;
#[cfg(target_arch = "x86_64")]
pub(crate) mod avx512;
#[cfg(target_arch = "aarch64")]
pub(crate) mod neon;
pub(crate) mod plain;
#[cfg(target_arch = "wasm32")]
pub(crate) mod wasm;

use std::ops::Range;

use crate::activations::{Activations, Inputs};
use crate::forms::Kernels;
use crate::packed::{PackedMatrix, TILE_ROWS, Tile};

/// Calls a kernel for as many rows of activations as there are.
macro_rules! by_count {
    ($rows:ident::<$bits:tt>, $tile:expr, $inputs:expr, $outputs:expr) => {
        // SAFETY: the caller vouches for the processor.
        unsafe {
            match $inputs.count() {
                1 => $rows::<$bits, 1>($tile, $inputs, $outputs),
                2 => $rows::<$bits, 2>($tile, $inputs, $outputs),
                3 => $rows::<$bits, 3>($tile, $inputs, $outputs),
                4 => $rows::<$bits, 4>($tile, $inputs, $outputs),
                5 => $rows::<$bits, 5>($tile, $inputs, $outputs),
                6 => $rows::<$bits, 6>($tile, $inputs, $outputs),
                7 => $rows::<$bits, 7>($tile, $inputs, $outputs),
                8 => $rows::<$bits, 8>($tile, $inputs, $outputs),
                count => unreachable!("{count} rows at once"),
            }
        }
    };
}
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "wasm32"))]
use by_count;

/// Asks for what lies a page after some weights. A single token reads each weight once, and
/// what processors fetch by themselves ends with the page that is being read.
#[cfg(target_arch = "x86_64")]
#[inline]
#[allow(unsafe_code, reason = "a hint")]
fn prefetch(weights: *const u8) {
    use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
    // SAFETY: every x86-64 has this instruction, and no address is wrong for it.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(weights.wrapping_add(4096).cast()) };
}

/// Rows of activations that a kernel takes at once.
pub(crate) const MOST: usize = 8;

/// What a kernel writes: for each row of activations, a result for each of a tile's rows.
pub(crate) type Outputs = [[f32; TILE_ROWS]; MOST];

/// A tile times as many rows of activations as the inputs have, up to [`MOST`].
pub(crate) type TileProduct = unsafe fn(Tile<'_>, Inputs<'_>, &mut Outputs);

/// x · Wᵀ for some tiles of rows of W and the rows `tokens` of x. `put` gets a row of x,
/// the first row of a tile, and the sixteen results; those past the last row of W are
/// padding.
///
/// # Safety
/// No thread may write these rows of x meanwhile.
///
/// # Panics
/// If x has another number of columns than W, or fewer rows.
#[allow(unsafe_code, reason = "other threads may write other rows of x")]
pub unsafe fn product(
    kernels: &Kernels,
    matrix: &PackedMatrix,
    tiles: Range<usize>,
    x: &Activations,
    tokens: Range<usize>,
    mut put: impl FnMut(usize, usize, &[f32; TILE_ROWS]),
) {
    assert_eq!(x.columns(), matrix.columns());
    let mut outputs = [[0.0; TILE_ROWS]; MOST];
    for index in tiles {
        // The tile stays in the nearest cache while all rows of x go by.
        let tile = matrix.tile(index);
        for start in tokens.clone().step_by(MOST) {
            let count = MOST.min(tokens.end - start);
            // SAFETY: as the caller promises.
            let inputs = unsafe { x.rows(start, count) };
            debug_assert_eq!(inputs.blocks, matrix.blocks());
            kernels.tile_product(matrix.format(), tile, inputs, &mut outputs);
            for (token, output) in (start..).zip(&outputs[..count]) {
                put(token, index * TILE_ROWS, output);
            }
        }
    }
}
