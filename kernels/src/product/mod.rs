//! Products of a tile of a packed matrix with some rows of activations: a reference in plain
//! Rust, and one implementation for each instruction set.

#[cfg(target_arch = "x86_64")]
pub(crate) mod avx2;
#[cfg(target_arch = "x86_64")]
pub(crate) mod avx512;
#[cfg(target_arch = "aarch64")]
pub(crate) mod neon;
pub(crate) mod plain;
#[cfg(target_arch = "x86_64")]
mod prefetch;
mod tile_product;
#[cfg(target_arch = "wasm32")]
pub(crate) mod wasm;

pub(crate) use tile_product::{MAX_TOKENS, Outputs, TileProduct};
