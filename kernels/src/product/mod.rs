//! Products of some blocks of a tile with some rows of activations: a reference in plain Rust,
//! and one implementation for each instruction set.
//!
//! A single row of activations takes the values as they are stored (`one`), as it reads each of
//! them once. Of several rows, values become eight bits once for all (`many`).

mod by_count;
#[cfg(target_arch = "aarch64")]
pub(crate) mod neon;
mod part;
pub(crate) mod plain;
#[cfg(target_arch = "wasm32")]
pub(crate) mod wasm;
#[cfg(target_arch = "x86_64")]
pub(crate) mod x86;

pub(crate) use part::{PART_BLOCKS, Part, PartBytes, PartScales};

/// Rows of activations that a kernel takes at once.
pub(crate) const MAX_TOKENS: usize = 8;
