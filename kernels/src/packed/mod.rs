//! Matrices in packed low-bit blocks.

mod format;
mod matrix;
mod quantise;
mod rows;

pub(crate) use format::GROUP_BYTES;
pub use format::{BLOCK_COLUMNS, LAYOUT_VERSION, PackedFormat, TILE_ROWS};
pub use matrix::PackedMatrix;
pub(crate) use matrix::Tile;
pub use rows::PackError;
