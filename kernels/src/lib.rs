//! The computations that take nearly all of a language model's time, on plain slices:
//! products with matrices in the packed formats of ggml's files, attention over a compact
//! cache, and the small steps between.
//!
//! A product takes a matrix as its file has it ([`PackedFormat`]) and activations in 16 bits
//! ([`QuantisedActivations`]). Sums over a block of 32 columns are integers and exact; scales
//! and minima are applied to them, and blocks are added up, in f32.
//!
//! Every operation has an implementation in plain Rust, which is the reference, and others for
//! the instruction sets that it runs on; [`Kernels::detect`] picks the best one at run time.
//! Operations work on shares of the rows, positions or heads, so that a [`Team`] of threads
//! can do them together.
//!
//! Modules read downwards from `buffer` and `numeric` over the data that operations work on
//! (`packed`, `activations`, `cache`) and the implementations for each instruction set
//! (`product`, `attention`) to `dispatch`.
//!
//! T tokens, K columns (inputs), R rows (outputs), D channels per head, G query heads that
//! share keys and values, S positions.

#![warn(clippy::undocumented_unsafe_blocks, clippy::missing_safety_doc)]

mod activations;
mod attention;
mod buffer;
mod cache;
mod dispatch;
mod elementwise;
mod numeric;
mod packed;
mod product;
mod rope;
mod team;

pub use activations::QuantisedActivations;
pub use attention::{AttentionScratch, LinearBias, SOFTMAX_STATS, ScoreScaling};
pub use buffer::{Element, OutOfMemory, SharedBuffer};
pub use cache::{CHUNK_POSITIONS, CacheFormat, HeadCache, chunk_ranges};
pub use dispatch::{Kernels, has_relaxed_simd};
pub use elementwise::ActivationFunction;
pub use numeric::{exp, exponential_sums};
pub use packed::{
    BLOCK_COLUMNS, LAYOUT_VERSION, PackError, PackedFormat, PackedMatrix, TILE_ROWS,
    can_be_packed, quantised,
};
pub use rope::rotate;
pub use team::{Member, Team};
