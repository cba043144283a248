//! Every form of every operation against float64.
#![allow(unsafe_code, reason = "one thread alone writes what is shared")]
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

/// Norms, gates, quantisation, rope and attention.
mod operations;
/// Products of packed matrices.
mod products;
/// Seeded random numbers.
mod random;
