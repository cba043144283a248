//! Processors of x86-64. For each instruction set, `many` takes some rows of activations and
//! values of eight bits, and `one` a single row and values as they are stored.

pub(crate) mod avx2;
pub(crate) mod avx2_one;
pub(crate) mod avx512;
pub(crate) mod avx512_one;
mod prefetch;
pub(crate) mod scales;
mod stored_bits;
