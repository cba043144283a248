//! The raw logit lens (nostalgebraist, 2020): what the residual stream after each layer
//! predicts if it goes through the last norm and the output head at once. Layers were
//! never trained for that: what the first of them hold need not be words.

use protocol::{LensLayer, RankedToken, Token, TokenId, TokenRank};

use crate::distribution::{RankedLogits, Ranking, Softmax};
use crate::error::{InferenceError, Result};

/// Describes a row of logits, `[V]`: the `top` most probable tokens, and the probabilities and
/// ranks of the followed ones, all below V. `token` returns the token of an id.
///
/// # Errors
/// If a logit is NaN or infinite.
pub fn lens_layer(
    logits: &[f32],
    top: usize,
    followed: &[TokenId],
    token: &dyn Fn(TokenId) -> Token,
) -> Result<LensLayer> {
    let mut ranking = Ranking::new(logits)?;
    let softmax = Softmax::new(&mut ranking)?;
    let ranks = ranking.logits_and_ranks(followed)?;
    let listed = ranking.sort(top)?;
    let top = (0..listed).map(|index| {
        let ranked = ranking.ranked(index);
        let probability = softmax.probability(ranked.logit) as f32;
        RankedToken { token: token(ranked.id), probability }
    });
    let followed = ranks.into_iter().map(|(logit, rank)| TokenRank {
        probability: softmax.probability(logit) as f32,
        rank,
    });
    Ok(LensLayer {
        top: top.collect(),
        followed: followed.collect(),
        entropy_bits: softmax.entropy_bits() as f32,
    })
}

/// The most probable token of logits, `[V]`; of several, that with the lowest id.
///
/// # Errors
/// If there are no logits, or one is NaN or infinite.
pub fn most_probable(logits: &[f32]) -> Result<TokenId> {
    let mut ranking = Ranking::new(logits)?;
    match ranking.sort(1)? {
        0 => Err(InferenceError::NonFiniteLogits),
        _ => Ok(ranking.ranked(0).id),
    }
}
