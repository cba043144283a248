//! What a language model's time goes into, on plain slices: products with packed 8-bit
//! and 4-bit matrices, attention over a compact cache, and the small steps between.
//!
//! Every operation has a plain Rust form, which is the reference, and forms for the
//! processors it runs on; [`Kernels::detect`] picks the best one at run time. Operations
//! work on shares of the rows, positions or heads, so that a [`Team`] of threads can take
//! them together.
//!
//! T tokens, K columns (inputs), R rows (outputs), D channels per head, S positions.

mod activations;
mod aligned;
mod attention;
mod cache;
mod elementwise;
mod exp;
mod forms;
mod lanes;
mod packed;
mod product;
mod quantise;
mod room;
mod rope;
mod rounding;
mod shared;
mod team;

pub use activations::Activations;
pub use aligned::Number;
pub use attention::{CHUNK, PART, Scores, Scratch, chunks};
pub use cache::{CacheFormat, HeadCache};
pub use elementwise::Activation;
pub use exp::{exp, exponential_sums};
pub use forms::Kernels;
pub use packed::{BLOCK, Format, LAYOUT, PackError, PackedMatrix, TILE_ROWS};
pub use product::product;
pub use room::NoRoom;
pub use rope::rotate;
pub use shared::Shared;
pub use team::{Member, Team};
