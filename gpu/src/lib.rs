//! The computations of a decoder on WebGPU: shaders for matrices as they lie in memory
//! ([`kernels::PackedMatrix`]), norms, rotation, attention with a cache, gates and the ranking
//! of logits.
//!
//! This crate is text and arithmetic. It says which shader computes what ([`Kernel`]), with
//! which numbers ([`Params`]) over how many workgroups ([`Grid`]); whoever has a device makes
//! buffers and pipelines of that. So the same shaders run in a browser and natively, where the
//! tests hold each against float64.
//!
//! [`plan`] puts the dispatches of a model's passes together, for models as `model-files`
//! describes them ([`decoder`]).
//!
//! Nothing here needs more than WebGPU's core: no 16-bit floats, no subgroups, 16 KiB of a
//! workgroup's memory, 256 invocations, eight storage buffers. Some kernels have a [`Variant`]
//! that uses more, for devices that have it. Sums of products are in f32, or in whole numbers
//! where activations are such. Storage buffers are words of 32 bits or f32.
//!
//! T tokens of a pass, H hidden width, N query heads, K key/value heads, D channels per head,
//! V vocabulary. A row of activations is f32, and its width a multiple of four.

mod activations;
mod attention;
mod catalogue;
mod choice;
pub mod decoder;
mod elementwise;
mod heads;
mod kernel;
mod layout;
mod limits;
mod norm;
pub mod plan;
mod product;
mod ranking;
mod rotation;
mod template;
mod variant;

pub use activations::Activations;
pub use attention::{Attention, CHUNK_POSITIONS, Combination, Splits};
pub use catalogue::catalogue;
pub use choice::{Choice, Guess};
pub use elementwise::{Gate, GateFunction};
pub use heads::{AttentionShape, CacheNumbers, MAX_HEAD_DIM};
pub use kernel::{Access, Kernel, PARAMS_BYTES, Params};
pub use layout::{MatrixShape, Piece};
pub use limits::{Grid, Limits};
pub use norm::{Norm, NormRows, NormTarget};
pub use product::{Embedding, Finish, Inputs, Product, ProductRows, TILED_FROM};
pub use ranking::{
    BLOCK_LOGITS, BLOCK_WORDS, BlockRanking, Front, RankedLogit, TOP_LOGITS, Watched,
    merge,
};
pub use rotation::{Rotation, RotationRows, angles};
pub use variant::Variant;
