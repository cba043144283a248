//! Matrices in packed low-bit blocks.

mod format;
mod ggml;
mod look_up;
mod matrix;
mod quantise;
mod rows;
pub(crate) mod scales;
pub(crate) mod values;

pub use format::{BLOCK_COLUMNS, LAYOUT_VERSION, PackedFormat, TILE_ROWS};
pub(crate) use format::{Codebook, GROUP_BYTES, HALF_COLUMNS, ValueBits};
pub(crate) use look_up::look_up;
pub use matrix::PackedMatrix;
pub(crate) use matrix::Tile;
pub use quantise::{can_be_packed, quantised};
pub use rows::PackError;
