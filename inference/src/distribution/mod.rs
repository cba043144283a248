//! The next-token distribution over the full vocabulary, from logits. Pure: the same
//! logits and settings give the same answer.
//!
//! Logits in memory are worked on there. Those on a GPU are worked on by it, and only what
//! is asked for comes back: see `device`.

mod build;
mod device;
mod draw;
mod ranked_logits;
mod ranking;
mod sampler;
mod scores;
mod softmax;
#[cfg(test)]
mod tests;

pub use self::build::{View, distribution, distribution_on_device};
pub use self::scores::{token_score, token_scores_on_device};
