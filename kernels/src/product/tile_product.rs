//! What all implementations of the product of a tile have in common.

use crate::activations::ActivationRows;
use crate::packed::{TILE_ROWS, Tile};

/// Rows of activations that a kernel takes at once.
pub(crate) const MAX_TOKENS: usize = 8;

/// What a kernel writes: for each row of activations, a result for each of a tile's rows.
pub(crate) type Outputs = [[f32; TILE_ROWS]; MAX_TOKENS];

/// A tile times as many rows of activations as there are, up to [`MAX_TOKENS`]. The caller
/// must see to it that the processor has the features that the function is compiled for.
pub(crate) type TileProduct = unsafe fn(Tile<'_>, ActivationRows<'_>, &mut Outputs);

/// Calls the kernel that is compiled for as many rows of activations as there are.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "wasm32"))]
macro_rules! by_count {
    ($rows:ident::<$bits:tt>, $tile:expr, $inputs:expr, $outputs:expr) => {
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
    };
}
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "wasm32"))]
pub(crate) use by_count;
