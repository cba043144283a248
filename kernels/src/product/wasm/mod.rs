//! WebAssembly: four rows of a tile to a vector.
//!
//! Without relaxed SIMD, bytes are widened to 16 bits. With it, one instruction adds four
//! products of bytes to each of four sums, or two to each of eight.

#[cfg(target_feature = "relaxed-simd")]
pub(crate) mod pairs;
#[cfg(target_feature = "relaxed-simd")]
pub(crate) mod relaxed;
mod vectors;
pub(crate) mod widened;
