//! How far an engine's probabilities are from a reference's.
//!
//! [`Reference`] is what another program says of a model in f32; [`Differences`] sum up the
//! scores of a text against it, and [`Limits`] are what tests allow. [`divergence`] compares
//! whole distributions. The tests of several crates and the benchmark share all of it.

mod differences;
mod divergence;
mod limits;
mod reference;
mod score;

pub use differences::Differences;
pub use divergence::{divergence, divergence_of_listed};
pub use limits::{Limits, PRECISE};
pub use reference::{Next, Prompt, Reference, ReferenceError, ScoredText, Top};
pub use score::Score;
