//! Every implementation of every operation against float64.
#![allow(unsafe_code, reason = "one thread alone writes what is shared")]
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

/// Attention over a cache.
mod attention;
/// What a cache keeps.
mod cache;
/// Norms, activation functions and rope.
mod elementwise;
/// Products of packed matrices.
mod products;
/// Rows of numbers in blocks.
mod quantise;
/// Seeded random numbers.
mod random;
