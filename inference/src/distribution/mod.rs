//! The next-token distribution over the full vocabulary, from logits. Pure: the same
//! logits and settings give the same result.
//!
//! Logits in memory are processed there.
//! Logits on a GPU are processed by the GPU, and only the results are copied back: see
//! `device`.

mod build;
mod chi_square;
mod comparison;
mod device;
mod divergence;
mod draw;
mod draws;
mod listed;
#[cfg(test)]
mod listed_tests;
mod outlook;
mod ranked_logits;
mod ranking;
mod sampled;
mod sampler;
mod scores;
mod softmax;
#[cfg(test)]
mod tests;

pub use self::build::{
    View, distribution, distribution_of_listed, distribution_on_device,
};
pub use self::comparison::{ComparedToken, Comparison, compare};
pub use self::divergence::{divergence, entropy_bits, log_probabilities};
pub use self::draws::{
    draws, draws_of_listed, draws_on_device, sweep, sweep_of_listed, sweep_on_device,
};
pub use self::listed::{ListError, Listed};
pub use self::outlook::Outlook;
pub(crate) use self::ranked_logits::RankedLogits;
pub(crate) use self::ranking::Ranking;
pub use self::sampled::{reaches_beyond, sampled_log_probabilities};
pub use self::sampler::SamplerContext;
pub use self::scores::{PlaceScore, token_score, token_scores_on_device};
pub(crate) use self::softmax::Softmax;
