//! What was measured.

use accuracy::{Differences, Score};
use serde::Serialize;

/// What was measured of one engine or build.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Row {
    /// Which engine, and which build of it.
    pub(super) engine: String,
    /// How the weights are stored.
    pub(super) format: String,
    pub(super) threads: u32,
    #[serde(flatten)]
    pub(super) accuracy: Accuracy,
    /// Tokens per second, one for each round.
    pub(super) prefill: Vec<f64>,
    /// Tokens per second, one for each round.
    pub(super) decode: Vec<f64>,
    /// Bytes of the weights in memory.
    pub(super) weight_bytes: Option<u64>,
}

/// How far an engine is from f32.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Accuracy {
    #[serde(flatten)]
    pub(super) differences: Differences,
    /// The mean divergence of its distributions from candle's in f32, in nats.
    pub(super) divergence: f64,
    /// Whether that is of whole distributions; otherwise of their most probable tokens, and all
    /// others as one.
    pub(super) divergence_is_whole: bool,
    /// What it gives to the reference's most probable token after the first prompt.
    pub(super) next: f64,
}

/// The mean divergence of an engine's distributions from candle's, in nats.
#[derive(Clone, Copy, Debug)]
pub(super) enum Divergence {
    /// Of whole distributions.
    Whole(f64),
    /// Of those of which only the most probable tokens are known.
    Listed(f64),
}

impl Accuracy {
    /// From the scores of a text and the reference's, the divergence of the distributions, and
    /// the probability of the next token.
    pub(super) fn of(
        actual: &[Score],
        expected: &[Score],
        divergence: Divergence,
        next: f64,
    ) -> Accuracy {
        let differences = Differences::between(actual, expected);
        let (divergence, divergence_is_whole) = match divergence {
            Divergence::Whole(nats) => (nats, true),
            Divergence::Listed(nats) => (nats, false),
        };
        Accuracy { differences, divergence, divergence_is_whole, next }
    }
}
